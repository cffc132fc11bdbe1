//! TensorFlow's answers for families of ops beyond the suite, recorded by `xtask/peers/reach/record.py`: every archive in
//! `reach/`, on both executors.

use std::path::Path;

use tenseur_conformance::{report, suite};

#[test]
fn every_family_gives_tensorflows_answers_on_both_executors() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("reach");
    let mut failures = Vec::new();
    let mut families = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let cases = suite::load(&entry.unwrap().path()).unwrap();
        families += 1;
        failures.extend(report::run_all(&cases, &mut |_| {}).failures);
    }
    assert!(families > 0);
    assert!(failures.is_empty(), "{} cases fail:\n{}", failures.len(), failures.join("\n"));
}
