//! Places from left to right. Layer by layer, each item wishes to stand at the mean of its neighbours; the places that
//! come nearest to all wishes, in the sum of squares, while the order stays and nothing overlaps, are a monotone
//! regression (Ayer et al. 1955), found in one pass by pooling neighbours that are in each other's way.

use super::order::Rows;
use super::{Layers, Link};

const PASSES: usize = 16;
/// The last passes look at neighbours on both sides.
const LAST_PASSES: usize = 4;
/// The room between two boxes of a layer.
const GAP: f64 = 22.0;
/// The room that a line takes where it goes through a layer.
const LINE: f64 = 10.0;
/// How much more than a box a line insists on its wish: long lines should be straight.
const STRAIGHTNESS: f64 = 4.0;
/// How little an end, a variable beside its product, insists, and pulls at what it is linked with.
const END: f64 = 0.02;
/// How much every box pulls towards the middle of the picture, so that a large one does not drift apart.
const GRAVITY: f64 = 0.01;

/// Where everything stands.
pub(in crate::draw) struct Places {
    /// The middle of each box.
    pub(in crate::draw) middle: Vec<f64>,
    /// For each link, where its line goes through the layers between its ends.
    pub(in crate::draw) bends: Vec<Vec<f64>>,
    /// How wide the whole is.
    pub(in crate::draw) width: f64,
}

/// Places for boxes of these widths; `port` says where a box's port is, from the box's middle.
pub(in crate::draw) fn places(
    layers: &Layers,
    links: &[Link],
    widths: &[f64],
    port: impl Fn(usize, usize) -> f64,
) -> Places {
    let rows = Rows::ordered(layers, links);
    let half = |item: usize| widths.get(item).map_or(LINE, |width| width + GAP) / 2.0;
    let port = |item: usize, number: usize| if item < widths.len() { port(item, number) } else { 0.0 };
    let mut middle = side_by_side(&rows, half);
    let pull = pulls(&rows, widths.len());
    for pass in 0..PASSES {
        let down = pass % 2 == 0;
        let both = pass + LAST_PASSES >= PASSES;
        for step in 0..rows.rows.len() {
            let row = &rows.rows[if down { step } else { rows.rows.len() - 1 - step }];
            let wish = |item: usize| {
                let is_line = item >= widths.len();
                let (mut sum, mut weight) = (0.0, if is_line { 0.0 } else { GRAVITY });
                let mut add = |place: f64, pull: f64| {
                    sum += place * pull;
                    weight += pull;
                };
                if down || both {
                    let above = rows.above[item].iter();
                    above.for_each(|&(other, number)| add(middle[other] + port(other, number), pull[other]));
                }
                // In the end a line goes straight down as long as it can: it bends but once.
                if (!down || both) && !(both && is_line) {
                    let below = rows.below[item].iter();
                    below.for_each(|&(other, number)| add(middle[other] - port(item, number), pull[other]));
                }
                (sum / weight, if is_line { STRAIGHTNESS } else { pull[item] })
            };
            let settled = settle(row, wish, half);
            row.iter().zip(settled).for_each(|(&item, x)| middle[item] = x);
        }
    }
    from_the_left(&rows, widths, middle)
}

/// Every layer's items without room between, around the middle.
fn side_by_side(rows: &Rows, half: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut middle = vec![0.0; rows.above.len()];
    for row in &rows.rows {
        let mut left = -row.iter().map(|&item| half(item)).sum::<f64>();
        for &item in row {
            middle[item] = left + half(item);
            left += 2.0 * half(item);
        }
    }
    middle
}

/// How much each item pulls at those that it is linked with. A box that only one other is linked with goes where that
/// one is, and not the other way round: a chain of ops stays in one column, whatever comes to it from aside.
fn pulls(rows: &Rows, boxes: usize) -> Vec<f64> {
    let is_end = |item: usize| match (rows.above[item].len(), rows.below[item].len()) {
        (0, 1) | (1, 0) | (0, 0) => item < boxes,
        _ => false,
    };
    (0..rows.above.len()).map(|item| if is_end(item) { END } else { 1.0 }).collect()
}

/// The places counted from the left edge of the leftmost item.
fn from_the_left(rows: &Rows, widths: &[f64], mut middle: Vec<f64>) -> Places {
    let (mut left, mut right) = (f64::MAX, f64::MIN);
    for (item, x) in middle.iter().enumerate() {
        let half = widths.get(item).map_or(0.0, |width| width / 2.0);
        (left, right) = (left.min(x - half), right.max(x + half));
    }
    middle.iter_mut().for_each(|x| *x -= left);
    let bends = rows.bends.iter().map(|bends| bends.iter().map(|&bend| middle[bend]).collect()).collect();
    middle.truncate(widths.len());
    Places { middle, bends, width: (right - left).max(0.0) }
}

/// The places of a layer's items that come nearest to their wishes (each with its weight).
fn settle(row: &[usize], wish: impl Fn(usize) -> (f64, f64), half: impl Fn(usize) -> f64) -> Vec<f64> {
    /// Neighbours that stand side by side: how far the first is from where it would stand by itself.
    struct Pool {
        sum: f64,
        weight: f64,
        items: usize,
    }
    let mut pools: Vec<Pool> = Vec::new();
    let mut offsets = Vec::with_capacity(row.len());
    let mut offset = 0.0;
    for &item in row {
        offset += half(item);
        offsets.push(offset);
        let (x, weight) = wish(item);
        let mut pool = Pool { sum: (x - offset) * weight, weight, items: 1 };
        offset += half(item);
        while let Some(before) = pools.pop_if(|before| before.sum / before.weight > pool.sum / pool.weight) {
            pool.sum += before.sum;
            pool.weight += before.weight;
            pool.items += before.items;
        }
        pools.push(pool);
    }
    let shifts = pools.iter().flat_map(|pool| std::iter::repeat_n(pool.sum / pool.weight, pool.items));
    offsets.iter().zip(shifts).map(|(offset, shift)| offset + shift).collect()
}
