//! The playground as a folder of static files, with the engine in WebAssembly: `target/site`, to be put on any host.

use std::fs;
use std::path::{Path, PathBuf};

use super::targets::installed_toolchain;
use super::{cargo, run};

/// The playground's engine in WebAssembly.
pub(crate) const ENGINE: &str = "tenseur-playground-wasm";

/// What it is compiled for.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// What its files are called.
pub(crate) const ENGINE_NAME: &str = "tenseur_playground";

/// Where the site is written.
const SITE: &str = "target/site";

/// What is in `web/` and not for visitors.
const NOT_SERVED: [&str; 6] =
    ["node_modules", "tests", "package.json", "package-lock.json", "jsconfig.json", ".gitignore"];

/// A host may set no headers: the page then holds itself to its own files.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; \
                      font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
                      form-action 'none'";

/// Writes the site.
pub(crate) fn site() -> Result<(), String> {
    let engine = format!("{SITE}/engine/wasm");
    if Path::new(SITE).exists() {
        fs::remove_dir_all(SITE).map_err(|error| format!("{SITE}: {error}"))?;
    }
    copy(Path::new("web"), Path::new(SITE))?;
    let index = format!("{SITE}/index.html");
    let page = fs::read_to_string(&index).map_err(|error| format!("{index}: {error}"))?;
    let socket = "<meta name=\"tenseur-engine\" content=\"socket\">";
    let worker = format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n  \
         <meta name=\"tenseur-engine\" content=\"worker\">"
    );
    if !page.contains(socket) {
        return Err(format!("web/index.html does not say {socket}"));
    }
    fs::write(&index, page.replace(socket, &worker)).map_err(|error| format!("{index}: {error}"))?;
    bindgen(&module(ENGINE, "release")?, &engine, ENGINE_NAME, false)?;
    let bytes = fs::metadata(format!("{engine}/tenseur_playground_bg.wasm")).map_or(0, |file| file.len());
    eprintln!("{SITE} is ready; its engine has {} KB", bytes / 1024);
    Ok(())
}

/// Compiles a package to WebAssembly in a profile, and gives the path of the module.
pub(crate) fn module(package: &str, profile: &str) -> Result<PathBuf, String> {
    let Some(mut command) = installed_toolchain(TARGET) else {
        return Err(format!("there is no toolchain for {TARGET}: rustup target add {TARGET}"));
    };
    command.args(["build", "--profile", profile, "--package", package, "--target", TARGET]);
    command.args(["--target-dir", "target/other"]);
    command.env("RUSTFLAGS", "-C target-feature=+simd128").env_remove("CARGO_ENCODED_RUSTFLAGS");
    run(command)?;
    Ok(Path::new("target/other")
        .join(TARGET)
        .join(profile)
        .join(package.replace('-', "_"))
        .with_extension("wasm"))
}

/// Writes the JavaScript beside the module, and calls both so.
pub(crate) fn bindgen(module: &Path, folder: &str, name: &str, node: bool) -> Result<(), String> {
    let module = module.display().to_string();
    let mut arguments = vec!["run", "--quiet", "--package", "xtask-bindgen", "--", &module, folder, name];
    if node {
        arguments.push("--node");
    }
    cargo(&arguments)
}

/// Copies a folder, without what is not served.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let said = |error: std::io::Error| format!("{}: {error}", from.display());
    fs::create_dir_all(to).map_err(said)?;
    for entry in fs::read_dir(from).map_err(said)? {
        let entry = entry.map_err(said)?;
        let name = entry.file_name();
        if NOT_SERVED.iter().any(|not| name == *not) || name == "wasm" {
            continue;
        }
        let (from, to) = (entry.path(), to.join(&name));
        if from.is_dir() {
            copy(&from, &to)?;
        } else {
            fs::copy(&from, &to).map_err(|error| format!("{}: {error}", from.display()))?;
        }
    }
    Ok(())
}
