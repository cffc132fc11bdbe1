//! The lists of records by their keys, gathered into tensors: of any length, as sparse tensors, and of one shape.

use crate::error::{Code, Reason};
use crate::formats::proto::example::{Example, FeatureKind};
use crate::value::{Array, DType, PartialShape, Shape};

/// A list by its key.
pub(super) struct Wanted<'a> {
    pub(super) key: &'a [u8],
    pub(super) dtype: DType,
}

/// Values that grow: those of a list of a type.
pub(super) enum Values {
    Floats(Vec<f32>),
    Integers(Vec<i64>),
    Strings(Vec<Vec<u8>>),
}

impl Values {
    pub(super) fn new(dtype: DType) -> Values {
        match dtype {
            DType::Float32 => Values::Floats(Vec::new()),
            DType::Int64 => Values::Integers(Vec::new()),
            _ => Values::Strings(Vec::new()),
        }
    }

    /// Adds a list; `None` if it is of another type.
    pub(super) fn add(&mut self, list: &FeatureKind) -> Option<usize> {
        match (self, list) {
            (Values::Floats(values), FeatureKind::Floats(list)) => {
                values.extend(&list.value);
                Some(list.value.len())
            }
            (Values::Integers(values), FeatureKind::Integers(list)) => {
                values.extend(&list.value);
                Some(list.value.len())
            }
            (Values::Strings(values), FeatureKind::Bytes(list)) => {
                values.extend(list.value.iter().cloned());
                Some(list.value.len())
            }
            _ => None,
        }
    }

    /// Adds an array's elements, over and over until there are `count` more.
    fn fill(&mut self, from: &Array, count: usize) -> Result<(), Reason> {
        self.reserve(count)?;
        match self {
            Values::Floats(values) => values.extend(from.as_slice::<f32>()?.iter().cycle().take(count)),
            Values::Integers(values) => values.extend(from.as_slice::<i64>()?.iter().cycle().take(count)),
            Values::Strings(values) => values.extend(from.as_strings()?.iter().cloned().cycle().take(count)),
        }
        Ok(())
    }

    /// Makes room for so many more.
    ///
    /// # Errors
    /// When there is no memory for them.
    fn reserve(&mut self, count: usize) -> Result<(), Reason> {
        let reserved = match self {
            Values::Floats(values) => values.try_reserve(count),
            Values::Integers(values) => values.try_reserve(count),
            Values::Strings(values) => values.try_reserve(count),
        };
        reserved.map_err(|_| {
            Reason::new(Code::ResourceExhausted, format!("there is no memory for {count} more values"))
        })
    }

    /// Adds all of the other, which are of the same type.
    pub(super) fn append(&mut self, other: Values) {
        match (self, other) {
            (Values::Floats(values), Values::Floats(more)) => values.extend(more),
            (Values::Integers(values), Values::Integers(more)) => values.extend(more),
            (Values::Strings(values), Values::Strings(more)) => values.extend(more),
            _ => {}
        }
    }

    /// Adds so many zeros or empty strings.
    ///
    /// # Errors
    /// When there is no memory for them.
    pub(super) fn pad(&mut self, count: usize) -> Result<(), Reason> {
        self.reserve(count)?;
        match self {
            Values::Floats(values) => values.resize(values.len() + count, 0.0),
            Values::Integers(values) => values.resize(values.len() + count, 0),
            Values::Strings(values) => values.resize(values.len() + count, Vec::new()),
        }
        Ok(())
    }

    pub(super) fn array(self, shape: impl Into<Shape>) -> Result<Array, Reason> {
        Ok(match self {
            Values::Floats(values) => Array::new(shape, values)?,
            Values::Integers(values) => Array::new(shape, values)?,
            Values::Strings(values) => Array::strings(shape, values)?,
        })
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Values::Floats(values) => values.len(),
            Values::Integers(values) => values.len(),
            Values::Strings(values) => values.len(),
        }
    }
}

/// A record's list, if it is there.
fn list<'a>(record: &'a Example, key: &[u8]) -> Option<&'a FeatureKind> {
    let key = std::str::from_utf8(key).ok()?;
    record.features.as_ref()?.feature.get(key)?.kind.as_ref()
}

fn wrong_type(number: usize, wanted: &Wanted<'_>) -> Reason {
    let key = String::from_utf8_lossy(wanted.key);
    format!("record {number} has another type than {} under \"{key}\"", wanted.dtype).into()
}

/// All values of a list with any length, and how many each record has.
pub(super) fn any_length(records: &[Example], wanted: &Wanted<'_>) -> Result<(Values, Vec<usize>), Reason> {
    let (mut values, mut lengths) = (Values::new(wanted.dtype), Vec::with_capacity(records.len()));
    for (number, record) in records.iter().enumerate() {
        lengths.push(match list(record, wanted.key) {
            Some(list) => values.add(list).ok_or_else(|| wrong_type(number, wanted))?,
            None => 0,
        });
    }
    Ok((values, lengths))
}

/// Indices, values and shape of a sparse list; one record has no axis of records.
pub(super) fn sparse(records: &[Example], wanted: &Wanted<'_>, batch: bool) -> Result<[Array; 3], Reason> {
    let (values, lengths) = any_length(records, wanted)?;
    let mut indices: Vec<i64> = Vec::new();
    for (record, &length) in lengths.iter().enumerate() {
        for place in 0..length as i64 {
            if batch {
                indices.push(record as i64);
            }
            indices.push(place);
        }
    }
    let (count, longest) = (values.len(), lengths.iter().copied().max().unwrap_or(0) as i64);
    let shape = if batch { vec![records.len() as i64, longest] } else { vec![longest] };
    Ok([
        Array::new([count, shape.len()], indices)?,
        values.array([count])?,
        Array::new([shape.len()], shape)?,
    ])
}

/// A dense list of all records; one record has no axis of records.
pub(super) fn dense(
    records: &[Example],
    wanted: &Wanted<'_>,
    shape: &PartialShape,
    default: &Array,
    batch: bool,
) -> Result<Array, Reason> {
    let key = String::from_utf8_lossy(wanted.key);
    let sizes = shape.sizes().ok_or("the shape of a dense list is not known")?;
    // One size that is not known, the first, is that of the longest.
    let (open, rest) = match sizes {
        [None, rest @ ..] => (true, rest),
        all => (false, all),
    };
    let rest: Vec<usize> = rest
        .iter()
        .map(|size| size.ok_or("the shape of a dense list is not known"))
        .collect::<Result<_, _>>()?;
    let stride = Shape::from(&rest[..]).checked_elements().ok_or("the shape of a dense list is too large")?;
    let mut rows = 1;
    if open {
        rows = 0;
        for list in records.iter().filter_map(|record| list(record, wanted.key)) {
            let values = list.count();
            if stride == 0 || values % stride != 0 {
                return Err(format!("{values} values under \"{key}\" do not make rows of {stride}").into());
            }
            rows = rows.max(values / stride);
        }
    }
    let each = rows * stride;
    let mut values = Values::new(wanted.dtype);
    for (number, record) in records.iter().enumerate() {
        match list(record, wanted.key) {
            Some(list) => {
                let found = list.count();
                values.add(list).ok_or_else(|| wrong_type(number, wanted))?;
                if open && found < each {
                    if default.len() != 1 {
                        return Err(
                            format!("the default of \"{key}\", which fills up, should be one value").into()
                        );
                    }
                    values.fill(default, each - found)?;
                } else if found != each {
                    let text =
                        format!("record {number} has {found} values under \"{key}\" and should have {each}");
                    return Err(text.into());
                }
            }
            None if open && default.len() == 1 => values.fill(default, each)?,
            None if !open && default.len() == each && !default.is_empty() => values.fill(default, each)?,
            None if each == 0 => {}
            None if default.is_empty() => {
                return Err(format!("\"{key}\" is required, and missing in record {number}").into());
            }
            None => {
                let shape = default.shape();
                return Err(format!("the default of \"{key}\" has shape {shape} and does not fit").into());
            }
        }
    }
    let mut all = if batch { vec![records.len()] } else { Vec::new() };
    all.extend(open.then_some(rows));
    all.extend(rest);
    values.array(all)
}
