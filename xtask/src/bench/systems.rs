//! The systems that are compared: how each is built, and how its worker is started.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{cargo_program, environment, run};

use super::FOLDER;

/// A system, by what runs its worker.
pub(super) struct System {
    /// Its name on the command line.
    pub(super) key: &'static str,
    pub(super) title: &'static str,
    worker: Source,
    /// Its colour in pictures.
    pub(super) colour: &'static str,
}

enum Source {
    /// A package of the project's workspace.
    Package { name: &'static str, arguments: &'static [&'static str], program: &'static str },
    /// A script, and the Python package that is measured.
    Script { script: &'static str, package: &'static str },
}

pub(super) const TENSEUR: System = System {
    key: "tenseur",
    title: "tenseur",
    worker: Source::Package {
        name: "tenseur",
        arguments: &["--package", "tenseur-bench"],
        program: "target/release/tenseur-bench",
    },
    colour: "#d9480f",
};

/// What measures the machine's limits, as the others measure their work.
pub(super) const LIMITS: System = System {
    key: "limits",
    title: "limit",
    worker: Source::Package {
        name: "limits",
        arguments: &["--package", "tenseur-kernels", "--example", "limits"],
        program: "target/release/examples/limits",
    },
    colour: "#868e96",
};

pub(super) const PEERS: [System; 3] = [
    System {
        key: "tensorflow",
        title: "TensorFlow 1",
        worker: Source::Script { script: "tensorflow1.py", package: "tensorflow-cpu" },
        colour: "#b08900",
    },
    System {
        key: "jax",
        title: "JAX",
        worker: Source::Script { script: "jax_worker.py", package: "jax" },
        colour: "#7048e8",
    },
    System {
        key: "pytorch",
        title: "PyTorch",
        worker: Source::Script { script: "pytorch_worker.py", package: "torch" },
        colour: "#c2255c",
    },
];

/// How many threads works are done with: one and two, where there are two.
pub(super) fn threads() -> impl Iterator<Item = usize> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    [1, 2].into_iter().filter(move |&threads| threads <= cores)
}

/// Builds and installs what the systems need.
pub(super) fn build(systems: &[&System]) -> Result<(), String> {
    std::fs::create_dir_all(FOLDER).map_err(|error| format!("{FOLDER}: {error}"))?;
    for system in systems.iter().copied().chain([&LIMITS]) {
        match &system.worker {
            Source::Package { arguments, .. } => {
                let mut command = Command::new(cargo_program());
                command.args(["build", "--release"]).args(*arguments);
                run(command)?;
            }
            Source::Script { .. } => {}
        }
    }
    if systems.iter().any(|system| matches!(system.worker, Source::Script { .. })) {
        environment::install(&[environment::TENSORFLOW, environment::PYTORCH, environment::JAX])?;
    }
    Ok(())
}

impl System {
    /// The command that starts its worker, to compute with so many threads on as many cores.
    pub(super) fn command(&self, threads: usize) -> Command {
        let program: Vec<PathBuf> = match &self.worker {
            Source::Package { program, .. } => vec![program.into()],
            Source::Script { script, .. } => {
                vec![environment::python(), Path::new("bench/workers").join(script)]
            }
        };
        let mut command = match binds_to_cores() {
            true => {
                let mut command = Command::new("taskset");
                command.args(["--cpu-list", &format!("0-{}", threads - 1)]).args(&program);
                command
            }
            false => {
                let mut command = Command::new(&program[0]);
                command.args(&program[1..]);
                command
            }
        };
        for variable in ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"] {
            command.env(variable, threads.to_string());
        }
        if threads == 1 {
            command.env("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1");
        }
        command.env("TF_CPP_MIN_LOG_LEVEL", "3").env("CUDA_VISIBLE_DEVICES", "").env("JAX_PLATFORMS", "cpu");
        command
    }

    /// Which version is measured; nothing if that cannot be found out.
    pub(super) fn version(&self) -> String {
        match &self.worker {
            Source::Package { name, .. } => {
                let output = Command::new(cargo_program()).args(["pkgid", "--package", name]).output();
                let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
                text.unwrap_or_default().trim().rsplit(['#', '@']).next().unwrap_or_default().to_string()
            }
            Source::Script { package, .. } => environment::version(package),
        }
    }
}

/// Whether processes can be bound to cores here.
fn binds_to_cores() -> bool {
    Command::new("taskset").arg("--version").output().is_ok_and(|output| output.status.success())
}
