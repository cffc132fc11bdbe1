//! Which folder a path to a model means, and which version of the model is in it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Code, Error, Result};
use crate::formats::{in_file, saved_model};

/// Where a model lies, what it is called and which version of it that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelPlace {
    folder: PathBuf,
    name: String,
    version: i64,
}

impl ModelPlace {
    /// The model that `path` names: the folder itself, if a run or a SavedModel is in it; else the one in it that has the highest
    /// number for a name, `models/iris/12`, which is its version. A model that has no number is version 1.
    ///
    /// # Errors
    /// When no model is there.
    ///
    /// ```
    /// use tenseur::servable::ModelPlace;
    /// let folder = tempfile::tempdir()?;
    /// for version in ["2", "0010", "9", "draft"] {
    ///     std::fs::create_dir_all(folder.path().join("iris").join(version))?;
    ///     std::fs::write(folder.path().join("iris").join(version).join("run.json"), "{}")?;
    /// }
    /// let place = ModelPlace::find(folder.path().join("iris"))?;
    /// assert_eq!((place.name(), place.version()), ("iris", 10));
    /// assert!(place.folder().ends_with("iris/0010"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn find(path: impl AsRef<Path>) -> Result<ModelPlace> {
        let path = path.as_ref();
        // `.` and `..` have names too.
        let path = path.canonicalize().map_err(|error| in_file(path, "there is no model", &error))?;
        if holds_model(&path) {
            return Ok(match number(&path) {
                Some(version) => {
                    let name = path.parent().map(name_of).unwrap_or_default();
                    ModelPlace { name, version, folder: path }
                }
                None => ModelPlace { name: name_of(&path), version: 1, folder: path },
            });
        }
        let entries = fs::read_dir(&path).map_err(|error| in_file(&path, "there is no model", &error))?;
        let versions = entries.filter_map(|entry| {
            let folder = entry.ok()?.path();
            Some((number(&folder)?, folder)).filter(|(_, folder)| holds_model(folder))
        });
        match versions.max() {
            Some((version, folder)) => Ok(ModelPlace { name: name_of(&path), version, folder }),
            None => {
                let text = format!("{} holds no run and no SavedModel, nor versions of one", path.display());
                let hint = "a run's folder is what `tenseur train` names at its end; a SavedModel's has saved_model.pb";
                Err(Error::new(Code::NotFound, text).hint(hint))
            }
        }
    }

    /// The folder of the run or SavedModel.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder's name, without the version.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version.
    pub fn version(&self) -> i64 {
        self.version
    }
}

fn holds_model(folder: &Path) -> bool {
    saved_model::exists(folder) || folder.join("run.json").is_file()
}

fn name_of(folder: &Path) -> String {
    folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The number that a folder has for a name.
fn number(folder: &Path) -> Option<i64> {
    let name = folder.file_name()?.to_str()?;
    match name.bytes().all(|byte| byte.is_ascii_digit()) {
        true => name.parse().ok(),
        false => None,
    }
}
