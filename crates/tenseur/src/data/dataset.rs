//! Examples to learn from: features, targets, and what their numbers stand for.

use crate::data::random::{Random, SPLIT_STREAM};
use crate::data::{Encoding, Scaling, Target};
use crate::error::{Error, Result};
use crate::value::{Array, DType};

/// Examples to learn from, or to judge a model by.
///
/// ```
/// let digits = tenseur::data::digits();
/// assert_eq!(digits.features().shape()[..], [1797, 64]);
/// let (training, held_back) = digits.split(0.2, 7)?;
/// assert_eq!((training.len(), held_back.len()), (1438, 359));
///
/// // What is learned on the training part is applied to both.
/// let scaling = training.standard_scaling()?;
/// let (training, held_back) = (training.scaled(&scaling)?, held_back.scaled(&scaling)?);
/// assert_eq!(training.encoding(), held_back.encoding());
/// # Ok::<(), tenseur::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    features: Array,
    targets: Array,
    encoding: Encoding,
}

impl Dataset {
    /// A dataset of its parts.
    ///
    /// `features` are float32 of shape `[examples, features]`. `targets` are class labels, int32 of shape `[examples]`
    /// and each below the number of classes, or numbers, float32 of shape `[examples, numbers]`, as `encoding.target`
    /// says.
    ///
    /// # Errors
    /// What of this does not hold.
    pub fn new(features: Array, targets: Array, encoding: Encoding) -> Result<Dataset> {
        let examples = match features.shape()[..] {
            [examples, width] if features.dtype() == DType::Float32 && width == encoding.feature_count() => {
                examples
            }
            _ => {
                return Err(Error::invalid(format!(
                    "features are {} {} and should be float32 [examples, {}]",
                    features.dtype(),
                    features.shape(),
                    encoding.feature_count()
                )));
            }
        };
        let (dtype, shape) = match &encoding.target {
            Target::Classes { .. } => (DType::Int32, vec![examples]),
            Target::Values { names, .. } => (DType::Float32, vec![examples, names.len()]),
        };
        if targets.dtype() != dtype || targets.shape()[..] != shape[..] {
            return Err(Error::invalid(format!(
                "targets are {} {} and should be {dtype} {shape:?}: there are {examples} examples",
                targets.dtype(),
                targets.shape()
            )));
        }
        if let Target::Classes { classes, .. } = &encoding.target {
            let labels = targets.as_slice::<i32>()?;
            let fits = |label: i32| usize::try_from(label).is_ok_and(|label| label < classes.len());
            if let Some(place) = labels.iter().position(|&label| !fits(label)) {
                return Err(Error::invalid(format!(
                    "example {} has label {} and there are {} classes, 0 to {}",
                    place + 1,
                    labels[place],
                    classes.len(),
                    classes.len().saturating_sub(1)
                )));
            }
        }
        Ok(Dataset { features, targets, encoding })
    }

    /// How many examples there are.
    pub fn len(&self) -> usize {
        self.features.shape()[0]
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The features, float32 `[examples, features]`.
    pub fn features(&self) -> &Array {
        &self.features
    }

    /// The targets: class labels, int32 `[examples]`, or numbers, float32 `[examples, numbers]`.
    pub fn targets(&self) -> &Array {
        &self.targets
    }

    /// What features and targets stand for.
    pub fn encoding(&self) -> &Encoding {
        &self.encoding
    }

    /// The targets as a network's outputs should be, float32 `[examples, outputs]`: for classes a 1 in the label's
    /// column and 0 elsewhere (one-hot), for numbers the numbers.
    ///
    /// # Errors
    /// When it is too large to hold.
    pub fn target_rows(&self) -> Result<Array> {
        let Target::Classes { classes, .. } = &self.encoding.target else { return Ok(self.targets.clone()) };
        let mut rows = Array::zeros(DType::Float32, [self.len(), classes.len()])?;
        let labels = self.targets.as_slice::<i32>()?;
        for (row, &label) in rows.as_mut_slice::<f32>()?.chunks_exact_mut(classes.len().max(1)).zip(labels) {
            row[label as usize] = 1.0;
        }
        Ok(rows)
    }

    /// The examples numbered `rows`, in that order; one may come several times.
    ///
    /// # Errors
    /// When there is no such example.
    pub fn select(&self, rows: &[usize]) -> Result<Dataset> {
        let features = select_rows(&self.features, rows)?;
        let targets = select_rows(&self.targets, rows)?;
        Ok(Dataset { features, targets, encoding: self.encoding.clone() })
    }

    /// Splits into a training part and a part held back to judge by, of which the share is `held_back`. The examples
    /// are shuffled first; `seed` alone decides how. Each part gets at least one example.
    ///
    /// # Errors
    /// When the share is not between 0 and 1, or there are fewer than two examples.
    pub fn split(&self, held_back: f64, seed: u64) -> Result<(Dataset, Dataset)> {
        if !(held_back > 0.0 && held_back < 1.0) {
            return Err(Error::invalid(format!(
                "{held_back} is not a share to hold back: it must be above 0 and below 1, such as 0.2 for a fifth"
            )));
        }
        if self.len() < 2 {
            return Err(Error::invalid(format!(
                "{} cannot be split into a training part and a held-back part",
                if self.is_empty() { "no examples" } else { "one example" }
            )));
        }
        let mut order: Vec<usize> = (0..self.len()).collect();
        Random::new(seed, SPLIT_STREAM).shuffle(&mut order);
        let held = ((self.len() as f64 * held_back).round() as usize).clamp(1, self.len() - 1);
        let (training, held) = order.split_at(self.len() - held);
        Ok((self.select(training)?, self.select(held)?))
    }

    /// The standardisation of these features: mean 0, standard deviation 1, learned here to be applied here and to
    /// what comes later. The zeros and ones of categories stay.
    ///
    /// # Errors
    /// When there are no examples, or a feature is not finite.
    pub fn standard_scaling(&self) -> Result<Scaling> {
        Ok(Scaling::standard(&self.features)?.except(self.encoding.one_hot_features()))
    }

    /// The scaling of these features to `0 ..= 1`, learned here to be applied here and to what comes later.
    ///
    /// # Errors
    /// When there are no examples, or a feature is not finite.
    pub fn range_scaling(&self) -> Result<Scaling> {
        Ok(Scaling::range(&self.features)?.except(self.encoding.one_hot_features()))
    }

    /// The dataset with its features scaled; the encoding remembers how.
    ///
    /// # Errors
    /// When it is scaled already, or the scaling is for another number of features.
    pub fn scaled(&self, scaling: &Scaling) -> Result<Dataset> {
        if self.encoding.scaling.is_some() {
            return Err(Error::invalid("the features are scaled already"));
        }
        let mut scaled = self.clone();
        scaled.features = scaling.apply(&self.features)?;
        scaled.encoding.scaling = Some(scaling.clone());
        Ok(scaled)
    }

    /// The dataset with its target numbers scaled; the encoding remembers how, and [`Scaling::undo`] turns a
    /// prediction back into the data's units.
    ///
    /// # Errors
    /// When the targets are classes or are scaled already, or the scaling is for another number of columns.
    pub fn with_scaled_targets(&self, scaling: &Scaling) -> Result<Dataset> {
        let mut scaled = self.clone();
        match &mut scaled.encoding.target {
            Target::Classes { .. } => {
                Err(Error::invalid("classes cannot be scaled; only target numbers can"))
            }
            Target::Values { scaling: Some(_), .. } => Err(Error::invalid("the targets are scaled already")),
            Target::Values { scaling: stored, .. } => {
                *stored = Some(scaling.clone());
                scaled.targets = scaling.apply(&self.targets)?;
                Ok(scaled)
            }
        }
    }

    /// This dataset, as it was read, made ready for a model that was trained on data encoded as `encoding`: the same
    /// features and targets, scaled alike. (A table is better read so at once, by [`csv::read_as`]: its categories are
    /// then those of the training.)
    ///
    /// # Errors
    /// When features or targets differ, or are scaled already.
    ///
    /// [`csv::read_as`]: crate::data::csv::read_as
    pub fn encoded_as(&self, encoding: &Encoding) -> Result<Dataset> {
        encoding.check_same(&self.encoding)?;
        let mut ready = self.clone();
        if let Some(scaling) = &encoding.scaling {
            ready = ready.scaled(scaling)?;
        }
        if let Target::Values { scaling: Some(scaling), .. } = &encoding.target {
            ready = ready.with_scaled_targets(scaling)?;
        }
        Ok(ready)
    }
}

/// The rows of `array` (along its first axis) numbered `rows`, in that order.
fn select_rows(array: &Array, rows: &[usize]) -> Result<Array> {
    let shape = rows_shape(array, rows.len())?;
    let mut selected = Array::zeros(array.dtype(), shape)?;
    copy_rows(array, rows, &mut selected)?;
    Ok(selected)
}

/// The shape of `count` rows of `array`.
pub(super) fn rows_shape(array: &Array, count: usize) -> Result<Vec<usize>> {
    match array.shape().split_first() {
        Some((_, row)) => Ok([&[count], row].concat()),
        None => Err(Error::invalid("a scalar has no rows")),
    }
}

/// Copies the rows of `array` numbered `rows` into `into`, which has as many rows of the same shape and type.
pub(super) fn copy_rows(array: &Array, rows: &[usize], into: &mut Array) -> Result<()> {
    let count = array.shape().first().copied().unwrap_or(0);
    if let Some(row) = rows.iter().find(|&&row| row >= count) {
        return Err(Error::invalid(format!("there is no row {row}: the array has {count}, numbered from 0")));
    }
    let source = array.bytes()?;
    let bytes = source.len() / count.max(1);
    if bytes > 0 {
        for (&row, place) in rows.iter().zip(into.bytes_mut()?.chunks_exact_mut(bytes)) {
            place.copy_from_slice(&source[row * bytes..][..bytes]);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array;
    use crate::data::{Column, Inputs, Table};

    fn encoding(target: Target) -> Encoding {
        let column = |name: &str, index, categories| Column { name: name.into(), index, categories };
        let columns =
            vec![column("size", 0, None), column("colour", 1, Some(vec!["green".into(), "red".into()]))];
        let table = Table { columns, target: 2, width: 3, header: true };
        Encoding { inputs: Inputs::Table(table), scaling: None, target }
    }

    fn classes() -> Target {
        Target::Classes { name: "fruit".into(), classes: vec!["apple".into(), "pear".into(), "plum".into()] }
    }

    fn values() -> Target {
        Target::Values { names: vec!["price".into()], scaling: None }
    }

    fn fruit(examples: usize) -> Dataset {
        let features = (0..examples).flat_map(|i| [i as f32, (i % 2) as f32, ((i + 1) % 2) as f32]);
        let features = Array::new([examples, 3], features.collect::<Vec<_>>()).unwrap();
        let labels = Array::new([examples], (0..examples).map(|i| i as i32 % 3).collect::<Vec<_>>()).unwrap();
        Dataset::new(features, labels, encoding(classes())).unwrap()
    }

    #[test]
    fn a_split_keeps_every_example_once_with_its_target() {
        let whole = fruit(10);
        let (training, held) = whole.split(0.25, 3).unwrap();
        assert_eq!((training.len(), held.len()), (7, 3)); // 2.5 is rounded away from 0.
        let mut seen = Vec::new();
        for part in [&training, &held] {
            for (row, label) in part
                .features()
                .as_slice::<f32>()
                .unwrap()
                .chunks(3)
                .zip(part.targets().as_slice::<i32>().unwrap())
            {
                assert_eq!(row[0] as i32 % 3, *label);
                seen.push(row[0] as usize);
            }
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
        assert_eq!(whole.split(0.25, 3).unwrap(), (training.clone(), held));
        assert_ne!(whole.split(0.25, 4).unwrap().0, training);
    }

    #[test]
    fn each_part_of_a_split_gets_an_example() {
        let (training, held) = fruit(2).split(0.01, 0).unwrap();
        assert_eq!((training.len(), held.len()), (1, 1));
        let (training, held) = fruit(2).split(0.99, 0).unwrap();
        assert_eq!((training.len(), held.len()), (1, 1));
        assert_eq!(
            fruit(1).split(0.5, 0).unwrap_err().to_string(),
            "one example cannot be split into a training part and a held-back part"
        );
        for share in [0.0, 1.0, -1.0, f64::NAN] {
            let text = fruit(5).split(share, 0).unwrap_err().to_string();
            assert!(text.starts_with(&format!("{share} is not a share to hold back")), "{text}");
        }
    }

    #[test]
    fn scaling_is_stored_and_leaves_categories() {
        let (training, held) = fruit(20).split(0.2, 1).unwrap();
        let scaling = training.standard_scaling().unwrap();
        assert_eq!(scaling.subtract[1..], [0.0, 0.0]);
        assert_eq!(scaling.divide[1..], [1.0, 1.0]);
        let training = training.scaled(&scaling).unwrap();
        assert_eq!(training.encoding().scaling.as_ref(), Some(&scaling));
        assert_eq!(held.encoded_as(training.encoding()).unwrap(), held.scaled(&scaling).unwrap());
        assert_eq!(training.scaled(&scaling).unwrap_err().to_string(), "the features are scaled already");
        assert_eq!(fruit(3).range_scaling().unwrap().divide, [2.0, 1.0, 1.0]);
    }

    #[test]
    fn target_numbers_can_be_scaled_and_classes_cannot() {
        let features = fruit(4).features().clone();
        let prices = array![[100.0], [200.0], [300.0], [400.0]];
        let priced = Dataset::new(features, prices, encoding(values())).unwrap();
        let scaling = Scaling::range(priced.targets()).unwrap();
        let scaled = priced.with_scaled_targets(&scaling).unwrap();
        assert_eq!(scaled.targets().as_slice::<f32>().unwrap()[3], 1.0);
        assert_eq!(priced.encoded_as(scaled.encoding()).unwrap(), scaled);
        assert_eq!(priced.target_rows().unwrap(), *priced.targets());
        assert_eq!(
            scaled.with_scaled_targets(&scaling).unwrap_err().to_string(),
            "the targets are scaled already"
        );
        assert_eq!(
            fruit(4).with_scaled_targets(&scaling).unwrap_err().to_string(),
            "classes cannot be scaled; only target numbers can"
        );
    }

    #[test]
    fn labels_become_one_hot_rows() {
        let rows = fruit(4).target_rows().unwrap();
        assert_eq!(rows, array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]);
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let refused = |features: Array, targets: Array, target: Target| {
            Dataset::new(features, targets, encoding(target)).unwrap_err().to_string()
        };
        let features = || array![[1.0, 0.0, 1.0], [2.0, 1.0, 0.0]];
        assert_eq!(
            refused(array![[1.0]], array![0], classes()),
            "features are float32 [1, 1] and should be float32 [examples, 3]"
        );
        assert_eq!(
            refused(features(), array![0], classes()),
            "targets are int32 [1] and should be int32 [2]: there are 2 examples"
        );
        assert_eq!(
            refused(features(), array![1.0, 2.0], values()),
            "targets are float32 [2] and should be float32 [2, 1]: there are 2 examples"
        );
        assert_eq!(
            refused(features(), array![2, 3], classes()),
            "example 2 has label 3 and there are 3 classes, 0 to 2"
        );
        assert_eq!(
            refused(features(), array![-1, 0], classes()),
            "example 1 has label -1 and there are 3 classes, 0 to 2"
        );
        assert_eq!(
            fruit(3).select(&[0, 3]).unwrap_err().to_string(),
            "there is no row 3: the array has 3, numbered from 0"
        );
    }

    #[test]
    fn an_empty_dataset_is_one() {
        let empty = fruit(0);
        assert!(empty.is_empty());
        assert_eq!(empty.select(&[]).unwrap(), empty);
        assert!(empty.standard_scaling().is_err());
    }
}
