//! TensorFlow's answers for families of ops beyond the suite, recorded by `xtask/peers/reach/record.py`: every archive in
//! `reach/`, on both executors.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tenseur_conformance::{report, suite};

#[test]
fn every_family_gives_tensorflows_answers_on_both_executors() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("reach");
    let mut families: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!families.is_empty());
    // Each thread takes the largest that is left.
    families.sort_by_key(|family| family.metadata().unwrap().len());
    let (families, failures) = (Mutex::new(families), Mutex::new(Vec::new()));
    let next = || families.lock().unwrap().pop();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(family) = next() {
                    let cases = suite::load(&family).unwrap();
                    let failed = report::run_all(&cases, &mut |_| {}).failures;
                    failures.lock().unwrap().extend(failed);
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} cases fail:\n{}", failures.len(), failures.join("\n"));
}
