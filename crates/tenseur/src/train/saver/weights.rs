//! Variables in the files that other libraries exchange: NumPy's `.npz`, and `.safetensors`. Names and arrays are those of the
//! checkpoints; the parts of a partitioned variable are one array.

use std::path::Path;

use super::{BTreeMap, Error, Result, Saver};
use crate::formats::checkpoint::boxes;
use crate::formats::{npz, safetensors};
use crate::session::{Kept, Restored, Saved, Session};
use crate::value::Array;

impl Saver {
    /// Writes the variables to a file that ends in `.npz` or `.safetensors`, whole or not at all.
    ///
    /// # Errors
    /// When it ends otherwise, the session is of another graph, a variable holds nothing yet or what such files cannot
    /// hold, or the file cannot be written.
    ///
    /// ```
    /// use tenseur::prelude::*;
    /// use tenseur::train::Saver;
    /// let folder = tempfile::tempdir()?;
    /// let tf = Graph::new();
    /// let w = tf.variable(array![1.0, 2.0], "dense/kernel");
    /// let sess = Session::new(&tf)?;
    /// sess.run_op(&tf.global_variables_initializer(), feeds![])?;
    /// let saver = Saver::new(&tf);
    /// for name in ["weights.npz", "weights.safetensors"] {
    ///     saver.save_arrays(&sess, folder.path().join(name))?;
    ///     let again = Session::new(&tf)?;
    ///     saver.restore_arrays(&again, folder.path().join(name))?;
    ///     assert_eq!(again.run(&w, feeds![])?, array![1.0, 2.0]);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn save_arrays(&self, session: &Session, path: impl AsRef<Path>) -> Result<()> {
        self.check_graph(session)?;
        let path = path.as_ref();
        let values = session.values_of(&self.kept)?;
        let mut arrays: BTreeMap<String, Array> = BTreeMap::new();
        let mut parts: BTreeMap<&str, Vec<(&Kept, &Array)>> = BTreeMap::new();
        for (kept, value) in &values {
            match kept.piece {
                None => drop(arrays.insert(kept.name.clone(), value.clone())),
                Some(_) => parts.entry(&kept.name).or_default().push((kept, value)),
            }
        }
        for (name, parts) in parts {
            let placed = parts.iter().filter_map(|(kept, value)| Some((kept.piece.as_ref()?, *value)));
            let boxes: Vec<(&[usize], &Array)> =
                placed.clone().map(|(piece, value)| (piece.start.as_slice(), value)).collect();
            let Some((piece, _)) = placed.clone().next() else { continue };
            let whole = boxes::join(&piece.whole, &boxes)
                .map_err(|error| error.context(format_args!("variable \"{name}\"")))?;
            arrays.insert(name.to_string(), whole);
        }
        match Form::of(path)? {
            Form::Npz => npz::save(path, &arrays),
            Form::Safetensors => safetensors::save(path, &arrays),
        }
    }

    /// Takes the variables from a file that ends in `.npz` or `.safetensors`.
    ///
    /// # Errors
    /// When it ends otherwise; and as [`restore`](Saver::restore).
    pub fn restore_arrays(&self, session: &Session, path: impl AsRef<Path>) -> Result<Restored> {
        self.check_graph(session)?;
        let path = path.as_ref();
        let arrays = match Form::of(path)? {
            Form::Npz => npz::load(path)?,
            Form::Safetensors => safetensors::load(path)?,
        };
        let what = path.display().to_string();
        session.restore_kept(&self.kept, &Saved::Arrays(arrays), &what, self.fit())
    }
}

enum Form {
    Npz,
    Safetensors,
}

impl Form {
    fn of(path: &Path) -> Result<Form> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("npz") => Ok(Form::Npz),
            Some("safetensors") => Ok(Form::Safetensors),
            _ => Err(Error::invalid(format!("{} ends neither in .npz nor in .safetensors", path.display()))),
        }
    }
}
