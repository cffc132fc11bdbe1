//! `xtask-bindgen MODULE.wasm FOLDER NAME`: writes `NAME.js` and `NAME_bg.wasm`, for the web or with `--node` for Node.js.

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (module, folder, name, node) = match &arguments[..] {
        [module, folder, name] => (module, folder, name, false),
        [module, folder, name, flag] if flag == "--node" => (module, folder, name, true),
        _ => {
            eprintln!("xtask-bindgen MODULE.wasm FOLDER NAME [--node]");
            return ExitCode::from(2);
        }
    };
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name(name).remove_name_section(true).remove_producers_section(true);
    let chosen = if node { bindgen.nodejs(true) } else { bindgen.web(true) };
    match chosen.and_then(|bindgen| bindgen.generate(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{module}: {error:?}");
            ExitCode::FAILURE
        }
    }
}
