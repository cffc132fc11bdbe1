//! Which layer each box is in: below everything that it comes from.

use super::{CROWD, FARTHEST, Link, Shown, WIDEST, incident};

/// The layer of every box, and how every link is shown.
#[derive(Clone, Debug)]
pub(in crate::draw) struct Layers {
    /// For each box, counted from the top.
    pub(in crate::draw) of: Vec<usize>,
    /// How many there are.
    pub(in crate::draw) count: usize,
    /// The boxes, each after what it comes from, and soon after it.
    pub(in crate::draw) order: Vec<usize>,
    /// For each link.
    pub(in crate::draw) shown: Vec<Shown>,
}

/// The layers of boxes of these widths with these links.
pub(in crate::draw) fn layers(widths: &[f64], links: &[Link]) -> Layers {
    let back = back_links(widths.len(), links);
    let forward: Vec<Link> =
        links.iter().zip(&back).filter(|(_, back)| !**back).map(|(link, _)| *link).collect();
    let (into, from) = (incident(widths.len(), &forward, true), incident(widths.len(), &forward, false));
    // What belongs together is placed together, so that it stays together where layers are full.
    let order = depth_first(&forward, &into, &from);
    let mut rows = Rows::default();
    let mut of = vec![0; widths.len()];
    for &item in &order {
        let least = into[item].iter().map(|&link| of[forward[link].from] + 1).max().unwrap_or(0);
        of[item] = rows.put(least, widths[item]);
    }
    // What has fewer links from above than to below belongs near what uses it: a variable beside its product.
    for &item in order.iter().rev() {
        let Some(lowest) = from[item].iter().map(|&link| of[forward[link].to] - 1).min() else { continue };
        if from[item].len() >= into[item].len() && lowest > of[item] {
            of[item] = rows.pull(of[item], lowest, widths[item]);
        }
    }
    let count = compact(&mut of);
    let shown = links.iter().zip(&back).map(|(link, &back)| match back {
        true => Shown::Back,
        false if of[link.to] - of[link.from] > farthest(into[link.to].len()) => Shown::Far,
        false => Shown::Line,
    });
    Layers { shown: shown.collect(), of, count, order }
}

/// For each link, whether a walk along the links finds it leading back to where the walk came from.
fn back_links(boxes: usize, links: &[Link]) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let (into, from) = (incident(boxes, links, true), incident(boxes, links, false));
    let mut back = vec![false; links.len()];
    let mut state = vec![State::New; boxes];
    let beginnings = (0..boxes).filter(|&item| into[item].is_empty());
    for beginning in beginnings.chain(0..boxes) {
        if state[beginning] != State::New {
            continue;
        }
        state[beginning] = State::Open;
        let mut walk = vec![(beginning, 0)];
        while let Some((item, next)) = walk.last_mut() {
            match from[*item].get(*next) {
                None => {
                    state[*item] = State::Done;
                    walk.pop();
                }
                Some(&link) => {
                    *next += 1;
                    let to = links[link].to;
                    match state[to] {
                        State::Open => back[link] = true,
                        State::New => {
                            state[to] = State::Open;
                            walk.push((to, 0));
                        }
                        State::Done => {}
                    }
                }
            }
        }
    }
    back
}

/// Over how many layers the lines go that end in a box with so many of them.
pub(super) fn farthest(links: usize) -> usize {
    if links > CROWD { 1 } else { FARTHEST }
}

/// Every box after all that it comes from, and that as short before it as can be; `links` must not go round in circles.
fn depth_first(links: &[Link], into: &[Vec<usize>], from: &[Vec<usize>]) -> Vec<usize> {
    let mut seen = vec![false; into.len()];
    let mut order = Vec::with_capacity(into.len());
    for end in (0..into.len()).filter(|&item| from[item].is_empty()) {
        seen[end] = true;
        let mut walk = vec![(end, 0)];
        while let Some((item, next)) = walk.last_mut() {
            match into[*item].get(*next) {
                Some(&link) => {
                    *next += 1;
                    let before = links[link].from;
                    if !std::mem::replace(&mut seen[before], true) {
                        walk.push((before, 0));
                    }
                }
                None => {
                    order.push(*item);
                    walk.pop();
                }
            }
        }
    }
    order
}

/// How full the layers are.
#[derive(Default)]
struct Rows {
    width: Vec<f64>,
    /// For a layer that was found full: where to look next.
    next: Vec<usize>,
}

impl Rows {
    fn reach(&mut self, row: usize) {
        while self.width.len() <= row {
            self.next.push(self.width.len());
            self.width.push(0.0);
        }
    }

    fn has_room(&self, row: usize, width: f64) -> bool {
        self.width[row] == 0.0 || self.width[row] + width <= WIDEST
    }

    /// Puts a box into the first layer at or below `least` that has room.
    fn put(&mut self, least: usize, width: f64) -> usize {
        let mut row = least;
        let mut passed = Vec::new();
        loop {
            self.reach(row);
            if self.next[row] != row {
                passed.push(row);
                row = self.next[row];
            } else if self.has_room(row, width) {
                break;
            } else {
                // Full for this one is full for all, so that looking for room stays cheap.
                self.next[row] = row + 1;
            }
        }
        passed.iter().for_each(|&full| self.next[full] = row);
        self.width[row] += width;
        row
    }

    /// Moves a box down from layer `from` to `to`, or to the lowest layer with room among the few above that.
    fn pull(&mut self, from: usize, to: usize, width: f64) -> usize {
        let highest = (from + 1).max(to.saturating_sub(FARTHEST));
        let Some(row) = (highest..=to).rev().find(|&row| self.has_room(row, width)) else { return from };
        self.width[from] -= width;
        self.width[row] += width;
        row
    }
}

/// Numbers the layers that have boxes without gaps, and says how many there are.
fn compact(of: &mut [usize]) -> usize {
    let mut number = vec![0; of.iter().max().map_or(0, |&last| last + 1)];
    of.iter().for_each(|&layer| number[layer] = 1);
    let mut count = 0;
    for number in &mut number {
        let used = std::mem::replace(number, count);
        count += used;
    }
    of.iter_mut().for_each(|layer| *layer = number[*layer]);
    count
}
