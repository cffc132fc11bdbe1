//! Finding columns: those that options name, and those of a training file in another file.

use crate::data::csv::source::Source;
use crate::data::{Encoding, Inputs, Target};
use crate::error::{Error, Result};

/// Where, in one file, the columns lie that features are made of, and the target; counted from 0.
pub(super) struct Places {
    pub(super) features: Vec<usize>,
    pub(super) target: Option<usize>,
}

/// The column that `wanted` names, or numbers from 1.
pub(super) fn find_column(source: &Source<'_>, wanted: &str) -> Result<usize> {
    if let Some(index) = source.names.iter().position(|name| name == wanted) {
        return Ok(index);
    }
    match wanted.parse::<usize>() {
        Ok(number) if (1..=source.width()).contains(&number) => Ok(number - 1),
        _ => Err(Error::invalid(format!(
            "{}: there is no column \"{wanted}\"; {}, or a number from 1 to {}",
            source.name,
            known_columns(source),
            source.width()
        ))),
    }
}

/// The columns of the file on which `encoding` was learned, in this file; the target only if it is `needed`.
pub(super) fn match_columns(source: &Source<'_>, encoding: &Encoding, needed: bool) -> Result<Places> {
    let Inputs::Table(table) = &encoding.inputs else {
        return Err(Error::invalid(format!(
            "{}: the model was trained on images and this is a table",
            source.name
        )));
    };
    if !(table.header && source.header) {
        return match_places(source, table, needed);
    }
    let target_name = match &encoding.target {
        Target::Classes { name, .. } => Some(name),
        Target::Values { names, .. } => names.first(),
    };
    let wanted = table.columns.iter().map(|column| &column.name).chain(target_name.filter(|_| needed));
    let found: Vec<Option<usize>> =
        wanted.clone().map(|wanted| source.names.iter().position(|name| name == wanted)).collect();
    let missing: Vec<String> = wanted
        .zip(&found)
        .filter(|(_, place)| place.is_none())
        .map(|(name, _)| format!("{name:?}"))
        .collect();
    if !missing.is_empty() {
        return Err(Error::invalid(format!(
            "{}: {} missing, which the model was trained on; {}",
            source.name,
            match &missing[..] {
                [one] => format!("the column {one} is"),
                many => format!("the columns {} are", many.join(", ")),
            },
            known_columns(source)
        )));
    }
    let mut features: Vec<usize> = found.into_iter().flatten().collect();
    let target = if needed { features.pop() } else { None };
    Ok(Places { features, target })
}

/// Without names, columns are where they were, in a file as wide as it was; or one narrower, if it lacks the target.
fn match_places(source: &Source<'_>, table: &crate::data::Table, needed: bool) -> Result<Places> {
    let lacks_target = !needed && source.width() + 1 == table.width;
    if source.width() != table.width && !lacks_target {
        return Err(Error::invalid(format!(
            "{}: there are {} columns and the training file had {}{}; without names in a first line they must be \
             the same",
            source.name,
            source.width(),
            table.width,
            if needed { "" } else { ", the target among them" }
        )));
    }
    let place = |index: usize| if lacks_target && index > table.target { index - 1 } else { index };
    let features: Vec<usize> = table.columns.iter().map(|column| place(column.index)).collect();
    // An encoding is read from a file that may be damaged.
    if features.iter().chain([&table.target]).any(|&index| index >= table.width) {
        return Err(Error::invalid("the encoding has a column beyond its own width"));
    }
    Ok(Places { features, target: needed.then_some(table.target) })
}

/// "the columns are a, b, c".
fn known_columns(source: &Source<'_>) -> String {
    const LISTED: usize = 20;
    let listed = source.names.iter().take(LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = source.width().saturating_sub(LISTED);
    if more == 0 {
        format!("the columns are {listed}")
    } else {
        format!("the columns are {listed} and {more} more")
    }
}
