//! Toy sets of several classes: points in the plane `[−6, 6]²`, in the manner of [`Toy`](crate::data::Toy)'s two.
//!
//! With k classes, j from 0 to k − 1, and the letters of [`Toy`](crate::data::Toy):
//!
//! | set | points and labels |
//! |---|---|
//! | clusters | class j from N((3.2·sin 2πj/k, 3.2·cos 2πj/k), 0.3 + 4ν) |
//! | rings | r = 5·U(j + 0.15, j + 0.85)/k, θ = U(0, 2π); the class is the ring that the *moved* point is in |
//! | arms | the i-th of m of class j: r = 5·i/m, t = 2π·(3.5/k·i/m + j/k); each coordinate moved by U(−1, 1)·ν |
//! | discs | x, y = U(−6, 6); label j says whether the *moved* point is within 3 of (2.2·sin 2πj/k, 2.2·cos 2πj/k) |
//!
//! Discs overlap: a point has any number of labels. Of the others it has one.

use std::f64::consts::PI;

use libm::{cos, sin};

use crate::data::random::{Random, TOY_STREAM};
use crate::data::toy::{moved, normal};
use crate::error::{Error, Result};

/// The classes that a set may have.
const CLASSES: std::ops::RangeInclusive<usize> = 2..=6;

/// A toy set of several classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ToyClasses {
    /// A round cloud for each class.
    Clusters,
    /// Rings around each other.
    Rings,
    /// Arms of a spiral.
    Arms,
    /// Discs that overlap: several labels for a point, or none.
    Discs,
}

/// A point of a toy set of several classes.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledPoint {
    /// From left to right.
    pub x: f64,
    /// From bottom to top.
    pub y: f64,
    /// For each class, whether the point belongs to it.
    pub labels: Vec<bool>,
}

impl ToyClasses {
    /// All sets.
    pub const ALL: [ToyClasses; 4] =
        [ToyClasses::Clusters, ToyClasses::Rings, ToyClasses::Arms, ToyClasses::Discs];

    /// `count` points of 2 to 6 classes, shuffled, as many of each class as of the others (of discs, as it comes);
    /// `noise` is a share, 0 to 1. The seed decides all of it, to the last bit and on every machine.
    ///
    /// ```
    /// use tenseur::data::ToyClasses;
    /// let points = ToyClasses::Rings.points(3, 300, 0.0, 7)?;
    /// assert_eq!(points.iter().filter(|point| point.labels == [false, false, true]).count(), 100);
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there are not 2 to 6 classes, there is not a point for each, or the noise is not between 0 and 1.
    pub fn points(self, classes: usize, count: usize, noise: f64, seed: u64) -> Result<Vec<LabelledPoint>> {
        if !CLASSES.contains(&classes) {
            return Err(Error::invalid(format!("there are {classes} classes and must be 2 to 6")));
        }
        if !(classes..=10_000_000).contains(&count) {
            return Err(Error::invalid(format!(
                "the number of points is {count} and must be between {classes} and 10000000"
            )));
        }
        if !(0.0..=1.0).contains(&noise) {
            return Err(Error::invalid(format!("the noise is {noise} and must be between 0 and 1")));
        }
        let mut random = Random::new(seed, TOY_STREAM);
        let mut points: Vec<LabelledPoint> = (0..classes)
            .flat_map(|class| {
                let of_class = (count + classes - 1 - class) / classes;
                (0..of_class).map(move |index| (class, index as f64 / of_class as f64))
            })
            .map(|(class, along)| self.point(class, classes, along, noise, &mut random))
            .collect();
        random.shuffle(&mut points);
        Ok(points)
    }

    fn point(
        self,
        class: usize,
        classes: usize,
        along: f64,
        noise: f64,
        random: &mut Random,
    ) -> LabelledPoint {
        let turn = |class: usize| 2.0 * PI * class as f64 / classes as f64;
        let one = |class: usize| (0..classes).map(|other| other == class).collect();
        match self {
            ToyClasses::Clusters => {
                let deviation = (0.3 + 4.0 * noise).sqrt();
                let x = 3.2 * sin(turn(class)) + deviation * normal(random);
                let y = 3.2 * cos(turn(class)) + deviation * normal(random);
                LabelledPoint { x, y, labels: one(class) }
            }
            ToyClasses::Rings => {
                let from = class as f64;
                let r = 5.0 * random.uniform(from + 0.15, from + 0.85) / classes as f64;
                let angle = random.uniform(0.0, 2.0 * PI);
                let (x, y) = (r * sin(angle), r * cos(angle));
                let (moved_x, moved_y) = moved(x, y, 5.0, noise, random);
                let distance = (moved_x * moved_x + moved_y * moved_y).sqrt();
                let ring = (distance * classes as f64 / 5.0) as usize;
                LabelledPoint { x, y, labels: one(ring.min(classes - 1)) }
            }
            ToyClasses::Arms => {
                let r = 5.0 * along;
                let t = 2.0 * PI * 3.5 / classes as f64 * along + turn(class);
                let (x, y) = moved(r * sin(t), r * cos(t), 1.0, noise, random);
                LabelledPoint { x, y, labels: one(class) }
            }
            ToyClasses::Discs => {
                let (x, y) = (random.uniform(-6.0, 6.0), random.uniform(-6.0, 6.0));
                let (moved_x, moved_y) = moved(x, y, 6.0, noise, random);
                let within = |class: usize| {
                    let (dx, dy) = (moved_x - 2.2 * sin(turn(class)), moved_y - 2.2 * cos(turn(class)));
                    dx * dx + dy * dy < 9.0
                };
                LabelledPoint { x, y, labels: (0..classes).map(within).collect() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_lie_where_their_formulas_say() {
        for classes in CLASSES {
            for point in ToyClasses::Rings.points(classes, 600, 0.0, 3).unwrap() {
                let ring = (point.x.hypot(point.y) * classes as f64 / 5.0) as usize;
                assert!(point.labels[ring], "{point:?}");
            }
            let clusters = ToyClasses::Clusters.points(classes, 6000, 0.0, 3).unwrap();
            for class in 0..classes {
                let own: Vec<_> = clusters.iter().filter(|point| point.labels[class]).collect();
                let mean = |of: fn(&LabelledPoint) -> f64| {
                    own.iter().map(|point| of(point)).sum::<f64>() / own.len() as f64
                };
                let angle = 2.0 * PI * class as f64 / classes as f64;
                // The mean of a thousand of variance 0.3 deviates by 0.017; five of those.
                assert!((mean(|point| point.x) - 3.2 * angle.sin()).abs() < 0.09);
                assert!((mean(|point| point.y) - 3.2 * angle.cos()).abs() < 0.09);
            }
        }
        let discs = ToyClasses::Discs.points(3, 2000, 0.0, 3).unwrap();
        for many in 0..=3 {
            assert!(discs.iter().any(|point| point.labels.iter().filter(|label| **label).count() == many));
        }
    }

    #[test]
    fn two_arms_are_the_spiral() {
        let (arms, spiral) = (
            ToyClasses::Arms.points(2, 200, 0.2, 5).unwrap(),
            crate::data::Toy::Spiral.points(200, 0.2, 5).unwrap(),
        );
        for (a, b) in arms.iter().zip(&spiral) {
            assert!((a.x - b.x).abs() < 1e-12 && (a.y - b.y).abs() < 1e-12);
            assert_eq!(a.labels[0], b.label > 0.0);
        }
    }

    #[test]
    fn classes_are_balanced_and_the_seed_decides() {
        for set in [ToyClasses::Clusters, ToyClasses::Rings, ToyClasses::Arms] {
            let points = set.points(4, 402, 0.0, 9).unwrap();
            let counts = [0, 1, 2, 3].map(|class| points.iter().filter(|point| point.labels[class]).count());
            assert_eq!(counts, [101, 101, 100, 100]);
            assert_eq!(points, set.points(4, 402, 0.0, 9).unwrap());
            assert_ne!(points, set.points(4, 402, 0.0, 10).unwrap());
        }
    }

    #[test]
    fn wrong_numbers_are_refused() {
        let text = |classes, count, noise| {
            ToyClasses::Arms.points(classes, count, noise, 0).unwrap_err().to_string()
        };
        assert_eq!(text(7, 100, 0.0), "there are 7 classes and must be 2 to 6");
        assert_eq!(text(3, 2, 0.0), "the number of points is 2 and must be between 3 and 10000000");
        assert_eq!(text(3, 20, 1.5), "the noise is 1.5 and must be between 0 and 1");
    }
}
