//! The points: the toy set that the settings name, or the user's own, split into training and test set.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tenseur::data::{LabelledPoint, Point, Target, Toy, ToyClasses, csv};
use tenseur::{Array, Error, Result};

use crate::config::{
    Config, Dataset, Loss, MulticlassDataset, MultilabelDataset, Problem, RegressionDataset,
};

/// The map's domain is [−6, 6]².
pub const DOMAIN: f64 = 6.0;

/// The most points of the user's own.
const MOST_OWN: usize = 5000;

/// A point, and what is to be told of it: −1 or 1; a number; the class's number; or 0 or 1 for each label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// From left to right, x1.
    pub x: f32,
    /// From bottom to top, x2.
    pub y: f32,
    /// What is to be told.
    pub target: Vec<f32>,
}

/// Points of the user's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Own {
    /// In the order of the file.
    pub examples: Vec<Example>,
    /// What the classes are called; none for numbers.
    pub classes: Vec<String>,
}

/// The points of each set, by its name; the last number is the label, the number or the class.
pub(crate) type Thumbnails = BTreeMap<&'static str, Vec<[f32; 3]>>;

/// The points that there are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Data {
    /// To learn from.
    pub(crate) training: Vec<Example>,
    /// Held back.
    pub(crate) test: Vec<Example>,
    /// What each output stands for.
    pub(crate) outputs: Vec<String>,
}

impl Data {
    /// The points of these settings.
    ///
    /// # Errors
    /// When they are the user's own, and there are none, or none that fit the problem.
    pub(crate) fn of(config: &Config, own: Option<&Own>) -> Result<Data> {
        let (noise, seed) = (config.noise as f64 / 100.0, config.seed_number());
        let toy = |toy: Toy| -> Result<Vec<Example>> {
            Ok(toy.points(toy.usual_points(), noise, seed)?.iter().map(Example::from).collect())
        };
        let classes = |set: ToyClasses| -> Result<Vec<Example>> {
            let points = set.points(config.classes, 500, noise, seed)?;
            let one = config.problem == Problem::Multiclass;
            Ok(points.iter().map(|point| Example::of_classes(point, one)).collect())
        };
        let mut examples = match config.problem {
            Problem::Classification => match config.dataset {
                Dataset::Circle => toy(Toy::Circle)?,
                Dataset::Xor => toy(Toy::Xor)?,
                Dataset::Gauss => toy(Toy::Gauss)?,
                Dataset::Spiral => toy(Toy::Spiral)?,
                Dataset::Own => of_own(own, config.problem)?,
            },
            Problem::Regression => match config.reg_dataset {
                RegressionDataset::Plane => toy(Toy::Plane)?,
                RegressionDataset::Gauss => toy(Toy::MultiGauss)?,
                RegressionDataset::Own => of_own(own, config.problem)?,
            },
            Problem::Multiclass => match config.multi_dataset {
                MulticlassDataset::Clusters => classes(ToyClasses::Clusters)?,
                MulticlassDataset::Rings => classes(ToyClasses::Rings)?,
                MulticlassDataset::Arms => classes(ToyClasses::Arms)?,
                MulticlassDataset::Own => of_own(own, config.problem)?,
            },
            Problem::Multilabel => match config.label_dataset {
                MultilabelDataset::Discs => classes(ToyClasses::Discs)?,
            },
        };
        let training = (examples.len() * config.perc_train_data / 100).clamp(1, examples.len());
        let test = examples.split_off(training);
        let outputs = match config.problem {
            Problem::Classification if config.loss == Loss::SoftmaxCrossEntropy => {
                vec!["-1".to_string(), "1".to_string()]
            }
            Problem::Classification | Problem::Regression => vec!["label".to_string()],
            Problem::Multiclass => match own.filter(|_| config.multi_dataset == MulticlassDataset::Own) {
                Some(own) => own.classes.clone(),
                None => (0..config.classes).map(|class| class.to_string()).collect(),
            },
            Problem::Multilabel => (0..config.classes).map(|label| label.to_string()).collect(),
        };
        Ok(Data { training: examples, test, outputs })
    }

    /// 200 points of each set that the problem has, without noise, as the page draws them beside each other.
    ///
    /// # Errors
    /// None that is known.
    pub(crate) fn thumbnails(config: &Config) -> Result<Thumbnails> {
        let mut sets = Thumbnails::new();
        let names: &[&str] = match config.problem {
            Problem::Classification => Dataset::NAMES,
            Problem::Regression => RegressionDataset::NAMES,
            Problem::Multiclass => MulticlassDataset::NAMES,
            Problem::Multilabel => MultilabelDataset::NAMES,
        };
        for name in names.iter().filter(|name| **name != "own") {
            let seed = config.seed_number();
            let points = match name.parse::<Toy>() {
                Ok(toy) => {
                    let points = toy.points(200, 0.0, seed)?;
                    points.iter().map(|point| [point.x as f32, point.y as f32, point.label as f32]).collect()
                }
                Err(_) => {
                    let set = match *name {
                        "clusters" => ToyClasses::Clusters,
                        "rings" => ToyClasses::Rings,
                        "arms" => ToyClasses::Arms,
                        _ => ToyClasses::Discs,
                    };
                    let points = set.points(config.classes, 200, 0.0, seed)?;
                    let class = |point: &LabelledPoint| {
                        point.labels.iter().position(|label| *label).map_or(-1.0, |class| class as f32)
                    };
                    points.iter().map(|point| [point.x as f32, point.y as f32, class(point)]).collect()
                }
            };
            sets.insert(name, points);
        }
        Ok(sets)
    }
}

impl From<&Point> for Example {
    fn from(point: &Point) -> Example {
        Example { x: point.x as f32, y: point.y as f32, target: vec![point.label as f32] }
    }
}

impl Example {
    /// With the number of its class, or with 0 or 1 for each label.
    fn of_classes(point: &LabelledPoint, one: bool) -> Example {
        let target = match one {
            true => vec![point.labels.iter().position(|label| *label).unwrap_or(0) as f32],
            false => point.labels.iter().map(|label| f32::from(u8::from(*label))).collect(),
        };
        Example { x: point.x as f32, y: point.y as f32, target }
    }
}

/// The user's points, if they fit the problem.
fn of_own(own: Option<&Own>, problem: Problem) -> Result<Vec<Example>> {
    let Some(own) = own else {
        return Err(Error::invalid("there are no points of your own yet: paste a table, or draw some"));
    };
    let fits = match problem {
        Problem::Classification => own.classes.len() == 2,
        Problem::Multiclass => own.classes.len() >= 2,
        Problem::Regression => own.classes.is_empty(),
        Problem::Multilabel => false,
    };
    if !fits {
        let what = match own.classes.len() {
            0 => "numbers to tell".to_string(),
            count => format!("{count} classes"),
        };
        return Err(Error::invalid(format!("your points have {what}, which is no {}", problem.name())));
    }
    let mut examples = own.examples.clone();
    if problem == Problem::Classification {
        examples.iter_mut().for_each(|example| example.target[0] = example.target[0] * 2.0 - 1.0);
    }
    Ok(examples)
}

impl Own {
    /// The points of a table: two columns of numbers, then the class or the number to tell. Points that lie beyond the
    /// map are moved to fit, each column by itself.
    ///
    /// # Errors
    /// What the table's reader finds wrong with it; other columns than those; more than 5000 points or 6 classes.
    pub fn from_csv(text: &str) -> Result<Own> {
        let set = csv::parse(text.as_bytes(), &"the table", &csv::Options::default())?;
        let [rows, columns] = set.features().shape()[..] else {
            return Err(Error::invalid("the table has no columns to learn from"));
        };
        if columns != 2 {
            return Err(Error::invalid(format!(
                "the table has {columns} columns to learn from, and must have 2, both numbers, before the last"
            )));
        }
        let features = set.features().as_slice::<f32>()?;
        let (targets, classes): (Vec<f32>, Vec<String>) = match &set.encoding().target {
            Target::Classes { classes, .. } => (
                set.targets().as_slice::<i32>()?.iter().map(|class| *class as f32).collect(),
                classes.clone(),
            ),
            Target::Values { .. } => (set.targets().as_slice::<f32>()?.to_vec(), Vec::new()),
        };
        let points = features.chunks_exact(2).zip(targets).map(|(at, target)| [at[0], at[1], target]);
        debug_assert_eq!(points.len(), rows);
        Own::new(points.collect(), classes)
    }

    /// Points as they were drawn, the last number of each its class: −1 or 1, or 0, 1, 2, …; or a number to tell.
    ///
    /// # Errors
    /// When there are fewer than 2 points or too many, or classes or numbers that make no sense.
    pub fn drawn(points: &[[f32; 3]], problem: Problem) -> Result<Own> {
        let classes = match problem {
            Problem::Classification => vec!["-1".to_string(), "1".to_string()],
            Problem::Regression => Vec::new(),
            Problem::Multiclass | Problem::Multilabel => {
                let most = points.iter().map(|point| point[2]).fold(1.0, f32::max);
                (0..=most.min(5.0) as usize).map(|class| class.to_string()).collect()
            }
        };
        let number = |target: f32| match problem {
            Problem::Classification => f32::from(u8::from(target > 0.0)),
            _ => target,
        };
        Own::new(points.iter().map(|[x, y, target]| [*x, *y, number(*target)]).collect(), classes)
    }

    /// The same, if a file that holds it was not damaged.
    pub(crate) fn checked(self) -> Result<Own> {
        let point = |example: &Example| match example.target[..] {
            [target] => Ok([example.x, example.y, target]),
            _ => Err(Error::invalid("a point has no target, or several")),
        };
        let points = self.examples.iter().map(point).collect::<Result<Vec<_>>>()?;
        Own::new(points, self.classes.clone())?;
        Ok(self)
    }

    fn new(mut points: Vec<[f32; 3]>, classes: Vec<String>) -> Result<Own> {
        if !(2..=MOST_OWN).contains(&points.len()) {
            let count = points.len();
            return Err(Error::invalid(format!("there are {count} points, and must be 2 to {MOST_OWN}")));
        }
        if classes.len() > 6 {
            return Err(Error::invalid(format!("there are {} classes, and may be 6", classes.len())));
        }
        let is_class =
            |number: f32| number >= 0.0 && number.fract() == 0.0 && (number as usize) < classes.len();
        for [x, y, target] in &points {
            let finite = x.is_finite() && y.is_finite() && target.is_finite();
            if !finite || (!classes.is_empty() && !is_class(*target)) {
                return Err(Error::invalid(format!(
                    "({x}, {y}) with {target} is no point with a class or a number"
                )));
            }
        }
        for axis in 0..2 {
            let low = points.iter().map(|point| point[axis]).fold(f32::INFINITY, f32::min);
            let high = points.iter().map(|point| point[axis]).fold(f32::NEG_INFINITY, f32::max);
            if low < -DOMAIN as f32 || high > DOMAIN as f32 {
                let half = ((high - low) / 2.0).max(f32::MIN_POSITIVE);
                let middle = low + half;
                points.iter_mut().for_each(|point| point[axis] = (point[axis] - middle) / half * 5.0);
            }
        }
        // Tables are often sorted by class; the first part is what is learned from.
        let examples = mixed(points.len()).into_iter().map(|row| {
            let [x, y, target] = points[row];
            Example { x, y, target: vec![target] }
        });
        Ok(Own { examples: examples.collect(), classes })
    }
}

/// The numbers below `count` in an order that mixes them, always the same.
fn mixed(count: usize) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..count).collect();
    // Fractional parts of multiples of the golden ratio are spread evenly.
    rows.sort_by_key(|row| (*row as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    rows
}

/// Points as what is fed, `[n, 2]`.
pub(crate) fn points(examples: &[Example]) -> Result<Array> {
    let numbers: Vec<f32> = examples.iter().flat_map(|example| [example.x, example.y]).collect();
    Array::new([examples.len(), 2], numbers)
}

/// Targets as what is fed, `[n, outputs]`: what the loss compares the outputs with.
pub(crate) fn labels(examples: &[Example], config: &Config, outputs: usize) -> Result<Array> {
    let row = |example: &Example| -> Vec<f32> {
        let target = example.target[0];
        match (config.problem, config.loss) {
            (Problem::Classification, Loss::SquaredError) | (Problem::Regression, _) => vec![target],
            (Problem::Classification, Loss::CrossEntropy) => vec![f32::from(u8::from(target > 0.0))],
            (Problem::Classification, Loss::SoftmaxCrossEntropy) => {
                one_hot(usize::from(target > 0.0), outputs)
            }
            (Problem::Multiclass, _) => one_hot(target as usize, outputs),
            (Problem::Multilabel, _) => example.target.clone(),
        }
    };
    let numbers: Vec<f32> = examples.iter().flat_map(row).collect();
    Array::new([examples.len(), outputs], numbers)
}

fn one_hot(class: usize, classes: usize) -> Vec<f32> {
    (0..classes).map(|other| f32::from(u8::from(other == class))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_ratio_or_noise_keeps_the_points() {
        let config = Config::default();
        let places = |config: &Config| {
            let data = Data::of(config, None).unwrap();
            let all = data.training.iter().chain(&data.test);
            (data.training.len(), all.map(|example| (example.x, example.y)).collect::<Vec<_>>())
        };
        let (training, points) = places(&config);
        assert_eq!((training, points.len()), (250, 500));
        assert_eq!(places(&Config { perc_train_data: 90, ..config.clone() }), (450, points.clone()));
        assert_eq!(places(&Config { noise: 50, ..config.clone() }), (250, points.clone()));
        assert_ne!(places(&Config { seed: "other".to_string(), ..config }).1, points);
    }

    #[test]
    fn tables_become_points_within_the_map() {
        let text = "width,height,kind\n10,1,a\n20,2,b\n30,1.5,a\n15,1,b\n";
        let own = Own::from_csv(text).unwrap();
        assert_eq!(own.classes, ["a", "b"]);
        let mut xs: Vec<f32> = own.examples.iter().map(|example| example.x).collect();
        xs.sort_by(f32::total_cmp);
        assert_eq!(xs, [-5.0, -2.5, 0.0, 5.0]);
        assert!(own.examples.iter().any(|example| example.y == 1.5));
        assert_eq!(Own::from_csv("1,2,3.5\n2,2,1.5\n3,4,-2.25").unwrap().classes, Vec::<String>::new());
        let message = |text: &str| Own::from_csv(text).unwrap_err().to_string();
        assert!(message("1,2\n2,3").contains("1 columns to learn from"), "{}", message("1,2\n2,3"));
        assert!(message("").contains("the table"), "{}", message(""));
    }

    #[test]
    fn own_points_must_fit_the_problem() {
        let own = Own::drawn(&[[0.0, 1.0, -1.0], [2.0, 3.0, 1.0]], Problem::Classification).unwrap();
        let config = Config { dataset: Dataset::Own, ..Config::default() };
        let data = Data::of(&config, Some(&own)).unwrap();
        assert_eq!((data.training.len(), data.test.len()), (1, 1));
        assert_eq!(data.training[0].target[0].abs(), 1.0);
        let config = Config { problem: Problem::Regression, reg_dataset: RegressionDataset::Own, ..config };
        let said = Data::of(&config, Some(&own)).unwrap_err().to_string();
        assert!(said.contains("your points have 2 classes, which is no regression"), "{said}");
        assert!(Own::drawn(&[[0.0, f32::NAN, 1.0]; 2], Problem::Classification).is_err());
    }
}
