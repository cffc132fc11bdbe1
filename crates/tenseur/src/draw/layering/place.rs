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
    for pass in 0..PASSES {
        // At the end both sides are looked at.
        let (by_above, by_below) = match pass {
            pass if pass + 4 >= PASSES => (true, true),
            pass => (pass % 2 == 0, pass % 2 == 1),
        };
        let count = rows.rows.len();
        for step in 0..count {
            let row = &rows.rows[if pass % 2 == 0 { step } else { count - 1 - step }];
            let wish = |item: usize| {
                let above = rows.above[item].iter().map(|&(other, number)| middle[other] + port(other, number));
                let below = rows.below[item].iter().map(|&(other, number)| middle[other] - port(item, number));
                let above = above.take(if by_above { usize::MAX } else { 0 });
                let below = below.take(if by_below { usize::MAX } else { 0 });
                let (sum, count) = above.chain(below).fold((0.0, 0.0), |(sum, count), x| (sum + x, count + 1.0));
                match (count > 0.0, item < boxes) {
                    (false, _) => (middle[item], 0.05),
                    (true, true) => (sum / count, 1.0),
                    (true, false) => (sum / count, STRAIGHTNESS),
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
