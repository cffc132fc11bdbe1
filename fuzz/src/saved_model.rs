//! Whatever bytes come are the file of a SavedModel, in the binary form or as text. Its graphs are imported, and what is to be
//! run first is run.
#![no_main]

mod memory;

use libfuzzer_sys::fuzz_target;
use tenseur::formats::saved_model::{self, SavedModel};

fuzz_target!(|bytes: &[u8]| {
    let folder = std::env::temp_dir().join(format!("tenseur-fuzz-model-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the disk has room");
    let text = bytes.first().is_some_and(u8::is_ascii_alphabetic);
    let (this, other) = if text { ("saved_model.pbtxt", "saved_model.pb") } else { ("saved_model.pb", "saved_model.pbtxt") };
    let _ = std::fs::remove_file(folder.join(other));
    std::fs::write(folder.join(this), bytes).expect("the disk has room");
    if let Ok(tags) = saved_model::tags(&folder) {
        for tags in tags {
            if let Ok(model) = SavedModel::open_with_tags(&folder, &tags) {
                let inside = |path: &std::path::Path| path.starts_with(&folder) && !path.to_string_lossy().contains("..");
                assert!(model.assets().iter().all(|(_, path)| inside(path)), "an asset outside of the folder");
                let _ = model.graph().summary();
            }
        }
    }
});
