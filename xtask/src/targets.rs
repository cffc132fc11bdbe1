//! Does the library compile for the other targets?
//!
//! With rustup the targets are added (`rustup target add wasm32-unknown-unknown x86_64-pc-windows-gnu …`). Debian has a
//! toolchain whose standard library can be built from source (packages rustc-web, cargo-web, rust-web-src, and lld for
//! wasm32, binutils-mingw-w64-x86-64 for Windows); that works too.

use std::path::Path;
use std::process::Command;

use super::{cargo_program, run};

struct Target {
    triple: &'static str,
    packages: &'static [&'static str],
    flags: &'static str,
}

const TARGETS: [Target; 3] = [
    // The command line and its tests are for machines with files and threads; the library goes everywhere.
    Target { triple: "wasm32-unknown-unknown", packages: &["tenseur"], flags: "-C target-feature=+simd128" },
    Target { triple: "x86_64-pc-windows-gnu", packages: &["tenseur", "tenseur-cli"], flags: "" },
    Target { triple: "aarch64-apple-darwin", packages: &["tenseur", "tenseur-cli"], flags: "" },
];

/// Checks every target for which a toolchain is found, and says which were not checked.
pub(crate) fn check() -> Result<(), String> {
    for target in &TARGETS {
        match toolchain(target.triple) {
            Some(command) => check_one(target, command)?,
            None => eprintln!(
                "not checked: {0} (rustup target add {0}, or Debian's rustc-web, cargo-web and rust-web-src)",
                target.triple
            ),
        }
    }
    Ok(())
}

fn check_one(target: &Target, mut command: Command) -> Result<(), String> {
    eprintln!("cargo check for {}", target.triple);
    command.args(["check", "--target", target.triple, "--target-dir", "target/other"]);
    for package in target.packages {
        command.args(["--package", package]);
    }
    command.env("RUSTFLAGS", target.flags).env_remove("CARGO_ENCODED_RUSTFLAGS");
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
    let sources = std::fs::read_dir("/usr/lib").ok()?.flatten().any(|entry| {
        entry.file_name().to_string_lossy().starts_with("rustlib") && entry.path().join("src").is_dir()
    }) || Path::new("/usr/lib/rustlib/src").is_dir()
        || Path::new("/usr/src/rustc-web").is_dir();
    if !sources || !Path::new("/usr/bin/cargo").is_file() {
        return None;
    }
    let mut command = Command::new("/usr/bin/cargo");
    let panic = if triple.starts_with("wasm32") { "panic_abort" } else { "panic_unwind" };
    command.env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1").env("PATH", "/usr/bin:/bin");
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld");
    command.arg(format!("-Zbuild-std=std,{panic}"));
    Some(command)
}
