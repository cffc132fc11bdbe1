//! `cargo run -p tenseur-conformance --example export_suite -- ARCHIVE OUT`: writes the cases of an archive with the graphs that
//! tenseur exports, a folder each, for `xtask/peers/check.py` to run in TensorFlow. A graph that is to be refused is left
//! out.

use std::path::Path;
use std::process::ExitCode;

use tenseur_conformance::export::export;
use tenseur_conformance::suite::Files;
use tenseur_conformance::{run, suite};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(archive), Some(out), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        eprintln!("export ARCHIVE OUT");
        return ExitCode::from(2);
    };
    let cases = match suite::load(Path::new(&archive)) {
        Ok(cases) => cases,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let mut failures = 0;
    for (name, files) in &cases {
        if let Err(error) = write(&Path::new(&out).join(name), files) {
            eprintln!("{name}: {error}");
            failures += 1;
        }
    }
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Writes a case to a folder.
fn write(folder: &Path, files: &Files) -> Result<(), String> {
    let case = run::read(files)?;
    let (graph, names) = match export(&case, files) {
        Ok(exported) => exported,
        Err(_) if case.load_error.is_some() || case.area == "error" => return Ok(()),
        Err(error) => return Err(error.to_string()),
    };
    let names = serde_json::to_vec(&names).map_err(|error| error.to_string())?;
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let parts =
        [("graph.pb", &graph), ("names.json", &names), ("case.json", &files.case), ("data.npz", &files.data)];
    for (file, bytes) in parts {
        std::fs::write(folder.join(file), bytes).map_err(|error| format!("{file}: {error}"))?;
    }
    Ok(())
}
