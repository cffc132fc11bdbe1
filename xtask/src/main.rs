//! The chores of the project: `cargo xtask test` runs every check there is; each can be run alone.

mod bench;
mod environment;
mod fuzz;
mod levels;
mod page;
mod peers;
mod python;
mod site;
mod targets;

use std::process::{Command, ExitCode};
use std::time::Instant;

const USAGE: &str = "\
cargo xtask COMMAND

  test      all from format to page (this is what the continuous integration runs)
  format    rustfmt finds nothing to change
  lint      clippy finds nothing to say
  unit      tests of all crates, and the examples
  levels    the crates' own tests and the suite again, with each instruction set forced
  doc       doc tests, and rustdoc without warnings
  digits    what the README's first command does, and that its accuracy is what the README says
  package   the tests of the Python package
  targets   the program compiles for Windows too, and the kernels for macOS on ARM
  page      the playground: types and tests of its page, also in a browser; the engine in WebAssembly against the native one

  conformance [DIR|ARCHIVE]
            the suite of TensorFlow's answers, or another in its format: a line for each case that fails, and a table
  python    the Python package's wheel, in target/wheels, and an environment to try it in
  site      the playground as static files, its engine in WebAssembly: target/site
  bench [--only WORK,…] [--peers SYSTEM,…] [--rounds N] [--quick]
            the same work in tenseur and in other systems, side by side; writes bench/RESULTS.md when all of it ran
  bench build [--only …] [--peers …]
            builds and installs what that takes
  bench internal
            the benchmarks of the crates, with the limits measured beside them
  arm       the kernels' own tests and the suite on 64-bit Arm, in an emulator
  peers     what takes TensorFlow, which is installed under target/: exported graphs run there, records hold
  fuzz [TARGET …] [SECONDS]
            hostile graphs, checkpoints, models, records, arrays, tables and pictures, for 60 seconds each or as many as are given
";

/// A check: its name and what it does.
type Check = (&'static str, fn() -> Result<(), String>);

const CHECKS: [Check; 9] = [
    ("format", format),
    ("lint", lint),
    ("unit", unit),
    ("levels", levels::check),
    ("doc", doc),
    ("digits", digits),
    ("package", python::check),
    ("targets", targets::check),
    ("page", page::check),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.first().map(String::as_str) {
        Some("test") => all(),
        Some("conformance") => conformance(&arguments[1..]),
        Some("bench") => bench::run(&arguments[1..]),
        Some("arm") => levels::arm(),
        Some("peers") => peers::check(),
        Some("python") => python::wheel(),
        Some("site") => site::site(),
        Some("fuzz") => fuzz::fuzz(&arguments[1..]),
        Some(name) => match CHECKS.iter().find(|check| check.0 == name) {
            Some((_, check)) => check(),
            None => Err(format!("there is no command \"{name}\"\n\n{USAGE}")),
        },
        None => Err(USAGE.to_string()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Every check in turn, with the time each took.
fn all() -> Result<(), String> {
    let mut times = Vec::new();
    component("rustfmt", "cargo-fmt")?;
    component("clippy", "cargo-clippy")?;
    // Installing mostly waits for the network, and what is compiled for other targets has a folder of its own: both go on beside
    // the first checks. Tests in a browser, which come last, have the machine to themselves.
    let mut beside = Some(std::thread::spawn(|| {
        python::install();
        page::install();
        targets::install_all();
        targets::check()?;
        page::compile_engine()
    }));
    for (name, check) in CHECKS {
        eprintln!("\n── {name}");
        let start = Instant::now();
        let outcome = match (name, beside.take()) {
            ("targets", Some(begun)) => begun.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            (_, begun) => {
                beside = begun;
                check()
            }
        };
        outcome.map_err(|message| format!("{name}: {message}"))?;
        times.push(format!("{name} {:.0} s", start.elapsed().as_secs_f64()));
    }
    eprintln!("\nall checks passed: {}", times.join(", "));
    Ok(())
}

fn format() -> Result<(), String> {
    component("rustfmt", "cargo-fmt")?;
    cargo(&["fmt", "--all", "--check"])
}

fn lint() -> Result<(), String> {
    component("clippy", "cargo-clippy")?;
    cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])
}

fn unit() -> Result<(), String> {
    // The examples as a reader runs them: a test runs them and looks at what they print.
    build_all()?;
    cargo(&["test", "--workspace", "--lib", "--bins", "--tests"])
}

fn doc() -> Result<(), String> {
    cargo(&["test", "--workspace", "--doc"])?;
    let mut command = Command::new(cargo_program());
    command.args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "--deny warnings");
    run(command)
}

/// Trains the digits as the README says, and reads the accuracy off its last line.
fn digits() -> Result<(), String> {
    // Without --release: the numbers are the same, and the program is there already.
    build_all()?;
    let mut command = Command::new(built("tenseur"));
    command.args(["train", "digits"]);
    let output = command.stderr(std::process::Stdio::inherit()).output();
    let output = output.map_err(|error| format!("{command:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{command:?} ended with {}", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}");
    let accuracy =
        text.lines().find_map(|line| line.strip_prefix("test accuracy ")?.trim().parse::<f64>().ok());
    match accuracy {
        Some(accuracy) if accuracy >= 0.96 => Ok(()),
        Some(accuracy) => Err(format!("the test accuracy is {accuracy} and should be at least 0.96")),
        None => Err("no line \"test accuracy …\" on standard output".to_string()),
    }
}

/// Runs the suite of TensorFlow's answers, or another in its format.
fn conformance(arguments: &[String]) -> Result<(), String> {
    let mut command = Command::new(cargo_program());
    command.args(["run", "--quiet", "--release", "--package", "tenseur-conformance", "--"]).args(arguments);
    run(command)
}

/// Makes sure that a component of the Rust toolchain is there.
fn component(name: &str, program: &str) -> Result<(), String> {
    let found = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if found {
        return Ok(());
    }
    let mut command = Command::new("rustup");
    command.args(["component", "add", name]);
    run(command).map_err(|error| format!("{name} is missing and could not be added: {error}"))
}

fn cargo_program() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_string())
}

/// Builds libraries, programs and examples of the whole workspace: for one package alone, or without the examples, crates would
/// have other features, and much would be compiled anew.
fn build_all() -> Result<(), String> {
    cargo(&["build", "--workspace", "--lib", "--bins", "--examples"])
}

/// Where a program is that [`build_all`] has built.
fn built(program: &str) -> std::path::PathBuf {
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_string());
    std::path::Path::new(&target).join("debug").join(program).with_extension(std::env::consts::EXE_EXTENSION)
}

fn cargo(arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new(cargo_program());
    command.args(arguments);
    run(with_seed(command))
}

/// Property tests of a check draw the same cases each time, so that its verdict is about what was changed. A plain
/// `cargo test` draws others each time.
fn with_seed(mut command: Command) -> Command {
    const SEED: &str = "PROPTEST_RNG_SEED";
    if std::env::var_os(SEED).is_none() {
        command.env(SEED, "2020");
    }
    command
}

fn run(mut command: Command) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{command:?} ended with {status}")),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    /// A file of tests is a module of its crate's `tests/main.rs`, or a program that its Cargo.toml names.
    #[test]
    fn no_file_of_tests_is_forgotten() {
        let mut files = 0;
        for krate in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates")).unwrap() {
            let krate = krate.unwrap().path();
            let Ok(main) = fs::read_to_string(krate.join("tests/main.rs")) else { continue };
            let manifest = fs::read_to_string(krate.join("Cargo.toml")).unwrap();
            for entry in fs::read_dir(krate.join("tests")).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_stem().unwrap().to_str().unwrap();
                if path.extension().is_none_or(|end| end != "rs") && !path.join("mod.rs").exists() {
                    continue;
                }
                let runs = main.contains(&format!("\nmod {name};"))
                    || manifest.contains(&format!("path = \"tests/{name}.rs\""));
                assert!(runs, "{} is not run", path.display());
                files += 1;
            }
        }
        assert!(files > 40, "{files}");
    }
}
