//! All tests of the crate's public face as one program: to link one for each file would take most of the time.
//! Files that count what is allocated are programs of their own.

mod checkpoints;
mod conformance;
mod course;
mod create;
mod data_csv;
mod data_idx;
mod draw;
mod errors;
mod explain;
mod figure;
mod formats_checkpoint;
mod formats_graphdef;
mod formats_meta_graph;
mod formats_proto;
mod formats_text;
mod freeze;
mod hostile;
mod islands;
mod log_of_softmax;
mod pipeline;
mod plans;
mod portable;
mod random_graphs;
mod saved_model;
mod saver;
mod servable;
mod state;
mod summary;
mod tf_record;
mod training;

#[test]
fn no_file_of_tests_is_forgotten() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let is_tests =
            path.extension().is_some_and(|extension| extension == "rs") || path.join("mod.rs").exists();
        if is_tests && !["main", "allocation", "views"].contains(&name) {
            assert!(include_str!("main.rs").contains(&format!("\nmod {name};\n")), "{name}");
        }
    }
}
