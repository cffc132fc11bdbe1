//! What TensorFlow does with state and with random numbers, recorded by `xtask/peers/record.py` and compared here without
//! it; `cargo xtask peers` holds the records against TensorFlow itself.

use std::collections::BTreeMap;

use tenseur::Executor;
use tenseur_conformance::run;
use tenseur_conformance::suite::{Files, unpack};

/// The cases where tenseur's answer is another, on purpose: which, and why.
const DIFFERS: [(&str, &str); 7] = [
    ("reference_failed_run_keeps_its_writes", "a run that fails leaves every variable as it was"),
    ("resource_failed_run_keeps_its_writes", "a run that fails leaves every variable as it was"),
    ("reference_read_without_order_sees_before", "TensorFlow leaves the order open; here reads come first"),
    ("resource_read_without_order_sees_before", "TensorFlow leaves the order open; here reads come first"),
    ("resource_fetched_itself_with_a_write", "TensorFlow leaves the order open; here reads come first"),
    ("reference_writes_without_order", "TensorFlow leaves the order open; here it is that of the nodes"),
    ("resource_writes_without_order", "TensorFlow leaves the order open; here it is that of the nodes"),
];

fn recorded() -> BTreeMap<String, Files> {
    unpack(include_bytes!("../peers.tar.gz")).unwrap()
}

#[test]
fn what_tensorflow_recorded_comes_out_or_differs_on_purpose() {
    let mut wrong = Vec::new();
    for (name, files) in recorded() {
        let case = run::read(&files).unwrap();
        let on_purpose = DIFFERS.iter().any(|(differs, _)| *differs == name);
        for executor in [Executor::Planned, Executor::Reference] {
            match (run::run(&case, &files, executor), on_purpose) {
                (Ok(()), false) | (Err(_), true) => {}
                (Ok(()), true) => wrong.push(format!("{name}, {executor:?}: it no longer differs")),
                (Err(why), false) => wrong.push(format!("{name}, {executor:?}: {why}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_differs_is_recorded() {
    let recorded = recorded();
    assert!(recorded.len() > 45, "{}", recorded.len());
    for (name, why) in DIFFERS {
        assert!(recorded.contains_key(name) && !why.is_empty(), "there is no case {name}");
    }
}
