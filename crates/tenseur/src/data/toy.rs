//! TensorFlow Playground's toy sets: points in the plane `[−6, 6]²`, drawn by the same formulas.
//!
//! `ν` is the noise, `U(a, b)` a uniform number, `N(m, v)` a normal one of mean `m` and variance `v`, `n` the number of
//! points.
//!
//! | set | points and labels |
//! |---|---|
//! | circle | half with r = U(0, 2.5), half with r = U(3.5, 5); θ = U(0, 2π); (r·sin θ, r·cos θ); +1 if the *moved* point is within 2.5 of the centre, else −1 |
//! | xor | x, y = U(−5, 5), each pushed 0.3 away from 0; +1 if the product of the *moved* coordinates is ≥ 0, else −1 |
//! | gauss | v = 0.5 + 7ν; half from N((2, 2), v) with +1, half from N((−2, −2), v) with −1 |
//! | spiral | the i-th of m: r = 5·i/m, t = 3.5π·i/m + Δ; (r·sin t + U(−1, 1)·ν, r·cos t + U(−1, 1)·ν); Δ = 0 with +1, Δ = π with −1 |
//! | plane | x, y = U(−6, 6); (x + y)/10 of the *moved* point |
//! | multi-gauss | x, y = U(−6, 6); six bumps sign·max(0, 1 − distance/2), the one of largest magnitude at the *moved* point |
//!
//! A moved point is the point plus U(−R, R)·ν in each coordinate, where R is 5 (circle, xor) or 6 (plane, multi-gauss):
//! noise there makes wrong labels near a border, and the point itself stays. The same seed draws the same numbers
//! whatever the noise, so sets of different noise can be compared.
//!
//! D. Smilkov and S. Carter, "Deep playground", <https://github.com/tensorflow/playground>, 2016.

use std::f64::consts::PI;
use std::fmt;
use std::str::FromStr;

// Not the standard library's sine, cosine and logarithm: theirs differ from one platform to the next, and the same
// seed is to give the same points in a browser, on the command line and in Python.
use libm::{cos, log, sin};

use crate::data::random::{Random, TOY_STREAM};
use crate::data::{Column, Dataset, Encoding, Inputs, Table, Target};
use crate::error::{Error, Result};
use crate::value::Array;

/// The most points a set may have.
const MOST_POINTS: usize = 10_000_000;

/// One of the playground's sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Toy {
    /// A disc inside a ring: two classes.
    Circle,
    /// Opposite quadrants belong together: two classes.
    Xor,
    /// Two round clouds: two classes.
    Gauss,
    /// Two arms wound around each other: two classes.
    Spiral,
    /// A tilted plane: a number.
    Plane,
    /// Six bumps of alternating sign: a number.
    MultiGauss,
}

/// A point of a toy set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// From left to right.
    pub x: f64,
    /// From bottom to top.
    pub y: f64,
    /// +1 or −1 for a class, or the number to tell, −1.2 to 1.2 without noise.
    pub label: f64,
}

impl Toy {
    /// All sets, those with classes first.
    pub const ALL: [Toy; 6] = [Toy::Circle, Toy::Xor, Toy::Gauss, Toy::Spiral, Toy::Plane, Toy::MultiGauss];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Toy::Circle => "circle",
            Toy::Xor => "xor",
            Toy::Gauss => "gauss",
            Toy::Spiral => "spiral",
            Toy::Plane => "plane",
            Toy::MultiGauss => "multi-gauss",
        }
    }

    /// Whether a number is to be told; else it is one of two classes.
    pub const fn is_regression(self) -> bool {
        matches!(self, Toy::Plane | Toy::MultiGauss)
    }

    /// How many points the playground draws: 500 for classes, 1200 for numbers.
    pub const fn usual_points(self) -> usize {
        if self.is_regression() { 1200 } else { 500 }
    }

    /// `count` points, shuffled; `noise` is a share, 0 to 1 (the playground's 50 is 0.5). The seed decides all of it,
    /// to the last bit and on every machine. The playground trains on the first part and tests on the rest.
    ///
    /// ```
    /// use tenseur::data::Toy;
    /// let points = Toy::Xor.points(500, 0.0, 7)?;
    /// assert!(points.iter().all(|point| point.label == (point.x * point.y).signum()));
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there are fewer than 2 or more than 10,000,000 points, or the noise is not between 0 and 1.
    pub fn points(self, count: usize, noise: f64, seed: u64) -> Result<Vec<Point>> {
        if !(2..=MOST_POINTS).contains(&count) {
            return Err(Error::invalid(format!(
                "the number of points is {count} and must be between 2 and {MOST_POINTS}"
            )));
        }
        if !(0.0..=1.0).contains(&noise) {
            return Err(Error::invalid(format!("the noise is {noise} and must be between 0 and 1")));
        }
        let mut random = Random::new(seed, TOY_STREAM);
        let mut points = self.in_order(count, noise, &mut random);
        random.shuffle(&mut points);
        Ok(points)
    }

    /// [`Toy::points`] as a dataset of two features, `x1` and `x2`. Classes are `-1` (label 0) and `1` (label 1); the
    /// number to tell is called `label`.
    ///
    /// # Errors
    /// As [`Toy::points`].
    pub fn dataset(self, count: usize, noise: f64, seed: u64) -> Result<Dataset> {
        let points = self.points(count, noise, seed)?;
        let features: Vec<f32> = points.iter().flat_map(|point| [point.x as f32, point.y as f32]).collect();
        let (targets, target) = if self.is_regression() {
            let values: Vec<f32> = points.iter().map(|point| point.label as f32).collect();
            (Array::new([count, 1], values)?, Target::Values { names: vec!["label".into()], scaling: None })
        } else {
            let labels: Vec<i32> = points.iter().map(|point| i32::from(point.label > 0.0)).collect();
            let classes = vec!["-1".into(), "1".into()];
            (Array::new([count], labels)?, Target::Classes { name: "label".into(), classes })
        };
        let column = |name: &str, index| Column { name: name.into(), index, categories: None };
        let columns = vec![column("x1", 0), column("x2", 1)];
        let inputs = Inputs::Table(Table { columns, target: 2, width: 3, header: true });
        Dataset::new(Array::new([count, 2], features)?, targets, Encoding { inputs, scaling: None, target })
    }

    /// The points before they are shuffled. (For an odd count the first class has one more; the playground, which
    /// never draws one, would add a point.)
    fn in_order(self, count: usize, noise: f64, random: &mut Random) -> Vec<Point> {
        let halves = [count.div_ceil(2), count / 2];
        match self {
            Toy::Circle => {
                let ring = |(count, low, high)| std::iter::repeat_n((low, high), count);
                let rings = [(halves[0], 0.0, 2.5), (halves[1], 3.5, 5.0)].into_iter().flat_map(ring);
                rings.map(|(low, high)| circle(low, high, noise, random)).collect()
            }
            Toy::Xor => (0..count).map(|_| xor(noise, random)).collect(),
            Toy::Gauss => {
                let centres = [2.0, -2.0].into_iter().zip(halves);
                let centres = centres.flat_map(|(centre, count)| std::iter::repeat_n(centre, count));
                centres.map(|centre: f64| gauss(centre, noise, random)).collect()
            }
            Toy::Spiral => {
                let arms = [(0.0, 1.0), (PI, -1.0)].into_iter().zip(halves);
                let arms =
                    arms.flat_map(|(arm, count)| (0..count).map(move |i| (arm, i as f64 / count as f64)));
                arms.map(|((turn, label), along)| spiral(turn, label, along, noise, random)).collect()
            }
            Toy::Plane => (0..count).map(|_| surface(plane, noise, random)).collect(),
            Toy::MultiGauss => (0..count).map(|_| surface(bumps, noise, random)).collect(),
        }
    }
}

fn circle(low: f64, high: f64, noise: f64, random: &mut Random) -> Point {
    let r = random.uniform(low, high);
    let angle = random.uniform(0.0, 2.0 * PI);
    let (x, y) = (r * sin(angle), r * cos(angle));
    let (moved_x, moved_y) = moved(x, y, 5.0, noise, random);
    let inside = (moved_x * moved_x + moved_y * moved_y).sqrt() < 2.5;
    Point { x, y, label: if inside { 1.0 } else { -1.0 } }
}

fn xor(noise: f64, random: &mut Random) -> Point {
    let mut coordinate = || {
        let value = random.uniform(-5.0, 5.0);
        if value > 0.0 { value + 0.3 } else { value - 0.3 }
    };
    let (x, y) = (coordinate(), coordinate());
    let (moved_x, moved_y) = moved(x, y, 5.0, noise, random);
    Point { x, y, label: if moved_x * moved_y >= 0.0 { 1.0 } else { -1.0 } }
}

fn gauss(centre: f64, noise: f64, random: &mut Random) -> Point {
    let deviation = (0.5 + 7.0 * noise).sqrt();
    let mut coordinate = || centre + deviation * normal(random);
    let (x, y) = (coordinate(), coordinate());
    Point { x, y, label: centre.signum() }
}

fn spiral(turn: f64, label: f64, along: f64, noise: f64, random: &mut Random) -> Point {
    let r = 5.0 * along;
    let t = 1.75 * along * 2.0 * PI + turn;
    let (x, y) = moved(r * sin(t), r * cos(t), 1.0, noise, random);
    Point { x, y, label }
}

fn surface(height: fn(f64, f64) -> f64, noise: f64, random: &mut Random) -> Point {
    let (x, y) = (random.uniform(-6.0, 6.0), random.uniform(-6.0, 6.0));
    let (moved_x, moved_y) = moved(x, y, 6.0, noise, random);
    Point { x, y, label: height(moved_x, moved_y) }
}

fn plane(x: f64, y: f64) -> f64 {
    (x + y) / 10.0
}

fn bumps(x: f64, y: f64) -> f64 {
    const CENTRES: [(f64, f64, f64); 6] = [
        (-4.0, 2.5, 1.0),
        (0.0, 2.5, -1.0),
        (4.0, 2.5, 1.0),
        (-4.0, -2.5, -1.0),
        (0.0, -2.5, 1.0),
        (4.0, -2.5, -1.0),
    ];
    CENTRES.iter().fold(0.0, |highest: f64, &(centre_x, centre_y, sign)| {
        let (dx, dy) = (x - centre_x, y - centre_y);
        let height = sign * (1.0 - (dx * dx + dy * dy).sqrt() / 2.0).clamp(0.0, 1.0);
        if height.abs() > highest.abs() { height } else { highest }
    })
}

/// The point moved by U(−radius, radius)·noise in each coordinate.
pub(super) fn moved(x: f64, y: f64, radius: f64, noise: f64, random: &mut Random) -> (f64, f64) {
    let dx = random.uniform(-radius, radius) * noise;
    let dy = random.uniform(-radius, radius) * noise;
    (x + dx, y + dy)
}

/// A standard normal number, by Marsaglia's polar method. The second number that the method gives is left, as the
/// playground leaves it.
pub(super) fn normal(random: &mut Random) -> f64 {
    loop {
        let (a, b) = (random.uniform(-1.0, 1.0), random.uniform(-1.0, 1.0));
        let square = a * a + b * b;
        if square > 0.0 && square <= 1.0 {
            return (-2.0 * log(square) / square).sqrt() * a;
        }
    }
}

impl fmt::Display for Toy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The names of [`Toy::name`], and the playground's own `reg-plane` and `reg-gauss`.
impl FromStr for Toy {
    type Err = Error;

    fn from_str(text: &str) -> Result<Toy> {
        match text {
            "reg-plane" => Ok(Toy::Plane),
            "reg-gauss" => Ok(Toy::MultiGauss),
            _ => Toy::ALL.into_iter().find(|toy| toy.name() == text).ok_or_else(|| {
                let names = Toy::ALL.map(Toy::name).join(", ");
                Error::invalid(format!("there is no toy set \"{text}\"; there are {names}"))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_those_of_the_playground() {
        // The playground's own functions (at 02469bd) for 4 points and a noise of 0.3, over the same uniform numbers.
        let expected = [
            (0.8509995655805197, 0.06153026690018994, 1.0),
            (1.5414815694908077, 0.05785291467207857, -1.0),
            (2.194171764597069, -3.6604148110880073, -1.0),
            (3.673411487755794, -1.729673869201112, -1.0),
            (-1.887115626071011, -2.914874728951336, 1.0),
            (1.4702672730647877, -2.859703976018995, -1.0),
            (0.4178149128075878, -1.1594401132753946, 1.0),
            (-1.5649231660279093, -2.099610696051755, 1.0),
            (0.8270302012361228, 1.686031816389235, 1.0),
            (3.016466774793802, 3.8743515456137194, 1.0),
            (-1.4203358167193123, -1.8220330447871869, -1.0),
            (-3.6804420190321165, -1.5940177663873718, -1.0),
            (-0.09522693756426064, -0.15689248373708017, 1.0),
            (-1.7935076454281833, 1.585149133280425, 1.0),
            (0.07021603638388726, -0.15358223856113973, -1.0),
            (1.9817216980480872, -1.771161399149919, -1.0),
            (-1.9045387512852123, -3.1378496747416036, -0.6292539498913361),
            (1.4043207276777459, -3.0716447712227946, -0.04039622501560669),
            (0.1413778953691054, -1.0313281359304742, 0.15822867890352565),
            (-1.517907799233491, -2.1595328352621066, -0.12141754163523583),
            (-1.9045387512852123, -3.1378496747416036, 0.0),
            (1.4043207276777459, -3.0716447712227946, -0.2803312460974976),
            (0.1413778953691054, -1.0313281359304742, 0.0),
            (-1.517907799233491, -2.1595328352621066, 0.2852683230105638),
        ];
        let points = Toy::ALL.map(|toy| toy.in_order(4, 0.3, &mut Random::new(7, TOY_STREAM))).concat();
        for (point, (x, y, label)) in points.iter().zip(expected) {
            let error = (point.x - x).abs().max((point.y - y).abs()).max((point.label - label).abs());
            assert!(error < 1e-13, "{point:?} and not ({x}, {y}, {label})");
        }
        assert_eq!(points.len(), expected.len());
    }

    #[test]
    fn the_same_seed_gives_the_same_bits_on_every_machine() {
        let bits = |toy: Toy| {
            let points = toy.points(500, 0.25, 42).unwrap();
            let words = points.iter().flat_map(|point| [point.x, point.y, point.label].map(f64::to_bits));
            words.fold(0, |hash: u64, word| (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23))
        };
        let expected: [u64; 6] = [
            0xb984_76d6_3e47_e27c,
            0x74a7_cfde_afd5_ff46,
            0x049f_f374_d801_18dd,
            0x3ad6_dd8f_07b5_7f17,
            0x8a04_7066_01c7_caf4,
            0xe5f0_4797_38e3_abb6,
        ];
        assert_eq!(Toy::ALL.map(bits), expected);
    }

    #[test]
    fn noise_moves_labels_and_not_points_where_it_should() {
        for toy in [Toy::Circle, Toy::Xor, Toy::Plane, Toy::MultiGauss] {
            let (clean, noisy) = (toy.points(400, 0.0, 3).unwrap(), toy.points(400, 0.5, 3).unwrap());
            assert!(clean.iter().zip(&noisy).all(|(a, b)| (a.x, a.y) == (b.x, b.y)), "{toy}");
            assert!(clean.iter().zip(&noisy).any(|(a, b)| a.label != b.label), "{toy}");
        }
        for toy in [Toy::Gauss, Toy::Spiral] {
            let (clean, noisy) = (toy.points(400, 0.0, 3).unwrap(), toy.points(400, 0.5, 3).unwrap());
            assert!(clean.iter().zip(&noisy).all(|(a, b)| a.label == b.label && a.x != b.x), "{toy}");
        }
    }

    #[test]
    fn sets_lie_where_their_formulas_say() {
        for (x, y, height) in [(-4.0, 2.5, 1.0), (0.0, 2.5, -1.0), (4.0, -1.5, -0.5), (6.0, 6.0, 0.0)] {
            assert_eq!(bumps(x, y), height);
        }
        let radius = |point: &Point| point.x.hypot(point.y);
        for point in Toy::Circle.points(1000, 0.0, 5).unwrap() {
            let expected = if point.label > 0.0 { 0.0..=2.5 } else { 3.5..=5.0 };
            assert!(expected.contains(&radius(&point)), "{point:?}");
        }
        assert!(Toy::Xor.points(1000, 0.0, 5).unwrap().iter().all(|p| p.x.abs() >= 0.3 && p.x.abs() <= 5.3));
        let cloud = Toy::Gauss.points(20_000, 0.5, 5).unwrap();
        let positive: Vec<f64> = cloud.iter().filter(|p| p.label > 0.0).map(|p| p.x).collect();
        let mean = positive.iter().sum::<f64>() / 10_000.0;
        let variance = positive.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 10_000.0;
        // Variance 4: the mean's deviation is 0.02, the variance's 0.057; five of each.
        assert!((mean - 2.0).abs() < 0.1 && (variance - 4.0).abs() < 0.29, "{mean} {variance}");
    }

    #[test]
    fn counts_are_exact_and_classes_balanced() {
        for toy in Toy::ALL {
            for count in [2, 5, 9] {
                assert_eq!(toy.points(count, 0.1, 1).unwrap().len(), count);
            }
        }
        let labels = Toy::Spiral.dataset(9, 0.0, 1).unwrap();
        assert_eq!(labels.targets().as_slice::<i32>().unwrap().iter().sum::<i32>(), 5);
    }

    #[test]
    fn datasets_hold_the_points() {
        let points = Toy::Plane.points(20, 0.0, 8).unwrap();
        let plane = Toy::Plane.dataset(20, 0.0, 8).unwrap();
        assert_eq!(plane.encoding().feature_names(), ["x1", "x2"]);
        assert_eq!(
            plane.features().as_slice::<f32>().unwrap()[..2],
            [points[0].x as f32, points[0].y as f32]
        );
        assert_eq!(plane.targets().as_slice::<f32>().unwrap()[0], points[0].label as f32);
        assert_eq!(Toy::Xor.dataset(20, 0.0, 8).unwrap().encoding().classes(), ["-1", "1"]);
    }

    #[test]
    fn names_go_there_and_back_and_wrong_ones_are_told_the_right_ones() {
        for toy in Toy::ALL {
            assert_eq!(toy.to_string().parse::<Toy>().unwrap(), toy);
        }
        assert_eq!("reg-gauss".parse::<Toy>().unwrap(), Toy::MultiGauss);
        assert_eq!("reg-plane".parse::<Toy>().unwrap(), Toy::Plane);
        assert_eq!(
            "moons".parse::<Toy>().unwrap_err().to_string(),
            "there is no toy set \"moons\"; there are circle, xor, gauss, spiral, plane, multi-gauss"
        );
    }

    #[test]
    fn wrong_counts_and_noises_are_refused() {
        let text = |count, noise| Toy::Xor.points(count, noise, 0).unwrap_err().to_string();
        assert_eq!(text(1, 0.0), "the number of points is 1 and must be between 2 and 10000000");
        assert_eq!(
            text(usize::MAX, 0.0),
            format!("the number of points is {} and must be between 2 and 10000000", usize::MAX)
        );
        assert_eq!(text(5, -0.1), "the noise is -0.1 and must be between 0 and 1");
        assert_eq!(text(5, f64::NAN), "the noise is NaN and must be between 0 and 1");
    }
}
