//! Neurons and weights in a terminal: every neuron of a layer is joined with every one of the next, so the lines between
//! two layers are drawn as one bundle.

use super::{Column, weights};
use crate::draw::dense_network::DenseNetwork;
use crate::draw::svg::columns as width;

/// A picture made of characters.
struct Canvas {
    rows: Vec<Vec<char>>,
}

impl Canvas {
    fn put(&mut self, row: usize, column: usize, text: &str) {
        while self.rows.len() <= row {
            self.rows.push(Vec::new());
        }
        let line = &mut self.rows[row];
        for (index, character) in text.chars().enumerate() {
            while line.len() <= column + index {
                line.push(' ');
            }
            line[column + index] = character;
        }
    }

    fn text(&self) -> String {
        let line = |row: &Vec<char>| row.iter().collect::<String>().trim_end().to_string() + "\n";
        self.rows.iter().map(line).collect()
    }
}

pub(super) fn text(network: &DenseNetwork, columns: &[Column]) -> String {
    let rows: Vec<Vec<usize>> = columns.iter().map(|column| rows(column.neurons.len())).collect();
    let height = rows.iter().map(|rows| rows[rows.len() - 1] + 1).max().unwrap_or(1);
    let middle = height / 2;
    let place = |rows: &[usize]| -> Vec<usize> {
        let above = middle - rows[rows.len() - 1] / 2;
        rows.iter().map(|row| row + above).collect()
    };
    let widest = |column: &Column| column.captions.iter().map(|caption| width(caption)).max().unwrap_or(0);
    let names = columns[0].names.iter().map(|name| width(name)).max().unwrap_or(0);

    let mut canvas = Canvas { rows: Vec::new() };
    let mut at = 2 + (names + 1).max(widest(&columns[0]) / 2);
    for (number, column) in columns.iter().enumerate() {
        let rows = place(&rows[number]);
        for ((row, neuron), name) in rows.iter().zip(&column.neurons).zip(&column.names) {
            canvas.put(*row, at, if neuron.is_some() { "○" } else { "⋮" });
            if number == 0 {
                canvas.put(*row, at - 1 - width(name), name);
            }
        }
        for (line, caption) in column.captions.iter().enumerate() {
            canvas.put(height + 1 + line, at - width(caption) / 2, caption);
        }
        let Some(next) = columns.get(number + 1) else { break };
        let label = format!(" {} ", weights(&network.layers[number]));
        let room = (width(&label) + 10).max(widest(column) / 2 + widest(next).div_ceil(2) + 3);
        let (left, right) = (at + 3, at + room - 3);
        canvas.put(middle, left, &"─".repeat(right - left));
        canvas.put(middle, left + 1 + (right - left - width(&label)) / 2, &label);
        bundle(&mut canvas, left, &rows, middle, true);
        bundle(&mut canvas, right, &place(&self::rows(next.neurons.len())), middle, false);
        at += room;
    }
    canvas.text()
}

/// The rows of a layer's neurons, from 0: an even number leaves a row free in the middle, for the lines.
fn rows(count: usize) -> Vec<usize> {
    (0..count)
        .map(|index| if count.is_multiple_of(2) && index >= count / 2 { index + 1 } else { index })
        .collect()
}

/// The lines of neurons in `rows` come together in `column`; neurons are to the left of it, or to the right.
fn bundle(canvas: &mut Canvas, column: usize, rows: &[usize], middle: usize, neurons_left: bool) {
    let (first, last) = (rows[0], rows[rows.len() - 1]);
    for row in first..=last {
        let is_neuron = rows.contains(&row);
        let corner = match (is_neuron, row == middle, neurons_left) {
            _ if first == last => "─",
            (true, true, _) => "┼",
            (true, false, true) if row == first => "╮",
            (true, false, true) if row == last => "╯",
            (true, false, false) if row == first => "╭",
            (true, false, false) if row == last => "╰",
            (true, false, true) | (false, true, false) => "┤",
            (true, false, false) | (false, true, true) => "├",
            (false, false, _) => "│",
        };
        canvas.put(row, column, corner);
        if is_neuron {
            canvas.put(row, if neurons_left { column - 1 } else { column + 1 }, "─");
        }
    }
}
