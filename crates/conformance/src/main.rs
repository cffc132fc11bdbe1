//! `tenseur-conformance [DIR|ARCHIVE]`: runs cases, prints a line for each that fails, and a table.

use std::path::Path;
use std::process::ExitCode;

use tenseur_conformance::{report, suite};

fn main() -> ExitCode {
    let cases = match std::env::args().nth(1) {
        Some(path) => suite::load(Path::new(&path)),
        None => suite::unpack(suite::BUILT_IN).map_err(|error| error.to_string()),
    };
    let cases = match cases {
        Ok(cases) => cases,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    let report = report::run_all(&cases, &mut |line| println!("{line}"));
    println!("{}", report.table());
    if report.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
