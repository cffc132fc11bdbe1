//! Turning the cells of a file into features and targets, by an encoding.

use std::collections::HashMap;

use csv::StringRecord;

use crate::data::csv::Options;
use crate::data::csv::columns::Places;
use crate::data::csv::learn::{check_numbers, check_present, class_name};
use crate::data::csv::problems::Problems;
use crate::data::csv::source::{Source, number};
use crate::data::csv::survey::Survey;
use crate::data::{Column, Dataset, Encoding, Inputs, Target};
use crate::error::{Error, Result};
use crate::value::{Array, DType};

/// The features of every line, float32 `[lines, features]`, not scaled.
pub(super) fn features(
    source: &Source<'_>,
    survey: &Survey,
    places: &Places,
    encoding: &Encoding,
    options: &Options,
) -> Result<Array> {
    let Inputs::Table(table) = &encoding.inputs else {
        return Err(Error::invalid("an encoding of images cannot encode a table"));
    };
    check_present(source, survey, places.features.iter())?;
    let numeric =
        table.columns.iter().zip(&places.features).filter(|(column, _)| column.categories.is_none());
    let numeric: Vec<usize> = numeric.map(|(_, &index)| index).collect();
    check_numbers(source, survey, &numeric, "the model was trained on numbers there")?;

    let mut encoders: Vec<Encoder<'_>> = table
        .columns
        .iter()
        .zip(&places.features)
        .map(|(column, &index)| Encoder::new(column, index))
        .collect();
    let width = encoding.feature_count();
    let mut features = Array::zeros(DType::Float32, [survey.rows, width])?;
    let mut rows = features.as_mut_slice::<f32>()?.chunks_exact_mut(width.max(1));
    source.each_row(|line, cells| {
        let mut row = rows.next().unwrap_or_default();
        for encoder in &mut encoders {
            let (here, rest) = row.split_at_mut(encoder.width.min(row.len()));
            encoder.encode(line, cells, here);
            row = rest;
        }
        Ok(())
    })?;
    if !options.allow_unseen {
        let unseen = Problems::merge(encoders.iter().map(|encoder| &encoder.unseen));
        let one = "text was not met in its column at learning";
        let many = "texts were not met in their columns at learning";
        if let Some(error) = unseen.error(source, one, many) {
            return Err(
                error.hint("train on data that has them, or allow unseen categories: they become zeros")
            );
        }
    }
    Ok(features)
}

/// The features and targets of every line, not scaled; the encoding of the result says so.
pub(super) fn dataset(
    source: &Source<'_>,
    survey: &Survey,
    places: &Places,
    encoding: &Encoding,
    options: &Options,
) -> Result<Dataset> {
    let index = places.target.ok_or_else(|| Error::invalid("the target column was not looked for"))?;
    check_present(source, survey, places.features.iter().chain([&index]))?;
    let features = features(source, survey, places, encoding, options)?;
    let mut unscaled = Encoding { scaling: None, ..encoding.clone() };
    let targets = match &mut unscaled.target {
        Target::Classes { classes, .. } => labels(source, survey, index, classes)?,
        Target::Values { scaling, .. } => {
            *scaling = None;
            check_numbers(source, survey, &[index], "the target is a number")?;
            let mut values = Vec::with_capacity(survey.rows);
            source.each_row(|_, cells| {
                values.extend(number(cells[index].trim()));
                Ok(())
            })?;
            Array::new([survey.rows, 1], values)?
        }
    };
    Dataset::new(features, targets, unscaled)
}

/// The label of every line, int32 `[lines]`.
fn labels(source: &Source<'_>, survey: &Survey, index: usize, classes: &[String]) -> Result<Array> {
    let label_of: HashMap<&str, i32> = classes.iter().map(String::as_str).zip(0..).collect();
    let mut labels = Vec::with_capacity(survey.rows);
    let mut unseen = Problems::default();
    source.each_row(|line, cells| {
        let cell = cells[index].trim();
        match label_of.get(&*class_name(cell)) {
            Some(&label) => labels.push(label),
            None => unseen.add(line, index + 1, cell),
        }
        Ok(())
    })?;
    let listed = if classes.len() <= 20 { classes.join(", ") } else { format!("{} others", classes.len()) };
    let one = format!("class was not met at learning, where there were {listed}");
    let many = format!("targets are classes that were not met at learning, where there were {listed}");
    match unseen.error(source, &one, &many) {
        Some(error) => Err(error),
        None => Array::new([survey.rows], labels),
    }
}

/// Turns the cells of one column into features.
struct Encoder<'a> {
    index: usize,
    width: usize,
    /// For a column of text, the feature of each category.
    category: Option<HashMap<&'a str, usize>>,
    /// Texts that are none of the categories.
    unseen: Problems,
}

impl<'a> Encoder<'a> {
    fn new(column: &'a Column, index: usize) -> Encoder<'a> {
        let category = column.categories.as_ref();
        let category =
            category.map(|texts| texts.iter().enumerate().map(|(i, text)| (text.as_str(), i)).collect());
        let width = column.categories.as_ref().map_or(1, Vec::len);
        Encoder { index, width, category, unseen: Problems::default() }
    }

    fn encode(&mut self, line: u64, cells: &StringRecord, features: &mut [f32]) {
        let cell = cells[self.index].trim();
        match &self.category {
            None => features.fill(number(cell).unwrap_or_default()),
            Some(category) => match category.get(cell) {
                Some(&place) => features[place] = 1.0,
                None => self.unseen.add(line, self.index + 1, cell),
            },
        }
    }
}
