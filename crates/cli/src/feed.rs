//! What a run is fed, as the command line writes it: `x=x.npy`, `x=data.npz:key`, `x=table.csv`, `x=[[1, 2]]`.

use std::path::Path;

use tenseur::formats::{npy, npz};
use tenseur::{Array, Code, DType, Error, Result, Tensor};

use crate::literal::Literal;

/// The tensor, as `find` knows it, and the value that `text` names.
pub(crate) fn feed(find: impl Fn(&str) -> Result<Tensor>, text: &str) -> Result<(Tensor, Array)> {
    let Some((name, value)) = text.split_once('=') else {
        return Err(Error::invalid(format!("--feed {text} names no value"))
            .hint("a feed is a tensor and its value: --feed x=x.npy, or --feed x=[1,2,3]"));
    };
    let tensor = find(name)?;
    let dtype = tensor.dtype().ok_or_else(|| {
        Error::new(Code::NotFound, format!("nothing is known of \"{name}\": its op is not there"))
    })?;
    let value =
        read(value, dtype, tensor.rank()).map_err(|error| error.context(format_args!("--feed {name}")))?;
    if value.dtype() != dtype {
        let mistake = format!("--feed {name}: it is of {dtype}, and the file holds {}", value.dtype());
        return Err(Error::invalid(mistake).hint(format!("convert it: numpy.load(…).astype(\"{dtype}\")")));
    }
    Ok((tensor, value))
}

/// The value that `text` names or is.
fn read(text: &str, dtype: DType, rank: Option<usize>) -> Result<Array> {
    if text.ends_with(".npy") {
        return npy::load(text);
    }
    if text.ends_with(".npz") {
        return from_npz(text, None);
    }
    if let Some((path, key)) = text.rsplit_once(".npz:") {
        return from_npz(&format!("{path}.npz"), Some(key));
    }
    if text.ends_with(".csv") {
        return from_csv(Path::new(text), dtype, rank);
    }
    // A text need not stand in quotes.
    if dtype == DType::String && !text.trim_start().starts_with(['[', '"', '\'']) {
        return Array::strings([0; 0], [text]);
    }
    Literal::read(text).and_then(|literal| literal.array(dtype)).map_err(|error| {
        error.hint("a value is a file (.npy, .npz, .npz:NAME, .csv), a number, a string, or a list: [[1, 2], [3, 4]]")
    })
}

fn from_npz(path: &str, key: Option<&str>) -> Result<Array> {
    let mut arrays = npz::load(path)?;
    let names = arrays.keys().cloned().collect::<Vec<_>>().join(", ");
    let key = match (key, arrays.len()) {
        (Some(key), _) => key.to_string(),
        (None, 1) => names.clone(),
        (None, _) => {
            let mistake = format!("{path} holds several arrays: {names}");
            return Err(Error::invalid(mistake).hint(format!("name one of them: {path}:NAME")));
        }
    };
    let missing = || Error::new(Code::NotFound, format!("{path} holds no array \"{key}\", but {names}"));
    arrays.remove(&key).ok_or_else(missing)
}

/// A table: `[rows, columns]`, or `[rows]` where that is what is wanted and there is one column. A first row that is no
/// numbers, where numbers are wanted, names the columns.
fn from_csv(path: &Path, dtype: DType, rank: Option<usize>) -> Result<Array> {
    let bad = |what: &dyn std::fmt::Display| Error::invalid(format!("{}: {what}", path.display()));
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_path(path).map_err(
            |error| Error::new(Code::NotFound, format!("cannot read {}: {error}", path.display())),
        )?;
    let mut rows: Vec<Literal> = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(|error| bad(&error))?;
        let line = record.position().map_or(0, csv::Position::line);
        let texts: Vec<String> = record.iter().map(str::to_string).collect();
        let row = Literal { shape: vec![texts.len()], texts };
        match row.array(dtype) {
            Ok(_) => rows.push(row),
            Err(_) if index == 0 => {}
            Err(error) => return Err(bad(&format_args!("line {line}: {}", error.message()))),
        }
    }
    let columns = rows.first().map_or(0, |row| row.texts.len());
    let shape = match rank {
        Some(1) if columns == 1 => vec![rows.len()],
        _ => vec![rows.len(), columns],
    };
    Literal { shape, texts: rows.into_iter().flat_map(|row| row.texts).collect() }.array(dtype)
}
