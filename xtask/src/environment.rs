//! A virtual environment under `target/` with the systems in Python that tenseur is compared with.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run;

/// The virtual environment.
const ENVIRONMENT: &str = "target/peers/environment";

/// The version whose answers are recorded.
pub(crate) const TENSORFLOW: &str = "tensorflow-cpu==2.21.*";

/// What runs the programs that are exported for PyTorch.
pub(crate) const PYTORCH: &str = "torch>=2";

pub(crate) const JAX: &str = "jax>=0.10";

/// Its Python, which is there once something was installed.
pub(crate) fn python() -> PathBuf {
    Path::new(ENVIRONMENT).join("bin/python")
}

/// Installs packages, and what they ask for.
pub(crate) fn install(packages: &[&str]) -> Result<(), String> {
    pip(packages, &[])
}

/// Installs a package that asks for others by other names than those it is to use.
pub(crate) fn install_alone(package: &str) -> Result<(), String> {
    pip(&[package], &["--no-deps"])
}

fn pip(packages: &[&str], options: &[&str]) -> Result<(), String> {
    if !python().exists() {
        let mut command = Command::new("python3");
        command.args(["-m", "venv", ENVIRONMENT]);
        run(command)?;
    }
    let mut command = Command::new(python());
    command
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(options)
        .args(packages);
    run(command)
}

/// The version of a package that is installed; nothing if it is not.
pub(crate) fn version(package: &str) -> String {
    let program = format!("from importlib.metadata import version; print(version({package:?}))");
    let output = Command::new(python()).args(["-c", &program]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.unwrap_or_default().trim().to_string()
}
