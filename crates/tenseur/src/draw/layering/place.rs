//! Places from left to right. Layer by layer, each item wishes to stand at the mean of its neighbours; the places that
//! come nearest to all wishes, in the sum of squares, while the order stays and nothing overlaps, are a monotone
//! regression (Ayer et al. 1955), found in one pass by pooling neighbours that are in each other's way.

use super::order::Rows;
use super::{Layers, Link};

const PASSES: usize = 16;
/// The room between two boxes of a layer.
const GAP: f64 = 22.0;
/// The room that a line takes where it goes through a layer.
const LINE: f64 = 10.0;
/// How much more than a box a line insists on its wish: long lines should be straight.
const STRAIGHTNESS: f64 = 4.0;

/// How little an end, a variable beside its product, pulls at what it is linked with.
const END: f64 = 0.02;

/// How much every box pulls towards the middle of the picture, so that a large one does not drift apart.
const GRAVITY: f64 = 0.01;

/// The sum of what an item's neighbours want, each with its weight.
struct Wish {
    place: f64,
    weight: f64,
}

impl Wish {
    fn add(&mut self, place: f64, weight: f64) {
        self.place += weight * place;
        self.weight += weight;
    }
}

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
    let boxes = widths.len();
    let half = |item: usize| match widths.get(item) {
        Some(width) => (width + GAP) / 2.0,
        None => LINE / 2.0,
    };
    let port = |item: usize, number: usize| if item < boxes { port(item, number) } else { 0.0 };
    let mut middle = vec![0.0; rows.above.len()];
    for row in &rows.rows {
        let whole: f64 = row.iter().map(|&item| 2.0 * half(item)).sum();
        let mut left = -whole / 2.0;
        for &item in row {
            middle[item] = left + half(item);
            left += 2.0 * half(item);
        }
    }
    // An end that only one other is linked with goes where that one is, and not the other way round: a chain of ops
    // stays in one column, whatever comes to it from aside.
    let is_end = |item: usize| {
        let (above, below) = (&rows.above[item], &rows.below[item]);
        (above.is_empty() && below.len() == 1) || (below.is_empty() && above.len() == 1)
    };
    let pull: Vec<f64> = (0..middle.len()).map(|item| if is_end(item) { END } else { 1.0 }).collect();
    let count = rows.rows.len();
    for pass in 0..PASSES {
        let down = pass % 2 == 0;
        // At the end both sides are looked at; lines go straight down as long as they can.
        let both = pass + 4 >= PASSES;
        for step in 0..count {
            let row = &rows.rows[if down { step } else { count - 1 - step }];
            let wish = |item: usize| {
                let is_line = item >= boxes;
                let mut sum = Wish { place: 0.0, weight: if is_line { 0.0 } else { GRAVITY } };
                if down || both {
                    for &(other, number) in &rows.above[item] {
                        sum.add(middle[other] + port(other, number), pull[other]);
                    }
                }
                if (!down || both) && !(both && is_line) {
                    for &(other, number) in &rows.below[item] {
                        sum.add(middle[other] - port(item, number), pull[other]);
                    }
                }
                let insistence = match (rows.above[item].is_empty() && rows.below[item].is_empty(), is_line) {
                    (true, _) => END,
                    (false, true) => STRAIGHTNESS,
                    (false, false) => pull[item],
                };
                match sum.weight > 0.0 {
                    true => (sum.place / sum.weight, insistence),
                    false => (middle[item], insistence),
                }
            };
            let settled = settle(row, wish, half);
            row.iter().zip(settled).for_each(|(&item, x)| middle[item] = x);
        }
    }
    let edge = |sign: f64| {
        let edges = widths.iter().enumerate().map(|(item, width)| sign * middle[item] + width / 2.0);
        let lines = middle[boxes..].iter().map(|x| sign * x);
        edges.chain(lines).fold(f64::MIN, f64::max)
    };
    if boxes == 0 {
        return Places { middle, bends: rows.bends.iter().map(|_| Vec::new()).collect(), width: 0.0 };
    }
    let (left, right) = (-edge(-1.0), edge(1.0));
    middle.iter_mut().for_each(|x| *x -= left);
    let bends = rows.bends.iter().map(|bends| bends.iter().map(|&bend| middle[bend]).collect()).collect();
    middle.truncate(boxes);
    Places { middle, bends, width: right - left }
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
