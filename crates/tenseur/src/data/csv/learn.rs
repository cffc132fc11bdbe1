//! What a training file says of itself: which columns are numbers and which text, their categories, and the classes.

use std::collections::BTreeSet;

use crate::data::csv::columns::find_column;
use crate::data::csv::problems::Problems;
use crate::data::csv::source::Source;
use crate::data::csv::survey::{Facts, FewWholeNumbers, Survey, whole_number};
use crate::data::csv::{Options, Task};
use crate::data::{Column, Encoding, Inputs, Table, Target};
use crate::error::{Error, Result};

/// A column of more different texts than this is a name or a number of each example, not a category.
const MOST_CATEGORIES: usize = 256;

/// The most classes of text.
const MOST_CLASSES: usize = 1000;

/// The encoding that the file asks for.
pub(super) fn learn(source: &Source<'_>, survey: &Survey, options: &Options) -> Result<Encoding> {
    let target = match &options.target {
        Some(wanted) => find_column(source, wanted)?,
        None => source.width() - 1,
    };
    let find_all =
        |wanted: &[String]| wanted.iter().map(|name| find_column(source, name)).collect::<Result<_>>();
    let ignored: BTreeSet<usize> = find_all(&options.ignore)?;
    let text: BTreeSet<usize> = find_all(&options.text)?;
    if ignored.contains(&target) {
        return Err(Error::invalid(format!(
            "{}: {} is the target and cannot be left out",
            source.name,
            source.column_text(target)
        )));
    }
    let used: Vec<usize> = (0..source.width()).filter(|i| *i != target && !ignored.contains(i)).collect();
    if used.is_empty() {
        return Err(Error::invalid(format!(
            "{}: there is no column to learn from besides {}, the target",
            source.name,
            source.column_text(target)
        )));
    }
    check_present(source, survey, used.iter().chain([&target]))?;

    let is_text = |index: usize, facts: &Facts| {
        text.contains(&index) || (facts.texts.count() > 0 && facts.numbers <= facts.texts.count())
    };
    let (text_columns, number_columns): (Vec<usize>, Vec<usize>) =
        used.iter().partition(|&&index| is_text(index, &survey.columns[index]));
    check_numbers(source, survey, &number_columns, "read them as text, or leave their columns out")?;
    let classify = is_classes(source, survey, target, options)?;

    let mut texts = different_texts(source, &text_columns, classify.then_some(target))?;
    let classes = if classify { texts.pop().unwrap_or_default() } else { Vec::new() };
    let mut texts = text_columns.iter().zip(texts);
    let columns = used.iter().map(|&index| Column {
        name: source.names[index].clone(),
        index,
        categories: is_text(index, &survey.columns[index])
            .then(|| texts.next().map(|(_, categories)| categories).unwrap_or_default()),
    });
    let columns = columns.collect();
    let name = source.names[target].clone();
    let target_kind = if classify {
        Target::Classes { name, classes }
    } else {
        Target::Values { names: vec![name], scaling: None }
    };
    let table = Table { columns, target, width: source.width(), header: source.header };
    Ok(Encoding { inputs: Inputs::Table(table), scaling: None, target: target_kind })
}

/// Refuses missing cells in these columns.
pub(super) fn check_present<'a>(
    source: &Source<'_>,
    survey: &Survey,
    columns: impl Iterator<Item = &'a usize>,
) -> Result<()> {
    let missing = Problems::merge(columns.map(|&index| &survey.columns[index].missing));
    match missing.error(source, "value is missing", "values are missing") {
        Some(error) => Err(error.hint("fill them in, take those lines out, or leave their columns out")),
        None => Ok(()),
    }
}

/// Refuses text in these columns.
pub(super) fn check_numbers(
    source: &Source<'_>,
    survey: &Survey,
    columns: &[usize],
    hint: &str,
) -> Result<()> {
    let texts = Problems::merge(columns.iter().map(|&index| &survey.columns[index].texts));
    let one = "value in a column of numbers is not a number that a float32 can hold";
    let many = "values in columns of numbers are not numbers that a float32 can hold";
    match texts.error(source, one, many) {
        Some(error) => Err(error.hint(hint)),
        None => Ok(()),
    }
}

/// Whether the target is classes; else it is a number.
fn is_classes(source: &Source<'_>, survey: &Survey, target: usize, options: &Options) -> Result<bool> {
    let facts = &survey.columns[target];
    match options.task {
        Some(Task::Classify) => Ok(true),
        Some(Task::Regress) => {
            check_numbers(source, survey, &[target], "the target is to be a number in each line")?;
            Ok(false)
        }
        None if facts.texts.count() > 0 => {
            if facts.numbers > facts.texts.count() {
                let hint = "if the target is classes, say so; else correct them or take their lines out";
                check_numbers(source, survey, &[target], hint)?;
            }
            Ok(true)
        }
        None => Ok(match &facts.few_whole_numbers {
            FewWholeNumbers::Only(numbers) => numbers.len() <= 2 || numbers.len() <= survey.rows / 2,
            FewWholeNumbers::No => false,
        }),
    }
}

/// The different texts of each column, sorted, those of the classes last.
fn different_texts(
    source: &Source<'_>,
    columns: &[usize],
    classes: Option<usize>,
) -> Result<Vec<Vec<String>>> {
    let mut sets: Vec<BTreeSet<String>> =
        vec![BTreeSet::new(); columns.len() + usize::from(classes.is_some())];
    if sets.is_empty() {
        return Ok(Vec::new());
    }
    source.each_row(|_, cells| {
        for (place, (set, &index)) in sets.iter_mut().zip(columns.iter().chain(&classes)).enumerate() {
            let is_class = place == columns.len();
            let text = if is_class { class_name(cells[index].trim()) } else { cells[index].trim().into() };
            if !set.contains(&*text) {
                set.insert(text.into_owned());
                check_not_too_many(source, index, set.len(), is_class)?;
            }
        }
        Ok(())
    })?;
    if let Some((classes, index)) = sets.last().zip(classes)
        && classes.len() == 1
    {
        return Err(Error::invalid(format!(
            "{}: {}, the target, is {:?} in every line: there is nothing to tell apart",
            source.name,
            source.column_text(index),
            classes.first().map_or("", String::as_str)
        )));
    }
    Ok(sets.into_iter().map(sorted).collect())
}

fn check_not_too_many(source: &Source<'_>, index: usize, count: usize, is_class: bool) -> Result<()> {
    let place = source.column_text(index);
    if is_class && count > MOST_CLASSES {
        let text = format!("{}: {place}, the target, has more than {MOST_CLASSES} classes", source.name);
        return Err(Error::invalid(text).hint("choose another target column, or tell a number"));
    }
    if !is_class && count > MOST_CATEGORIES {
        let text =
            format!("{}: {place} is text with more than {MOST_CATEGORIES} different ones", source.name);
        return Err(Error::invalid(text).hint("leave the column out: each text would become a feature"));
    }
    Ok(())
}

/// The name of the class that a target cell says: whole numbers in one way (`3.0` is `3`), all else as it is.
pub(super) fn class_name(cell: &str) -> std::borrow::Cow<'_, str> {
    match whole_number(cell) {
        Some(number) => number.to_string().into(),
        None => cell.into(),
    }
}

/// By number if all are whole numbers, else as text.
fn sorted(set: BTreeSet<String>) -> Vec<String> {
    let mut texts: Vec<String> = set.into_iter().collect();
    let numbers: Option<Vec<i64>> = texts.iter().map(|text| whole_number(text)).collect();
    if numbers.is_some() {
        texts.sort_by_key(|text| whole_number(text));
    }
    texts
}
