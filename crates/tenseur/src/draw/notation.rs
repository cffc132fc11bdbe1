//! How formulas are written: symbols with an index below and a layer's number above, in Unicode for a terminal and in
//! SVG.

use std::fmt::Write;

use crate::draw::svg::escaped;

/// A part of a formula.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    /// Operators, names of functions, brackets.
    Plain(String),
    /// A quantity: `n`, below it `1`, above it `(2)`.
    Symbol { base: String, below: String, above: String },
}

/// A formula, from left to right.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Formula(Vec<Part>);

/// `base` with an index below, and above it the number of a layer.
pub(super) fn symbol(base: &str, below: &str, layer: Option<usize>) -> Part {
    let above = layer.map_or(String::new(), |layer| format!("({layer})"));
    Part::Symbol { base: base.to_string(), below: below.to_string(), above }
}

impl Formula {
    /// The formula and then `text`.
    pub(super) fn plain(mut self, text: &str) -> Formula {
        self.0.push(Part::Plain(text.to_string()));
        self
    }

    /// The formula and then `part`.
    pub(super) fn part(mut self, part: Part) -> Formula {
        self.0.push(part);
        self
    }

    /// The formula and then `other`.
    pub(super) fn and(mut self, other: Formula) -> Formula {
        self.0.extend(other.0);
        self
    }

    /// For a terminal: `w₁₁⁽¹⁾·x`
    pub(super) fn text(&self) -> String {
        let part = |part: &Part| match part {
            Part::Plain(text) => text.clone(),
            Part::Symbol { base, below, above } => {
                format!("{base}{}{}", subscript(below), superscript(above))
            }
        };
        self.0.iter().map(part).collect()
    }

    /// The inside of an SVG text element: index and number stand above each other.
    pub(super) fn svg(&self) -> String {
        let mut svg = String::new();
        // How far the pen must move before it writes on.
        let (mut aside, mut down) = (0.0, 0.0);
        let mut write = |class: &str, text: &str, aside: &mut f64, down: &mut f64| {
            if text.is_empty() {
                return;
            }
            let _ = write!(svg, "<tspan class=\"{class}\"");
            if *aside != 0.0 {
                let _ = write!(svg, " dx=\"{aside:.1}\"");
            }
            if *down != 0.0 {
                let _ = write!(svg, " dy=\"{down:.1}\"");
            }
            let _ = write!(svg, ">{}</tspan>", escaped(text));
            (*aside, *down) = (0.0, 0.0);
        };
        for part in &self.0 {
            match part {
                Part::Plain(text) => write("f", text, &mut aside, &mut down),
                Part::Symbol { base, below, above } => {
                    write("v", base, &mut aside, &mut down);
                    if !above.is_empty() {
                        (aside, down) = (aside + 1.0, down - RAISED);
                        write("x", above, &mut aside, &mut down);
                        (aside, down) = (if below.is_empty() { 0.0 } else { -small_width(above) }, RAISED);
                    }
                    if !below.is_empty() {
                        down += LOWERED;
                        write("x", below, &mut aside, &mut down);
                        (aside, down) = ((small_width(above) - small_width(below)).max(0.0), -LOWERED);
                    }
                    aside += 1.0;
                }
            }
        }
        svg
    }

    /// Not less than the width of the SVG text.
    pub(super) fn width(&self) -> f64 {
        let part = |part: &Part| match part {
            Part::Plain(text) => 0.58 * SIZE * text.chars().count() as f64,
            Part::Symbol { base, below, above } => {
                0.72 * SIZE * base.chars().count() as f64 + small_width(above).max(small_width(below)) + 3.0
            }
        };
        self.0.iter().map(part).sum()
    }
}

/// The size of formulas in pictures, and how far indices are from the line.
pub(super) const SIZE: f64 = 18.0;
const SMALL: f64 = 12.0;
const RAISED: f64 = 7.0;
const LOWERED: f64 = 4.0;

/// The width of an index, by the measures of Times, which the usual fonts with serifs share.
fn small_width(text: &str) -> f64 {
    let width = |character| match character {
        '(' | ')' => 0.333,
        'i' | 'j' => 0.278,
        _ => 0.5,
    };
    text.chars().map(|character| width(character) * SMALL).sum()
}

/// The text in Unicode's subscripts, as far as there are any.
pub(super) fn subscript(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '0'..='9' => char::from_u32('₀' as u32 + c as u32 - '0' as u32).unwrap_or(c),
            'i' => 'ᵢ',
            'j' => 'ⱼ',
            _ => c,
        })
        .collect()
}

/// The text in Unicode's superscripts, as far as there are any.
fn superscript(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '(' => '⁽',
            ')' => '⁾',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            '0' | '4'..='9' => char::from_u32('⁰' as u32 + c as u32 - '0' as u32).unwrap_or(c),
            _ => c,
        })
        .collect()
}
