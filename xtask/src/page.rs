//! The playground's page: its types, its modules, the engine in WebAssembly against the native one, and all of it in a real
//! browser.
//!
//! What that takes is installed where it can be: the page's packages by npm; a browser, as root on Debian, by apt. What
//! cannot be checked is named; under continuous integration (`CI` is set) that is a failure.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::targets::installed_toolchain;
use super::{build_all, built, run, site};

/// The commands that both engines are handed.
const COMMANDS: &str = "crates/playground/tests/transcript.json";

/// How the engine in WebAssembly is compiled for the checks.
const CHECKED: &str = "checked";

/// Where the engine in WebAssembly is written for Node.js.
pub(crate) const FOR_NODE: &str = "target/wasm-node";

/// Installs what the page's checks take, if need be and if it can be.
pub(crate) fn install() {
    if answers("node", &["--version"]) {
        let _ = packages();
        browser();
    }
    installed_toolchain(site::TARGET);
}

/// Compiles the engine as [`check`] runs it, where there is a toolchain for it; what cannot be compiled `check` names.
pub(crate) fn compile_engine() -> Result<(), String> {
    match installed_toolchain(site::TARGET) {
        Some(_) => site::module(site::ENGINE, CHECKED).map(drop),
        None => Ok(()),
    }
}

/// Checks all of the page for which there are the programs.
pub(crate) fn check() -> Result<(), String> {
    let mut left_out = Vec::new();
    let node = answers("node", &["--version"]);
    // What is installed mostly waits for the network: the engine is compiled meanwhile. Tests in a browser have the machine to
    // themselves.
    let (page, engine) = std::thread::scope(|scope| {
        let engine = scope.spawn(|| engine_for_node(CHECKED));
        let page = if node { packages().map(|()| browser()) } else { Err("there is no Node.js".to_string()) };
        (page, engine.join())
    });
    match page {
        Err(message) => left_out.push(format!("the page ({message})")),
        Ok(browser) => {
            npm(&["run", "--silent", "check"])?;
            npm(&["test", "--silent"])?;
            match browser {
                Some(browser) => in_browser(&browser)?,
                None => left_out.push("the page in a browser (there is no Chromium or Chrome)".to_string()),
            }
        }
    }
    match engine {
        Ok(Ok(())) if node => same_numbers()?,
        Ok(Ok(())) => {}
        Ok(Err(message)) => left_out.push(format!("the engine in WebAssembly ({message})")),
        Err(panic) => std::panic::resume_unwind(panic),
    }
    if left_out.is_empty() {
        return Ok(());
    }
    let message = format!("not checked: {}", left_out.join("; "));
    if std::env::var_os("CI").is_some() {
        return Err(message);
    }
    eprintln!("{message}");
    Ok(())
}

/// Compiles the engine in a profile and writes its JavaScript for Node.js.
pub(crate) fn engine_for_node(profile: &str) -> Result<(), String> {
    site::bindgen(&site::module(site::ENGINE, profile)?, FOR_NODE, site::ENGINE_NAME, true)
}

/// The same commands give the same bytes, native and in WebAssembly.
fn same_numbers() -> Result<(), String> {
    build_all()?;
    let mut native = Command::new(built("examples/transcript"));
    native.arg(COMMANDS);
    let mut wasm = Command::new("node");
    wasm.args(["xtask/wasm/transcript.cjs", FOR_NODE, COMMANDS]);
    let (native, wasm) = (printed(native)?, printed(wasm)?);
    let lines = native.lines().count();
    match native.lines().zip(wasm.lines()).position(|(native, wasm)| native != wasm) {
        None if wasm.lines().count() == lines && lines > 0 => {
            eprintln!("the engine in WebAssembly says the same {lines} messages, to the bit");
            Ok(())
        }
        first => Err(format!("the engine in WebAssembly differs at message {first:?}:\n{native}\n{wasm}")),
    }
}

/// What a program prints.
pub(crate) fn printed(mut command: Command) -> Result<String, String> {
    let output =
        command.stderr(Stdio::inherit()).output().map_err(|error| format!("{command:?}: {error}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!("{command:?} ended with {}", output.status)),
    }
}

fn answers(program: &str, arguments: &[&str]) -> bool {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    output.is_ok_and(|output| output.status.success())
}

/// Installs what `web/package-lock.json` names, unless it is there.
pub(crate) fn packages() -> Result<(), String> {
    let newer = |a: &str, b: &str| {
        let time = |path: &str| std::fs::metadata(path).and_then(|file| file.modified());
        matches!((time(a), time(b)), (Ok(a), Ok(b)) if a >= b)
    };
    if newer("web/node_modules/.package-lock.json", "web/package-lock.json") {
        return Ok(());
    }
    npm(&["ci", "--no-audit", "--no-fund", "--silent"])
}

fn npm(arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.args(arguments).current_dir("web");
    run(command)
}

/// A browser that can be driven, installed if need be and if it can be.
fn browser() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let usual = [
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    ];
    let find = || named.clone().into_iter().chain(usual.map(PathBuf::from)).find(|path| path.exists());
    find().or_else(|| {
        eprintln!("looking for a browser");
        let install = ["install", "--yes", "--no-install-recommends", "chromium"];
        let installed =
            answers("apt-get", &install) || (answers("apt-get", &["update"]) && answers("apt-get", &install));
        installed.then(find).flatten()
    })
}

fn in_browser(browser: &Path) -> Result<(), String> {
    build_all()?;
    let program = built("tenseur");
    let program = std::path::absolute(&program).map_err(|error| format!("{}: {error}", program.display()))?;
    let mut command = Command::new("node");
    command.arg("tests/browser/run.mjs").arg(program).current_dir("web").env("CHROMIUM", browser);
    run(command)
}
