//! The tests with each instruction set: this processor's, forced one after the other, and in an emulator those of 64-bit Arm.

use std::process::{Command, Stdio};

use super::targets::{install_packages, installed_toolchain};
use super::{build_all, built, cargo_program, run, with_seed};

/// Those that may be forced; what the processor has at most is what the other tests run with.
const FORCED: [&str; 2] = ["portable", "avx2"];

/// The suite's cases that come out otherwise: the portable level does not take denormal numbers as zero, so that infinity times such
/// a number is not NaN.
const OTHERWISE: [(&str, &str); 1] = [("portable", "op_float_specials")];

/// 64-bit Arm, which has NEON.
const ARM: &str = "aarch64-unknown-linux-gnu";

/// Debian's packages of a linker and an emulator for it.
const ARM_PACKAGES: [&str; 3] = ["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross", "qemu-user"];

/// Runs the crates' own tests, and the suite of TensorFlow's answers, with each instruction set.
pub(crate) fn check() -> Result<(), String> {
    for level in FORCED {
        eprintln!("TENSEUR_SIMD={level}");
        let mut command = Command::new(cargo_program());
        // The whole workspace, as `unit` has compiled it: for the one package everything would be compiled anew.
        command.args(["test", "--quiet", "--workspace", "--lib"]).env("TENSEUR_SIMD", level);
        run(with_seed(command))?;
    }
    build_all()?;
    // Cases are done one after the other, so that there is a core for each.
    let suites = FORCED.map(|level| {
        let mut command = Command::new(built("tenseur-conformance"));
        command.env("TENSEUR_SIMD", level).stdout(Stdio::piped()).spawn()
    });
    for (level, suite) in FORCED.into_iter().zip(suites) {
        let output = suite
            .and_then(|suite| suite.wait_with_output())
            .map_err(|error| format!("the suite: {error}"))?;
        let said = String::from_utf8_lossy(&output.stdout);
        let failing: Vec<&str> = said.lines().filter_map(|line| Some(line.split_once(": ")?.0)).collect();
        let expected: Vec<&str> =
            OTHERWISE.iter().filter(|(at, _)| *at == level).map(|(_, case)| *case).collect();
        let last = said.lines().last().unwrap_or_default();
        eprintln!("TENSEUR_SIMD={level}: the suite: {last}");
        if failing != expected || !last.contains(" passed, ") {
            return Err(format!("TENSEUR_SIMD={level}: {expected:?} should fail:\n{said}"));
        }
    }
    Ok(())
}

/// Runs the kernels' own tests, and the suite, with NEON, in an emulator of a processor that has it.
pub(crate) fn arm() -> Result<(), String> {
    let there = |program: &str| Command::new(program).arg("--version").stdout(Stdio::null()).status().is_ok();
    let ready = there("qemu-aarch64") && there("aarch64-linux-gnu-gcc");
    if !ready && !install_packages(&ARM_PACKAGES) {
        return Err(format!("this takes Debian's {}", ARM_PACKAGES.join(", ")));
    }
    for arguments in [
        &["test", "--package", "tenseur-kernels", "--lib"][..],
        &["run", "--package", "tenseur-conformance", "--bin", "tenseur-conformance"],
    ] {
        let mut command =
            installed_toolchain(ARM).ok_or_else(|| format!("there is no toolchain for {ARM}"))?;
        command.args(arguments).args(["--target-dir", "target/other", "--target", ARM]);
        command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", "aarch64-linux-gnu-gcc");
        command
            .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", "qemu-aarch64 -L /usr/aarch64-linux-gnu");
        command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
        run(with_seed(command))?;
    }
    Ok(())
}
