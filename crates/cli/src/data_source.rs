//! Where data comes from, as the command line names it: `digits`, `toy:spiral`, a folder of IDX files, a CSV file.

use std::path::Path;

use tenseur::data::{self, Dataset, Inputs, Scaling, Target, Toy, csv, mnist};
use tenseur::{Code, Error, Result};

/// Examples to learn from, and those held back.
pub(crate) struct Parts {
    pub(crate) training: Dataset,
    pub(crate) held_back: Option<Dataset>,
}

/// How a table is read.
#[derive(Clone, Debug, Default)]
pub(crate) struct TableOptions {
    /// The column to predict.
    pub(crate) target: Option<String>,
}

impl TableOptions {
    fn csv(&self) -> csv::Options {
        csv::Options { target: self.target.clone(), ..csv::Options::default() }
    }
}

/// Reads what `name` names and splits it, unless the data brings its own test set.
pub(crate) fn parts(name: &str, table: &TableOptions, held_back: f64, seed: u64) -> Result<Parts> {
    let (all, own) = read(name, table, seed)?;
    let (training, held_back) = match own {
        Some(test) => (all, Some(test)),
        None if held_back == 0.0 => (all, None),
        None => {
            let (training, held_back) = all.split(held_back, seed)?;
            (training, Some(held_back))
        }
    };
    if !matches!(training.encoding().inputs, Inputs::Table(_)) || !Path::new(name).is_file() {
        return Ok(Parts { training, held_back });
    }
    // The columns of a table have all kinds of units.
    let mut training = training.scaled(&training.standard_scaling()?)?;
    if let Target::Values { .. } = training.encoding().target {
        training = training.with_scaled_targets(&Scaling::standard(training.targets())?)?;
    }
    let held_back = held_back.map(|data| data.encoded_as(training.encoding())).transpose()?;
    Ok(Parts { training, held_back })
}

/// Reads what `name` names, and the test set that it brings along.
fn read(name: &str, table: &TableOptions, seed: u64) -> Result<(Dataset, Option<Dataset>)> {
    if name == "digits" {
        return Ok((data::digits(), None));
    }
    if let Some(toy) = name.strip_prefix("toy:") {
        let toy: Toy = toy.parse()?;
        return Ok((toy.dataset(toy.usual_points(), 0.0, seed)?, None));
    }
    let path = Path::new(name);
    if path.is_dir() {
        return mnist::read(path);
    }
    if !path.exists() {
        return Err(Error::new(Code::NotFound, format!("there is no data called \"{name}\"")).hint(
            "data is `digits`, `toy:circle|xor|gauss|spiral|plane|multi-gauss`, a folder of IDX files, or a CSV file",
        ));
    }
    Ok((csv::read(path, &table.csv())?, None))
}

/// Reads what `name` names for a network that learned with `like`: same columns, same categories, same scale.
pub(crate) fn read_like(name: &str, like: &data::Encoding, seed: u64) -> Result<Dataset> {
    let path = Path::new(name);
    if path.is_file() {
        return csv::read_as(path, like, &csv::Options::default());
    }
    let (all, own) = read(name, &TableOptions::default(), seed)?;
    own.unwrap_or(all).encoded_as(like)
}
