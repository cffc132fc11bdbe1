//! The order of boxes within their layers, so that few lines cross: each layer in turn is sorted by where, on average,
//! its boxes' neighbours in the layer above (then, going up, below) stand. The best order that was seen is kept.

use std::collections::BTreeMap;

use super::{Layers, Link, Shown};

const SWEEPS: usize = 12;

/// What stands in the layers: boxes, numbered as they are, and after them bends, the places where lines go through a
/// layer.
pub(super) struct Rows {
    /// The items of each layer, from left to right.
    pub(super) rows: Vec<Vec<usize>>,
    /// For each item, its neighbours in the layer above, and the port there.
    pub(super) above: Vec<Vec<(usize, usize)>>,
    /// For each item, its neighbours in the layer below, and the item's port.
    pub(super) below: Vec<Vec<(usize, usize)>>,
    /// For each link, the bends that its line goes through.
    pub(super) bends: Vec<Vec<usize>>,
}

impl Rows {
    /// The layers with few crossings.
    pub(super) fn ordered(layers: &Layers, links: &[Link]) -> Rows {
        let mut rows = Rows::unordered(layers, links);
        let mut position = vec![0.0; rows.above.len()];
        rows.rows.iter().for_each(|row| note_positions(row, &mut position));
        let mut best = (rows.crossings(), rows.rows.clone());
        for sweep in 0..SWEEPS {
            if best.0 == 0 {
                break;
            }
            let count = rows.rows.len();
            for step in 1..count {
                match sweep % 2 == 0 {
                    true => rows.sort(step, true, &mut position),
                    false => rows.sort(count - 1 - step, false, &mut position),
                }
            }
            let crossings = rows.crossings();
            if crossings < best.0 {
                best = (crossings, rows.rows.clone());
            }
        }
        rows.rows = best.1;
        rows
    }

    fn unordered(layers: &Layers, links: &[Link]) -> Rows {
        let boxes = layers.of.len();
        let mut rows = vec![Vec::new(); layers.count];
        layers.order.iter().for_each(|&item| rows[layers.of[item]].push(item));
        let mut all =
            Rows { rows, above: vec![Vec::new(); boxes], below: vec![Vec::new(); boxes], bends: Vec::new() };
        let mut lines: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for (link, shown) in links.iter().zip(&layers.shown) {
            if *shown != Shown::Line {
                all.bends.push(Vec::new());
                continue;
            }
            let line = lines.entry((link.from, link.port)).or_default();
            let between = layers.of[link.to] - layers.of[link.from] - 1;
            while line.len() < between {
                let bend = all.above.len();
                all.above.push(Vec::new());
                all.below.push(Vec::new());
                all.rows[layers.of[link.from] + 1 + line.len()].push(bend);
                let (before, port) = line.last().map_or((link.from, link.port), |&bend| (bend, 0));
                all.join(before, port, bend);
                line.push(bend);
            }
            let (before, port) = match between {
                0 => (link.from, link.port),
                _ => (line[between - 1], 0),
            };
            all.bends.push(line[..between].to_vec());
            all.join(before, port, link.to);
        }
        all
    }

    fn join(&mut self, upper: usize, port: usize, lower: usize) {
        self.below[upper].push((lower, port));
        self.above[lower].push((upper, port));
    }

    /// Sorts a layer by where its items' neighbours above (or below) stand; who has none there stays about where it is.
    fn sort(&mut self, row: usize, by_above: bool, position: &mut [f64]) {
        let neighbours = if by_above { &self.above } else { &self.below };
        let mut keyed: Vec<(f64, usize)> = self.rows[row]
            .iter()
            .map(|&item| {
                let list = &neighbours[item];
                let sum: f64 = list.iter().map(|(other, _)| position[*other]).sum();
                (if list.is_empty() { position[item] } else { sum / list.len() as f64 }, item)
            })
            .collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.rows[row] = keyed.into_iter().map(|(_, item)| item).collect();
        note_positions(&self.rows[row], position);
    }

    /// How many pairs of lines cross.
    pub(super) fn crossings(&self) -> u64 {
        let mut place = vec![0; self.above.len()];
        for row in &self.rows {
            row.iter().enumerate().for_each(|(index, &item)| place[item] = index);
        }
        self.rows.windows(2).map(|pair| self.crossings_between(&pair[0], pair[1].len(), &place)).sum()
    }

    /// Crossings between a layer and the next, which has `lower` items: lines are taken from left to right by their
    /// upper ends, and each crosses the earlier ones that end to the right of it. Those are counted in a tree of
    /// partial sums (Fenwick's).
    fn crossings_between(&self, upper: &[usize], lower: usize, place: &[usize]) -> u64 {
        let mut tree = vec![0u64; lower + 1];
        let (mut before, mut crossings) = (0, 0);
        for &item in upper {
            let ends: Vec<usize> = self.below[item].iter().map(|(other, _)| place[*other]).collect();
            for &end in &ends {
                let mut at = end + 1;
                let mut not_right = 0;
                while at > 0 {
                    not_right += tree[at];
                    at &= at - 1;
                }
                crossings += before - not_right;
            }
            for &end in &ends {
                let mut at = end + 1;
                while at <= lower {
                    tree[at] += 1;
                    at += at & at.wrapping_neg();
                }
                before += 1;
            }
        }
        crossings
    }
}

/// Where each item stands in its layer, from 0 to 1, so that layers of different lengths can be compared.
fn note_positions(row: &[usize], position: &mut [f64]) {
    for (index, &item) in row.iter().enumerate() {
        position[item] = (index as f64 + 0.5) / row.len() as f64;
    }
}
