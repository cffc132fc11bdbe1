//! The Python package: its wheel, and its tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{build_all, built, cargo, run};

/// Where Python environments and the package under test lie.
const FOLDER: &str = "target/python";

/// How the engine in a wheel is compiled.
const WHEEL_PROFILE: &str = "wheel";

/// What the package's tests take.
const TEST_PACKAGES: [&str; 6] = ["numpy", "pytest", "pytest-xdist", "mypy", "nbclient", "ipykernel"];

/// How many bytes the installed package may have, without what Python compiles.
const MOST_BYTES: u64 = 16_000_000;

/// Makes the wheel, and a virtual environment in which it can be tried.
pub(crate) fn wheel() -> Result<(), String> {
    let tools = environment("tools", &["maturin>=1.7,<2", "numpy"])?;
    let _ = std::fs::remove_dir_all("target/wheels");
    stubs(&tools)?;
    let maturin =
        std::fs::canonicalize(tools.join("bin/maturin")).map_err(|error| format!("maturin: {error}"))?;
    let mut command = Command::new(maturin);
    command.args(["build", "--profile", WHEEL_PROFILE, "--out", "../target/wheels"]).current_dir("python");
    // What is inlined little is smaller by a twentieth; loops are inlined where they say so.
    command.args(["--", "-C", "llvm-args=-inline-threshold=10"]);
    if cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        // Functions with the same code are kept once: of loops for signed and unsigned numbers there are many.
        command.args(["-C", "link-arg=-Wl,--icf=all"]);
        if has_relative_relocations() {
            // The places that hold addresses, as a bitmap: a twentieth of the list.
            command.args(["-C", "link-arg=-Wl,-z,pack-relative-relocs"]);
        }
    }
    run(command)?;
    let entries = std::fs::read_dir("target/wheels").map_err(|error| format!("target/wheels: {error}"))?;
    let wheel = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|end| end == "whl"));
    let wheel = wheel.ok_or("maturin made no wheel")?;
    let place = environment("environment", &["numpy"])?;
    pip(&place, &["--force-reinstall", "--no-deps", &wheel.display().to_string()])?;
    let bytes = installed(&place)?;
    eprintln!(
        "\nthe wheel: {}\nto try it: {}/bin/python -c 'import tenseur as tf'",
        wheel.display(),
        place.display()
    );
    eprintln!("installed: {:.1} MB", bytes as f64 / 1e6);
    match bytes > MOST_BYTES {
        true => Err(format!("the package has {bytes} bytes, which is more than {MOST_BYTES}")),
        false => Ok(()),
    }
}

/// How many bytes the package has in this environment, without what Python compiles.
fn installed(place: &Path) -> Result<u64, String> {
    let libraries = entries(&place.join("lib"))?;
    let package =
        libraries.iter().map(|python| python.join("site-packages/tenseur")).find(|path| path.is_dir());
    let mut open = vec![package.ok_or_else(|| format!("{}: the package is not there", place.display()))?];
    let mut bytes = 0;
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(entries(&path)?.into_iter().filter(|inner| !inner.ends_with("__pycache__")));
        } else {
            bytes += path.metadata().map_err(|error| format!("{}: {error}", path.display()))?.len();
        }
    }
    Ok(bytes)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let at = |error: std::io::Error| format!("{}: {error}", folder.display());
    std::fs::read_dir(folder).map_err(at)?.map(|entry| Ok(entry.map_err(at)?.path())).collect()
}

/// Installs what the package's tests take, if it can be.
pub(crate) fn install() {
    let _ = environment("tests", &TEST_PACKAGES);
}

/// Runs the package's tests on the engine as the other tests have compiled it.
pub(crate) fn check() -> Result<(), String> {
    let package = package("dev", "debug")?;
    let exports = std::env::current_dir().map_err(|error| error.to_string())?.join(FOLDER).join("exports");
    let mut export = Command::new(built("examples/export"));
    export.arg(&exports);
    run(export)?;
    let tests = environment("tests", &TEST_PACKAGES)?;
    let mut command = Command::new(tests.join("bin/python"));
    command.args(["-m", "pytest", "--quiet", "-n", "auto", "-p", "no:cacheprovider", "python/tests"]);
    command.env("PYTHONPATH", &package).env("PYTHONDONTWRITEBYTECODE", "1").env("TENSEUR_EXPORTS", &exports);
    run(command)
}

/// Whether the C library here, which is the one that will load the engine, knows packed relative relocations: glibc from 2.36 on.
fn has_relative_relocations() -> bool {
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let version = text.trim().strip_prefix("glibc ").and_then(|version| version.split_once('.'));
    let Some((Ok(major), Ok(minor))) = version.map(|(major, minor)| (major.parse(), minor.parse())) else {
        return false;
    };
    (major, minor) >= (2u32, 36u32)
}

/// The package with the engine as this profile compiles it, in a folder of its own.
fn package(profile: &str, output: &str) -> Result<PathBuf, String> {
    match profile {
        // As pyproject.toml has it, and for the tests as other tests have it, so that nothing is compiled twice.
        WHEEL_PROFILE => {
            let features = ["--no-default-features", "--features", "extension-module"];
            cargo(
                &[&["build", "--package", "tenseur-python", "--profile", profile], &features[..]].concat(),
            )?;
        }
        _ => build_all()?,
    }
    let here = std::env::current_dir().map_err(|error| error.to_string())?;
    let package = here.join(FOLDER).join("package");
    let _ = std::fs::remove_dir_all(&package);
    copy(Path::new("python/tenseur"), &package.join("tenseur"))?;
    let library = format!("{}_core{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_string());
    let engine = Path::new(&target).join(output).join(library);
    let place = package.join("tenseur/_core.abi3.so");
    std::fs::copy(&engine, &place).map_err(|error| format!("{}: {error}", engine.display()))?;
    Ok(package)
}

/// Writes the type stubs beside the package's sources, for the wheel; they tell what the package itself tells of its names.
fn stubs(tools: &Path) -> Result<(), String> {
    let package = package(WHEEL_PROFILE, WHEEL_PROFILE)?;
    let mut command = Command::new(tools.join("bin/python"));
    command.args(["python/make_stubs.py", "python/tenseur"]);
    command.env("PYTHONPATH", &package).env("PYTHONDONTWRITEBYTECODE", "1");
    run(command)
}

/// A virtual environment with these packages, made if it is not there.
fn environment(name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    let place = Path::new(FOLDER).join(name);
    let make = || {
        let mut command = Command::new("python3");
        command.args(["-m", "venv"]).arg(&place);
        run(command)
    };
    if !place.join("bin/python").exists()
        && let Err(error) = make()
    {
        // Debian has the module in a package of its own.
        let mut install = Command::new("apt-get");
        install.args(["install", "--yes", "--no-install-recommends", "python3-venv"]);
        run(install).map_err(|_| format!("{error}; what it takes is Python with its module venv"))?;
        make()?;
    }
    pip(&place, packages)?;
    Ok(place)
}

fn pip(place: &Path, arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new(place.join("bin/python"));
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(arguments);
    run(command)
}

/// Copies a folder, but for what Python has compiled.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let at = |error: std::io::Error| format!("{}: {error}", from.display());
    std::fs::create_dir_all(to).map_err(at)?;
    for entry in std::fs::read_dir(from).map_err(at)? {
        let path = entry.map_err(at)?.path();
        let Some(name) = path.file_name() else { continue };
        if path.is_dir() && name != "__pycache__" {
            copy(&path, &to.join(name))?;
        } else if path.is_file() && path.extension().is_none_or(|end| end != "so" && end != "pyc") {
            std::fs::copy(&path, to.join(name)).map_err(at)?;
        }
    }
    Ok(())
}
