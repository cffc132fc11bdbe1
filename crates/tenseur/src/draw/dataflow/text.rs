//! The dataflow graph in a terminal: a line for each block, after what it needs, and to its left a rail for each tensor
//! that is still needed further down.

use std::fmt::Write;

use super::blocks::{Block, Blocks, Kind};
use crate::draw::svg::{columns, padded, shortened};

/// Rails over more lines than this are not drawn, and no more rails than this beside each other: the names of what a
/// block needs say it all.
const LONGEST_RAIL: usize = 40;
const MOST_RAILS: usize = 20;
/// A block that needs more than this many others names only the first.
const MOST_SOURCES: usize = 8;
const MOST_NAME: usize = 36;
const MOST_CALL: usize = 56;

fn glyph(kind: Kind) -> char {
    match kind {
        Kind::Placeholder => '◇',
        Kind::Variable => '▣',
        Kind::Constant => '▫',
        Kind::Operation => '●',
        Kind::Scope => '▤',
    }
}

pub(super) fn text(title: &str, blocks: &Blocks) -> String {
    let nodes: usize = blocks.blocks.iter().map(|block| block.members.len()).sum();
    let count = blocks.blocks.len();
    let mut text = format!("{}: {nodes} nodes", shortened(title, 200));
    if nodes != count {
        let _ = write!(text, " in {count} blocks");
    }
    text.push('\n');
    if count == 0 {
        return text;
    }
    text.push('\n');
    let order = order(&blocks.blocks);
    let mut at = vec![0; count];
    order.iter().enumerate().for_each(|(line, &block)| at[block] = line);
    let rails = rails(&blocks.blocks, &order, &at);
    let rows: Vec<[String; 4]> = order
        .iter()
        .zip(rails)
        .map(|(&number, rail)| {
            let block = &blocks.blocks[number];
            let calls = call(&blocks.blocks, number, &at);
            [rail, shortened(&block.name, MOST_NAME), shortened(&calls, MOST_CALL), leaving(block)]
        })
        .collect();
    let width = |column: usize| rows.iter().map(|row| columns(&row[column])).max().unwrap_or(0);
    let widths = [width(0) + 3, width(1) + 2, width(2) + 2];
    for row in &rows {
        let line: String = row.iter().zip(widths).map(|(cell, width)| padded(cell, width)).collect();
        let _ = writeln!(text, "{}", format!("{line}{}", row[3]).trim_end());
    }
    let used = |kind: &Kind| blocks.blocks.iter().any(|block| block.kind == *kind);
    let legend: Vec<String> =
        Kind::ALL.into_iter().filter(used).map(|kind| format!("{} {}", glyph(kind), kind.word())).collect();
    let _ = writeln!(text, "\n{}", legend.join("  "));
    text
}

/// The blocks, each after what it needs (as far as there are no circles), and as short after it as can be.
fn order(blocks: &[Block]) -> Vec<usize> {
    let mut is_needed = vec![false; blocks.len()];
    blocks.iter().flat_map(|block| &block.sources).for_each(|source| is_needed[source.block] = true);
    let ends = (0..blocks.len()).filter(|&block| !is_needed[block]);
    let mut seen = vec![false; blocks.len()];
    let mut order = Vec::with_capacity(blocks.len());
    for end in ends.chain(0..blocks.len()) {
        if std::mem::replace(&mut seen[end], true) {
            continue;
        }
        let mut walk = vec![(end, 0)];
        while let Some((block, next)) = walk.last_mut() {
            match blocks[*block].sources.get(*next) {
                Some(source) => {
                    *next += 1;
                    if !std::mem::replace(&mut seen[source.block], true) {
                        walk.push((source.block, 0));
                    }
                }
                None => {
                    order.push(*block);
                    walk.pop();
                }
            }
        }
    }
    order
}

/// The rails beside each line, the block's own mark among them.
fn rails(blocks: &[Block], order: &[usize], at: &[usize]) -> Vec<String> {
    let earlier = |block: usize| {
        let sources = blocks[block].sources.iter().map(|source| source.block);
        sources.filter(move |source| (1..=LONGEST_RAIL).contains(&at[block].saturating_sub(at[*source])))
    };
    let mut takers = vec![0; blocks.len()];
    (0..blocks.len()).flat_map(earlier).for_each(|source| takers[source] += 1);
    // Which block's tensor each rail carries.
    let mut rails: Vec<Option<usize>> = Vec::new();
    let mut lines = Vec::with_capacity(order.len());
    for &block in order {
        let mut joins: Vec<(usize, bool)> = Vec::new();
        for source in earlier(block) {
            if let Some(rail) = rails.iter().position(|rail| *rail == Some(source)) {
                takers[source] -= 1;
                let ends = takers[source] == 0;
                joins.push((rail, ends));
                if ends {
                    rails[rail] = None;
                }
            }
        }
        let own = joins.iter().filter(|(_, ends)| *ends).map(|(rail, _)| *rail).min();
        let own = own.or_else(|| rails.iter().position(Option::is_none)).unwrap_or(rails.len());
        if own == rails.len() {
            rails.push(None);
        }
        lines.push(rail_line(&rails, own, &joins, glyph(blocks[block].kind)));
        rails[own] = (takers[block] > 0).then_some(block);
        while rails.last() == Some(&None) {
            rails.pop();
        }
    }
    lines
}

fn rail_line(rails: &[Option<usize>], own: usize, joins: &[(usize, bool)], mark: char) -> String {
    let first = joins.iter().map(|join| join.0).min().unwrap_or(own).min(own);
    let last = joins.iter().map(|join| join.0).max().unwrap_or(own).max(own);
    let mut line = String::new();
    for (rail, carried) in rails.iter().enumerate().take(MOST_RAILS) {
        let inside = first <= rail && rail <= last;
        let join = joins.iter().find(|join| join.0 == rail).map(|join| join.1);
        line.push(match join {
            _ if rail == own => mark,
            Some(true) if rail == first => '└',
            Some(true) if rail == last => '┘',
            Some(true) => '┴',
            Some(false) if rail == first => '├',
            Some(false) if rail == last => '┤',
            Some(false) => '┼',
            None if carried.is_some() => '│',
            None if inside => '─',
            None => ' ',
        });
        line.push(if first <= rail && rail < last { '─' } else { ' ' });
    }
    if rails.len() > MOST_RAILS {
        line.push_str(if own >= MOST_RAILS { "… " } else { "  " });
        if own >= MOST_RAILS {
            line.push(mark);
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// `MatMul(x, w)`
fn call(blocks: &[Block], number: usize, at: &[usize]) -> String {
    let block = &blocks[number];
    let what = match (block.kind, &block.lines[..]) {
        (Kind::Constant, [value, _]) if *value != block.what => format!("{} {value}", block.what),
        _ => block.what.clone(),
    };
    let names = block.sources.iter().take(MOST_SOURCES);
    let mut names: Vec<String> = names
        .map(|source| {
            let mark = match (source.control, at[source.block] > at[number]) {
                (true, _) => "^",
                (_, true) => "↻ ",
                _ => "",
            };
            format!("{mark}{}", blocks[source.block].name)
        })
        .collect();
    if block.sources.len() > MOST_SOURCES {
        names.push(format!("{} more", block.sources.len() - MOST_SOURCES));
    }
    match names.is_empty() {
        true => what,
        false => format!("{what}({})", names.join(", ")),
    }
}

/// The types and shapes of what leaves a block, each once.
fn leaving(block: &Block) -> String {
    let mut labels: Vec<&str> = Vec::new();
    for port in block.ports.iter().filter(|port| !port.control) {
        if !labels.contains(&port.label.as_str()) {
            labels.push(&port.label);
        }
    }
    shortened(&labels.join(", "), 60)
}
