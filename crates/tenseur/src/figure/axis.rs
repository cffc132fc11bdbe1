//! Axes: from values to places, and which values are written beside them.

// Not the standard library's logarithm: the same figure is to have the same bytes on every machine.
use libm::{exp10, log10};

/// Values farther from 0 are not drawn: differences of any two of them are finite.
const LARGEST: f64 = 1e100;

/// Values nearer to each other stand in one place.
const SMALLEST: f64 = 1e-100;

/// What is said of an axis before its values are known.
#[derive(Clone, Debug, Default)]
pub(super) struct Axis {
    pub(super) label: String,
    pub(super) logarithmic: bool,
    /// The axis starts and ends at a number that is written beside it.
    pub(super) fits_ticks: bool,
    /// From where to where; by the values if it is not said.
    pub(super) range: Option<(f64, f64)>,
    pub(super) includes: Vec<f64>,
}

/// An axis whose values are known.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    logarithmic: bool,
    low: f64,
    high: f64,
    /// The values written beside it, each with its text.
    pub(super) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Whether a value has a place on it.
    pub(super) fn shows(&self, value: f64) -> bool {
        value.abs() < LARGEST && (value > SMALLEST || !self.logarithmic)
    }

    /// The axis for these values, with about `count` numbers beside it.
    pub(super) fn scale(&self, values: impl Iterator<Item = f64> + Clone, count: f64) -> Scale {
        let asked = self.range.filter(|(low, high)| low <= high && self.shows(*low) && self.shows(*high));
        let values = values.chain(self.includes.iter().copied()).filter(|&value| self.shows(value));
        let whole = values.clone().all(|value| value.fract() == 0.0);
        let (low, high) = match asked {
            Some(range) => self.bounds(range),
            None => self.bounds(values.fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(x), b.max(x)))),
        };
        let fits = self.fits_ticks && asked.is_none();
        if self.logarithmic { decades(low, high, count, fits) } else { steps(low, high, count, fits, whole) }
    }

    /// The bounds of the values, made such that they differ.
    fn bounds(&self, (low, high): (f64, f64)) -> (f64, f64) {
        match (low > high, self.logarithmic) {
            (true, false) => (0.0, 1.0),
            (true, true) => (1.0, 10.0),
            (false, true) if high / low < 1.0 + 1e-6 => (low / 2.0, high * 2.0),
            (false, false) if high - low <= (1e-9 * low.abs().max(high.abs())).max(SMALLEST) => {
                let room = if low.abs() < SMALLEST { 0.5 } else { (low.abs() / 2.0).min(0.5) };
                let room = room.max(1e-6 * low.abs());
                (low - room, high + room)
            }
            (false, _) => (low, high),
        }
    }
}

impl Scale {
    /// Where a value stands: 0 at the low end and 1 at the high end.
    pub(super) fn place(&self, value: f64) -> f64 {
        match self.logarithmic {
            true => (log10(value) - log10(self.low)) / (log10(self.high) - log10(self.low)),
            false => (value - self.low) / (self.high - self.low),
        }
    }

    /// Where 0 stands, if it is inside.
    pub(super) fn zero(&self) -> Option<f64> {
        (!self.logarithmic && self.low < 0.0 && self.high > 0.0).then(|| self.place(0.0))
    }
}

/// A linear axis: round numbers at equal steps.
fn steps(low: f64, high: f64, count: f64, fits: bool, whole: bool) -> Scale {
    let step = tick((high - low) / count);
    let step = if whole { step.max(1.0) } else { step };
    // Numbers that are on a step but for rounding are on it.
    let (first, last) = match fits {
        true => ((low / step + 1e-9).floor(), (high / step - 1e-9).ceil()),
        false => ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor()),
    };
    let ticks: Vec<(f64, String)> = (0..)
        .map(|number| first + f64::from(number))
        .take_while(|&number| number <= last)
        .map(|number| (number * step, written(number * step, step)))
        .collect();
    let (low, high) = if fits { (first * step, last * step) } else { (low, high) };
    Scale { logarithmic: false, low, high, ticks }
}

/// A logarithmic axis: powers of ten; over less than two of them, round numbers between.
fn decades(low: f64, high: f64, count: f64, fits: bool) -> Scale {
    let (first, last) = match fits {
        true => ((log10(low) + 1e-9).floor(), (log10(high) - 1e-9).ceil()),
        false => ((log10(low) - 1e-9).ceil(), (log10(high) + 1e-9).floor()),
    };
    let every = ((last - first) / count).ceil().max(1.0);
    let powers = (0..).map(|number| first + every * f64::from(number)).take_while(|&power| power <= last);
    let mut ticks: Vec<(f64, String)> = powers.map(|power| (exp10(power), power_of_ten(power))).collect();
    if last - first < 2.0 && !fits {
        let between = |factors: &[f64]| -> Vec<(f64, String)> {
            let (from, to) = (log10(low).floor(), log10(high).ceil());
            let decades = (0..).map(|number| from + f64::from(number)).take_while(|&power| power <= to);
            let all =
                decades.flat_map(|power| factors.iter().map(move |factor| (factor * exp10(power), power)));
            let inside = all.filter(|(value, _)| (low..=high).contains(value));
            inside.map(|(value, power)| (value, written(value, exp10(power)))).collect()
        };
        let few = |ticks: &Vec<(f64, String)>| ticks.len() as f64 <= count;
        ticks = [&[1.0, 2.0, 5.0][..], &[1.0, 3.0]].map(between).into_iter().find(few).unwrap_or(ticks);
        if ticks.len() < 2 {
            ticks = steps(low, high, count, false, false).ticks;
        }
    }
    let (low, high) = if fits { (exp10(first), exp10(last)) } else { (low, high) };
    Scale { logarithmic: true, low, high, ticks }
}

/// The nearest of 1, 2, 5 times a power of ten at or above `step`.
fn tick(step: f64) -> f64 {
    let power = exp10(log10(step).floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= step * 0.999);
    factor.unwrap_or(10.0) * power
}

/// A number with as many digits as its neighbours, `step` away, need.
fn written(value: f64, step: f64) -> String {
    let digits = -(log10(step) + 1e-9).floor();
    let text = match () {
        () if value == 0.0 => "0".to_string(),
        () if digits > 4.0 || value.abs() >= 1e7 => {
            let power = log10(value.abs()).floor();
            let digits = (power + digits).clamp(0.0, 15.0) as usize;
            format!("{:.digits$}·{}", value / exp10(power), power_of_ten(power))
        }
        () => format!("{value:.0$}", digits.clamp(0.0, 4.0) as usize),
    };
    text.replace('-', "−")
}

/// 0.01, 1, 1000 as numbers, others as 10⁻⁵.
fn power_of_ten(power: f64) -> String {
    if (-3.0..=4.0).contains(&power) {
        return format!("{:.*}", (-power).max(0.0) as usize, exp10(power));
    }
    let superscript = |c: char| match c.to_digit(10) {
        Some(digit) => ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][digit as usize],
        None => '⁻',
    };
    format!("10{}", format!("{power:.0}").chars().map(superscript).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(scale: &Scale) -> Vec<&str> {
        scale.ticks.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!((tick(0.03), tick(1.0), tick(60.0)), (0.05, 1.0, 100.0));
        let up = Axis { fits_ticks: true, ..Axis::default() };
        assert_eq!(
            texts(&up.scale([0.0, 1.07].into_iter(), 4.0)),
            ["0.0", "0.5", "1.0", "1.5"].map(|text| if text == "0.0" { "0" } else { text })
        );
        assert_eq!(texts(&up.scale([0.93, 1.0].into_iter(), 4.0)), ["0.92", "0.94", "0.96", "0.98", "1.00"]);
        let across = Axis::default();
        assert_eq!(texts(&across.scale([1.0, 3.0].into_iter(), 6.0)), ["1", "2", "3"]);
        assert_eq!(texts(&across.scale([1.0].into_iter(), 6.0)), ["1"]);
        assert_eq!(texts(&across.scale([-2e-7, 3e-7].into_iter(), 3.0)), ["−2·10⁻⁷", "0", "2·10⁻⁷"]);
    }

    #[test]
    fn values_of_one_place_get_room() {
        for value in [0.0, 5e-324, -1e-200, 1.0, -7.5, 1e16, -1e90] {
            let scale = Axis::default().scale([value, value].into_iter(), 6.0);
            assert!((scale.place(value) - 0.5).abs() < 0.1, "{value}: {scale:?}");
        }
        let asked = Axis { range: Some((1e16, 1e16 + 2.0)), ..Axis::default() };
        assert!(asked.scale([1.0].into_iter(), 6.0).ticks.len() < 20);
    }

    #[test]
    fn a_logarithmic_axis_has_powers_of_ten_or_numbers_between() {
        let axis = Axis { logarithmic: true, ..Axis::default() };
        assert_eq!(texts(&axis.scale([1.0, 20_000.0].into_iter(), 6.0)), ["1", "10", "100", "1000", "10000"]);
        assert_eq!(texts(&axis.scale([0.3, 4.0].into_iter(), 6.0)), ["0.5", "1", "2"]);
        assert_eq!(texts(&axis.scale([2.1, 2.3].into_iter(), 4.0)), ["2.10", "2.15", "2.20", "2.25", "2.30"]);
        let up = Axis { logarithmic: true, fits_ticks: true, ..Axis::default() };
        let deep = up.scale([3e-10, 0.7].into_iter(), 4.0);
        assert_eq!(texts(&deep), ["10⁻¹⁰", "10⁻⁷", "10⁻⁴", "0.1"]);
        assert!(deep.place(3e-10) >= 0.0 && deep.place(0.7) <= 1.0);
    }

    proptest! {
        /// Whatever the values are, they stand inside, in order, and the numbers beside them differ.
        #[test]
        fn values_stand_inside_in_order(
            values in prop::collection::vec(prop::num::f64::ANY, 0..20),
            logarithmic: bool,
            fits_ticks: bool,
        ) {
            let axis = Axis { logarithmic, fits_ticks, ..Axis::default() };
            let scale = axis.scale(values.iter().copied(), 5.0);
            let mut shown: Vec<f64> = values.into_iter().filter(|&value| axis.shows(value)).collect();
            shown.sort_by(f64::total_cmp);
            let places: Vec<f64> = shown.iter().map(|&value| scale.place(value)).collect();
            prop_assert!(places.iter().all(|place| (-1e-6..=1.0 + 1e-6).contains(place)), "{shown:?}: {places:?}");
            prop_assert!(places.is_sorted(), "{places:?}");
            prop_assert!(scale.ticks.len() <= 12, "{:?}", scale.ticks);
            prop_assert!(scale.ticks.windows(2).all(|two| two[0].1 != two[1].1), "{:?}", scale.ticks);
        }
    }
}
