//! Finds cases: in a folder with a folder for each, or in such a folder packed as `.tar.gz`.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// The suite that comes with the repository.
pub const BUILT_IN: &[u8] = include_bytes!("../suite.tar.gz");

/// The files of a case.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// `case.json`.
    pub case: Vec<u8>,
    /// `graph.pb`.
    pub graph: Vec<u8>,
    /// `data.npz`.
    pub data: Vec<u8>,
}

/// The cases of a folder or archive, by name.
///
/// # Errors
/// When something cannot be read, or there are no cases.
pub fn load(path: &Path) -> Result<BTreeMap<String, Files>, String> {
    let at = |error: std::io::Error| format!("{}: {error}", path.display());
    let found = if path.is_dir() {
        let mut found = BTreeMap::new();
        for entry in std::fs::read_dir(path).map_err(at)? {
            let folder = entry.map_err(at)?.path();
            if folder.join("case.json").is_file() {
                let read = |name: &str| {
                    let file = folder.join(name);
                    std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))
                };
                let files =
                    Files { case: read("case.json")?, graph: read("graph.pb")?, data: read("data.npz")? };
                let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
                found.insert(name, files);
            }
        }
        found
    } else {
        unpack(&std::fs::read(path).map_err(at)?).map_err(at)?
    };
    if found.is_empty() {
        return Err(format!("{}: there are no cases (NAME/case.json)", path.display()));
    }
    Ok(found)
}

/// The cases of an archive, by name.
///
/// # Errors
/// When it is not a gzipped tar archive.
pub fn unpack(archive: &[u8]) -> std::io::Result<BTreeMap<String, Files>> {
    let mut found: BTreeMap<String, Files> = BTreeMap::new();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(archive));
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let name = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned());
        let folder = name(path.parent().and_then(Path::file_name));
        let (Some(folder), Some(file)) = (folder, name(path.file_name())) else { continue };
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        let files = found.entry(folder).or_default();
        match file.as_str() {
            "case.json" => files.case = bytes,
            "graph.pb" => files.graph = bytes,
            "data.npz" => files.data = bytes,
            _ => {}
        }
    }
    found.retain(|_, files| !files.case.is_empty());
    Ok(found)
}
