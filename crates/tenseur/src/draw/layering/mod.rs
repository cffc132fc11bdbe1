//! Laying out a directed graph in layers, so that links go down: after Sugiyama, Tagawa and Toda, *Methods for Visual
//! Understanding of Hierarchical System Structures* (1981).
//!
//! 1. `layers.rs`: each box gets a layer below all that it comes from, and no layer gets too wide. A link that closes
//!    a circle is set aside, and so is one over so many layers that its line would only be in the way; the picture
//!    names the other end of those instead.
//! 2. `order.rs`: within its layer each box is moved towards what it is linked with, so that few lines cross.
//! 3. `place.rs`: boxes get their places from left to right, as near to what they are linked with as order and widths
//!    allow.
//!
//! The work is nearly linear in the number of links, since no line goes over more than [`FARTHEST`] layers.

mod layers;
mod order;
mod place;

pub(super) use layers::{Layers, layers};
pub(super) use place::places;

/// A link over more layers than this is not drawn as a line.
pub(super) const FARTHEST: usize = 10;

/// Into a box with more links than this only lines from the layer above are drawn.
pub(super) const CROWD: usize = 24;

/// A layer gets another box only while its boxes together are no wider than this.
pub(super) const WIDEST: f64 = 1800.0;

/// A line from a box's port to another box. Links from the same port are drawn as one line that branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) port: usize,
    pub(super) to: usize,
}

/// How a link is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// As a line downwards.
    Line,
    /// By name at both ends: it goes over too many layers.
    Far,
    /// By name: it leads back to an earlier layer.
    Back,
}

/// For each box, which links lead from it (or, if `into`, to it).
fn incident(boxes: usize, links: &[Link], into: bool) -> Vec<Vec<usize>> {
    let mut lists = vec![Vec::new(); boxes];
    for (number, link) in links.iter().enumerate() {
        lists[if into { link.to } else { link.from }].push(number);
    }
    lists
}

#[cfg(test)]
mod tests;
