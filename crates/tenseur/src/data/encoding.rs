//! What the numbers of a dataset stand for: enough to turn new examples into the inputs of a trained model, and its
//! outputs back into classes or units.

use serde::{Deserialize, Serialize};

use crate::data::Scaling;
use crate::error::{Error, Result};

/// What features and targets stand for. It is stored beside a model (all of it is plain text and numbers) and applied
/// to whatever the model meets later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Encoding {
    /// Where features come from.
    pub inputs: Inputs,
    /// How features were scaled, if they were.
    pub scaling: Option<Scaling>,
    /// What is to be told.
    pub target: Target,
}

/// Where features come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inputs {
    /// Grey images, row by row from the top: `height · width` features, 0 (background) to 1 (ink).
    Image {
        /// Rows of pixels.
        height: usize,
        /// Pixels in a row.
        width: usize,
    },
    /// Columns of a table.
    Table(Table),
}

/// Columns of a table and where they stood in its file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// The columns that features are made of, in order.
    pub columns: Vec<Column>,
    /// Which of the file's columns, counted from 0, is the target.
    pub target: usize,
    /// How many columns the file has.
    pub width: usize,
    /// Whether its first line names them.
    pub header: bool,
}

/// One column of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Its name: from the header, or `column 3`.
    pub name: String,
    /// Which of the file's columns it is, counted from 0.
    pub index: usize,
    /// For a column of text, the texts met at learning, sorted. Each becomes one feature, 1 where the cell is that text
    /// and 0 elsewhere (one-hot). `None` for a column of numbers, which is one feature.
    pub categories: Option<Vec<String>>,
}

/// What is to be told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// One of several classes.
    Classes {
        /// What the classes are classes of: the target column's name, or `digit`.
        name: String,
        /// The classes' names; label `i` is the `i`-th.
        classes: Vec<String>,
    },
    /// Numbers (regression).
    Values {
        /// The name of each number.
        names: Vec<String>,
        /// How they were scaled, if they were.
        scaling: Option<Scaling>,
    },
}

impl Encoding {
    /// The number of features of one example. (An image too large to count has `usize::MAX`.)
    pub fn feature_count(&self) -> usize {
        match &self.inputs {
            Inputs::Image { height, width } => height.saturating_mul(*width),
            Inputs::Table(table) => table.columns.iter().map(Column::feature_count).sum(),
        }
    }

    /// The name of each feature: `age`, `colour=red` for a category, `pixel 0,7` for row 0 and column 7 of an image.
    pub fn feature_names(&self) -> Vec<String> {
        match &self.inputs {
            Inputs::Image { height, width } => {
                (0..*height).flat_map(|row| (0..*width).map(move |x| format!("pixel {row},{x}"))).collect()
            }
            Inputs::Table(table) => table.columns.iter().flat_map(Column::feature_names).collect(),
        }
    }

    /// The classes' names; none if numbers are to be told.
    pub fn classes(&self) -> &[String] {
        match &self.target {
            Target::Classes { classes, .. } => classes,
            Target::Values { .. } => &[],
        }
    }

    /// How many outputs a model for this needs: one for each class, or for each number.
    pub fn output_count(&self) -> usize {
        match &self.target {
            Target::Classes { classes, .. } => classes.len(),
            Target::Values { names, .. } => names.len(),
        }
    }

    /// The features that are categories' zeros and ones, which no scaling touches.
    pub(super) fn one_hot_features(&self) -> Vec<usize> {
        let Inputs::Table(table) = &self.inputs else { return Vec::new() };
        let mut one_hot = Vec::new();
        let mut next = 0;
        for column in &table.columns {
            let end = next + column.feature_count();
            if column.categories.is_some() {
                one_hot.extend(next..end);
            }
            next = end;
        }
        one_hot
    }

    /// Whether examples encoded as `other` can be given to a model made for `self`: the same features and targets,
    /// scaling aside.
    ///
    /// # Errors
    /// What differs.
    pub fn check_same(&self, other: &Encoding) -> Result<()> {
        match (&self.inputs, &other.inputs) {
            (Inputs::Image { height, width }, Inputs::Image { height: other_height, width: other_width })
                if (height, width) != (other_height, other_width) =>
            {
                return Err(Error::invalid(format!(
                    "the model was trained on images of {height}×{width} pixels and these have \
                     {other_height}×{other_width}"
                )));
            }
            (Inputs::Image { .. }, Inputs::Table(_)) => {
                return Err(Error::invalid("the model was trained on images and this is a table"));
            }
            (Inputs::Table(_), Inputs::Image { .. }) => {
                return Err(Error::invalid("the model was trained on a table and these are images"));
            }
            _ => {}
        }
        let (trained, given) = (self.feature_names(), other.feature_names());
        if trained != given {
            return Err(differ("features", &trained, &given));
        }
        match (&self.target, &other.target) {
            (Target::Classes { classes, .. }, Target::Classes { classes: given, .. }) if classes != given => {
                Err(differ("classes", classes, given))
            }
            (Target::Values { names, .. }, Target::Values { names: given, .. }) if names != given => {
                Err(differ("targets", names, given))
            }
            (Target::Classes { .. }, Target::Values { .. }) => {
                Err(Error::invalid("the model was trained to tell classes and these targets are numbers"))
            }
            (Target::Values { .. }, Target::Classes { .. }) => {
                Err(Error::invalid("the model was trained to tell numbers and these targets are classes"))
            }
            _ => Ok(()),
        }
    }
}

impl Column {
    fn feature_count(&self) -> usize {
        self.categories.as_ref().map_or(1, Vec::len)
    }

    fn feature_names(&self) -> Vec<String> {
        match &self.categories {
            None => vec![self.name.clone()],
            Some(categories) => categories.iter().map(|text| format!("{}={text}", self.name)).collect(),
        }
    }
}

/// The error for two lists of names that should be the same.
fn differ(what: &str, trained: &[String], given: &[String]) -> Error {
    let first = trained.iter().zip(given).position(|(a, b)| a != b);
    let place = first.unwrap_or(trained.len().min(given.len()));
    let name =
        |names: &[String]| names.get(place).map_or("missing".to_string(), |name| format!("\"{name}\""));
    Error::invalid(format!(
        "the {what} are not those the model was trained on: it had {} and there are {}; number {} was {} and is {}",
        trained.len(),
        given.len(),
        place + 1,
        name(trained),
        name(given)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, index: usize, categories: Option<&[&str]>) -> Column {
        let categories = categories.map(|texts| texts.iter().map(|text| text.to_string()).collect());
        Column { name: name.into(), index, categories }
    }

    fn fruit() -> Encoding {
        let columns = vec![
            column("weight", 0, None),
            column("colour", 1, Some(&["green", "red"])),
            column("width", 2, None),
        ];
        Encoding {
            inputs: Inputs::Table(Table { columns, target: 3, width: 4, header: true }),
            scaling: Some(Scaling { subtract: vec![1.5, 0.0, 0.0, 0.1], divide: vec![2.0, 1.0, 1.0, 0.3] }),
            target: Target::Classes { name: "fruit".into(), classes: vec!["apple".into(), "pear".into()] },
        }
    }

    fn image(height: usize, width: usize) -> Encoding {
        let target = Target::Values { names: vec!["age".into()], scaling: None };
        Encoding { inputs: Inputs::Image { height, width }, scaling: None, target }
    }

    #[test]
    fn features_are_named_and_counted() {
        assert_eq!(fruit().feature_names(), ["weight", "colour=green", "colour=red", "width"]);
        assert_eq!((fruit().feature_count(), fruit().output_count()), (4, 2));
        assert_eq!(fruit().one_hot_features(), [1, 2]);
        assert_eq!(image(1, 2).feature_names(), ["pixel 0,0", "pixel 0,1"]);
        assert_eq!((image(8, 8).feature_count(), image(8, 8).output_count()), (64, 1));
    }

    #[test]
    fn json_keeps_everything() {
        for encoding in [fruit(), image(28, 28)] {
            let json = serde_json::to_string(&encoding).unwrap();
            assert_eq!(serde_json::from_str::<Encoding>(&json).unwrap(), encoding);
        }
        assert_eq!(
            serde_json::to_string(&image(1, 2)).unwrap(),
            r#"{"inputs":{"image":{"height":1,"width":2}},"scaling":null,"target":{"values":{"names":["age"],"scaling":null}}}"#
        );
    }

    #[test]
    fn differences_are_told() {
        let differs = |a: &Encoding, b: &Encoding| a.check_same(b).unwrap_err().to_string();
        assert!(fruit().check_same(&Encoding { scaling: None, ..fruit() }).is_ok());
        assert_eq!(
            differs(&image(28, 28), &image(8, 8)),
            "the model was trained on images of 28×28 pixels and these have 8×8"
        );
        assert_eq!(differs(&image(2, 2), &fruit()), "the model was trained on images and this is a table");
        assert_eq!(differs(&fruit(), &image(2, 2)), "the model was trained on a table and these are images");
        let mut other = fruit();
        other.target = Target::Classes { name: "fruit".into(), classes: vec!["apple".into()] };
        assert_eq!(
            differs(&fruit(), &other),
            "the classes are not those the model was trained on: it had 2 and there are 1; number 2 was \"pear\" \
             and is missing"
        );
        other.target = image(1, 1).target;
        assert_eq!(
            differs(&fruit(), &other),
            "the model was trained to tell classes and these targets are numbers"
        );
        assert_eq!(
            differs(&other, &fruit()),
            "the model was trained to tell numbers and these targets are classes"
        );
        let Inputs::Table(table) = &mut other.inputs else { panic!("fruit is a table") };
        table.columns[0].name = "mass".into();
        assert_eq!(
            differs(&fruit(), &other),
            "the features are not those the model was trained on: it had 4 and there are 4; number 1 was \
             \"weight\" and is \"mass\""
        );
    }
}
