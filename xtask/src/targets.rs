//! Does what is particular to other systems compile? Windows is another system: the program and the library. macOS is another
//! processor: the kernels, with their ARM instructions; what lies above them is the same on every Unix.
//!
//! What that takes is installed where it can be: the targets by rustup; or, as root on Debian, a second toolchain whose
//! standard library is built from source. A target that neither is there for is named and left out; under continuous
//! integration (`CI` is set) that is a failure.

use std::path::Path;
use std::process::{Command, Stdio};

use super::{cargo_program, run};

/// WebAssembly is not among them: `page` compiles the engine for it, and runs it.
const TARGETS: [(&str, &[&str]); 2] =
    [("x86_64-pc-windows-gnu", &["tenseur", "tenseur-cli"]), ("aarch64-apple-darwin", &["tenseur-kernels"])];

/// Debian's packages of a toolchain that builds any target's standard library: `dlltool` is for Windows.
const DEBIAN_PACKAGES: [&str; 5] =
    ["rustc-web", "cargo-web", "rust-web-src", "lld", "binutils-mingw-w64-x86-64"];

/// Debian's cargo, beside which a standard library is built.
const DEBIAN_CARGO: &str = "/usr/bin/cargo";

/// Checks the targets for which a toolchain is found or can be installed, and says which were not checked.
pub(crate) fn check() -> Result<(), String> {
    let mut left_out = Vec::new();
    for (target, packages) in TARGETS {
        match installed_toolchain(target) {
            Some(command) => check_target(target, packages, command)?,
            None => left_out.push(target),
        }
    }
    if left_out.is_empty() {
        return Ok(());
    }
    let message = format!(
        "not checked, for want of a toolchain: {}\n(rustup target add …, or Debian's {})",
        left_out.join(", "),
        DEBIAN_PACKAGES.join(", ")
    );
    if std::env::var_os("CI").is_some() {
        return Err(message);
    }
    eprintln!("{message}");
    Ok(())
}

/// Installs a toolchain for each target, if need be and if it can be.
pub(crate) fn install_all() {
    for (target, _) in TARGETS {
        installed_toolchain(target);
    }
}

/// A cargo that can compile for the target, installed if need be and if it can be.
pub(crate) fn installed_toolchain(triple: &str) -> Option<Command> {
    toolchain(triple).or_else(|| install(triple))
}

/// Installs a toolchain for the target, by rustup or else as a Debian package, and gives it if that went well.
fn install(triple: &str) -> Option<Command> {
    eprintln!("looking for a toolchain for {triple}");
    if !quietly("rustup", &["target", "add", triple]) {
        install_packages(&DEBIAN_PACKAGES);
    }
    toolchain(triple)
}

/// Installs packages, as root on Debian; whether that went well.
pub(crate) fn install_packages(packages: &[&str]) -> bool {
    let arguments = [&["install", "--yes", "--no-install-recommends"], packages].concat();
    quietly("apt-get", &arguments) || quietly("apt-get", &["update"]) && quietly("apt-get", &arguments)
}

fn quietly(program: &str, arguments: &[&str]) -> bool {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    output.is_ok_and(|output| output.status.success())
}

fn check_target(target: &str, packages: &[&str], mut command: Command) -> Result<(), String> {
    eprintln!("cargo check for {target}");
    command.args(["check", "--target-dir", "target/other", "--target", target]);
    for package in packages {
        command.args(["--package", package]);
    }
    command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    run(command)
}

/// A cargo that can compile for the target.
fn toolchain(triple: &str) -> Option<Command> {
    let libraries =
        Command::new("rustc").args(["--print", "target-libdir", "--target", triple]).output().ok()?;
    let libraries = String::from_utf8_lossy(&libraries.stdout).trim().to_string();
    if !libraries.is_empty() && Path::new(&libraries).is_dir() {
        return Some(Command::new(cargo_program()));
    }
    let debian = [DEBIAN_CARGO, "/usr/bin/rustc", "/usr/lib/rustlib/src/rust/library"];
    if !debian.iter().all(|path| Path::new(path).exists()) {
        return None;
    }
    let mut command = Command::new(DEBIAN_CARGO);
    let panic = if triple.starts_with("wasm32") { "panic_abort" } else { "panic_unwind" };
    command.env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1").env("PATH", "/usr/bin:/bin");
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld");
    command.arg(format!("-Zbuild-std=std,{panic}"));
    Some(command)
}
