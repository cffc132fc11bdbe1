//! All tests of the crate's public face as one program: to link one for each file would take most of the time.

mod exports;
mod simulation;

#[test]
fn no_file_of_tests_is_forgotten() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let is_tests =
            path.extension().is_some_and(|extension| extension == "rs") || path.join("mod.rs").exists();
        if is_tests && !["main"].contains(&name) {
            assert!(include_str!("main.rs").contains(&format!("\nmod {name};\n")), "{name}");
        }
    }
}
