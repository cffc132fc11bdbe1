//! Where in the picture each block of a dataflow graph stands, and how its lines run.

use super::blocks::{Block, Blocks, Kind};
use crate::draw::layering::{Shown, layers, places};
use crate::draw::svg::{COLUMN, columns, shortened};

/// The sizes of text: in blocks, and under them.
pub(super) const FONT: f64 = 12.0;
pub(super) const SMALL: f64 = 11.0;
pub(super) const LINE: f64 = 16.0;
const PADDING: f64 = 16.0;
/// The room for the shapes and types of what leaves a block.
pub(super) const LABELS: f64 = 16.0;
/// The room between two layers.
const BETWEEN: f64 = 38.0;
const MARGIN: f64 = 20.0;
const TOP: f64 = 46.0;
/// The most columns that names at the far ends of lines take.
const MENTION: usize = 30;

/// A block in the picture.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    /// What is written in it.
    pub(super) lines: Vec<String>,
    /// How many of those lines name what is too far away for a line.
    pub(super) mentions: usize,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    /// The middle of each port.
    pub(super) ports: Vec<f64>,
}

/// A line from a port to a block: its points are where it leaves, where it enters and leaves each layer between, and
/// where it ends.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) from: usize,
    pub(super) port: usize,
    pub(super) to: usize,
    pub(super) points: Vec<(f64, f64)>,
}

/// The picture, in its own units.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) blocks: Vec<Placed>,
    pub(super) routes: Vec<Route>,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Layout {
    pub(super) fn new(blocks: &Blocks) -> Layout {
        let Blocks { blocks, links } = blocks;
        let mut lines: Vec<Vec<String>> = blocks.iter().map(|block| block.lines.clone()).collect();
        let width = |lines: &[String], block: &Block| {
            let most = lines.iter().map(|line| columns(line)).max().unwrap_or(0);
            let text = most as f64 * COLUMN * FONT + 2.0 * PADDING;
            // Lines leave from under the block.
            if block.ports.len() > 1 { text.max(ports(block).0) } else { text }
        };
        let room = |lines: &[String], block: &Block| width(lines, block).max(ports(block).0);
        let first: Vec<f64> = lines.iter().zip(blocks).map(|(lines, block)| room(lines, block)).collect();
        let layers = layers(&first, links);

        let mut mentioned: Vec<[Vec<usize>; 2]> = vec![[Vec::new(), Vec::new()]; blocks.len()];
        for (link, _) in links.iter().zip(&layers.shown).filter(|(_, shown)| **shown != Shown::Line) {
            mentioned[link.to][0].push(link.from);
            mentioned[link.from][1].push(link.to);
        }
        for (lines, mentioned) in lines.iter_mut().zip(&mut mentioned) {
            for (others, arrow) in mentioned.iter_mut().zip(["←", "→"]) {
                others.dedup();
                if let Some(mention) = mention(arrow, others, blocks) {
                    lines.push(mention);
                }
            }
        }

        let rooms: Vec<f64> = lines.iter().zip(blocks).map(|(lines, block)| room(lines, block)).collect();
        let places = places(&layers, links, &rooms, |block, port| ports(&blocks[block]).1[port]);
        let mut tops = vec![0.0; layers.count + 1];
        let height = |block: usize| {
            let ends = if blocks[block].kind == Kind::Variable { 20.0 } else { 12.0 };
            lines[block].len() as f64 * LINE + ends
        };
        for block in 0..blocks.len() {
            let labels = if blocks[block].ports.iter().any(|port| !port.control) { LABELS } else { 0.0 };
            let next = &mut tops[layers.of[block] + 1];
            *next = f64::max(*next, height(block) + labels);
        }
        tops[0] = TOP;
        let mut bottoms = Vec::with_capacity(layers.count);
        for layer in 0..layers.count {
            bottoms.push(tops[layer] + tops[layer + 1]);
            tops[layer + 1] = bottoms[layer] + BETWEEN;
        }

        let placed: Vec<Placed> = (0..blocks.len())
            .map(|block| {
                let middle = MARGIN + places.middle[block];
                let width = width(&lines[block], &blocks[block]);
                Placed {
                    mentions: lines[block].len() - blocks[block].lines.len(),
                    lines: lines[block].clone(),
                    x: middle - width / 2.0,
                    y: tops[layers.of[block]],
                    width,
                    height: height(block),
                    ports: ports(&blocks[block]).1.iter().map(|port| middle + port).collect(),
                }
            })
            .collect();
        let mut routes = Vec::new();
        for (number, link) in
            links.iter().enumerate().filter(|(number, _)| layers.shown[*number] == Shown::Line)
        {
            let source = &placed[link.from];
            let labelled = !blocks[link.from].ports[link.port].control;
            let start = source.y + source.height + if labelled { LABELS } else { 0.0 };
            let x = source.ports[link.port];
            let mut points = vec![(x, start), (x, bottoms[layers.of[link.from]])];
            for (step, x) in places.bends[number].iter().enumerate() {
                let layer = layers.of[link.from] + 1 + step;
                points.extend([(MARGIN + x, tops[layer]), (MARGIN + x, bottoms[layer])]);
            }
            routes.push(Route { from: link.from, port: link.port, to: link.to, points });
        }
        enter(&mut routes, &placed);
        let last = bottoms.last().copied().unwrap_or(TOP);
        Layout { blocks: placed, routes, width: places.width + 2.0 * MARGIN, height: last + MARGIN }
    }
}

/// How wide a block's ports are together, and where each is, from the block's middle.
fn ports(block: &Block) -> (f64, Vec<f64>) {
    let widths = block.ports.iter().map(|port| columns(&port.label) as f64 * COLUMN * SMALL + 14.0);
    let mut middles = Vec::with_capacity(block.ports.len());
    let mut whole = 0.0;
    for width in widths {
        middles.push(whole + width / 2.0);
        whole += width;
    }
    (whole, middles.into_iter().map(|middle| middle - whole / 2.0).collect())
}

/// `← a, b +3`
fn mention(arrow: &str, others: &[usize], blocks: &[Block]) -> Option<String> {
    let more = match others.len() {
        0 => return None,
        1 | 2 => String::new(),
        count => format!(" +{}", count - 2),
    };
    let room = MENTION - 2 - columns(&more);
    let room = if others.len() > 1 { room / 2 - 1 } else { room };
    let names = others.iter().take(2).map(|&block| shortened(&blocks[block].name, room));
    Some(format!("{arrow} {}{more}", names.collect::<Vec<_>>().join(", ")))
}

/// Ends each line at the top of its block: side by side, in the order in which they come.
fn enter(routes: &mut [Route], placed: &[Placed]) {
    let mut into: Vec<Vec<usize>> = vec![Vec::new(); placed.len()];
    routes.iter().enumerate().for_each(|(number, route)| into[route.to].push(number));
    for (block, mut lines) in placed.iter().zip(into) {
        let comes_from = |route: &Route| route.points.last().map_or(0.0, |point| point.0);
        lines.sort_by(|a, b| comes_from(&routes[*a]).total_cmp(&comes_from(&routes[*b])));
        let step = f64::min(16.0, 0.7 * block.width / lines.len() as f64);
        for (index, &line) in lines.iter().enumerate() {
            let aside = (index as f64 - (lines.len() as f64 - 1.0) / 2.0) * step;
            routes[line].points.push((block.x + block.width / 2.0 + aside, block.y));
        }
    }
}
