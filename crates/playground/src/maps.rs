//! The pictures' numbers: the output, and each neuron, over a grid of the plane. One forward pass over all of the grid's
//! points gives all of them.

use tenseur::prelude::*;
use tenseur::{Prepared, Result};

use crate::data::DOMAIN;
use crate::network::Network;
use crate::protocol::{Neuron, Parts};

/// The sides of full maps and of thumbnails, in points.
pub const MAP_SIDE: usize = 100;
/// The side of thumbnails, in points: each is the mean of a square of the full map's.
pub const THUMBNAIL_SIDE: usize = 20;

const BLOCK: usize = MAP_SIDE / THUMBNAIL_SIDE;
const POINTS: usize = MAP_SIDE * MAP_SIDE;

/// The grid, and the prepared call over it.
pub(crate) struct Maps {
    grid: Array,
    call: Prepared,
    /// The seven features over the grid, `[10000, 7]`.
    features: Vec<f32>,
    /// Units of each hidden layer, then of the output.
    units: Vec<usize>,
}

impl Maps {
    /// Maps of a network.
    ///
    /// # Errors
    /// None that is known.
    pub(crate) fn new(network: &Network, session: &Session) -> Result<Maps> {
        let grid = grid()?;
        let mut wanted = vec![network.shown.clone()];
        wanted.extend(network.layers.iter().map(|layer| layer.outputs.clone()));
        let call = session.prepare(&wanted[..], &[(&network.points, &grid)])?;
        let features = session.run(&network.all_features, feeds![network.points => &grid])?;
        let units = network.layers.iter().map(|layer| layer.units).collect();
        Ok(Maps { grid, call, features: features.as_slice::<f32>()?.to_vec(), units })
    }

    /// Adds the output's maps, all thumbnails, and the full map of one neuron, to a frame.
    ///
    /// # Errors
    /// When there is no such neuron.
    pub(crate) fn add_to(&mut self, parts: &mut Parts, watch: Option<Neuron>) -> Result<()> {
        self.call.run(&[&self.grid])?;
        let mut numbers = Vec::new();
        let shown = self.call.output(0).as_slice::<f32>()?;
        let outputs = shown.len() / POINTS;
        (0..outputs).for_each(|output| numbers.extend(column(shown, outputs, output)));
        parts.add("output", &[outputs, MAP_SIDE, MAP_SIDE], &numbers);

        numbers.clear();
        thumbnails(&self.features, 7, &mut numbers);
        for (layer, &units) in self.units.iter().enumerate() {
            thumbnails(self.call.output(1 + layer).as_slice::<f32>()?, units, &mut numbers);
        }
        let count = 7 + self.units.iter().sum::<usize>();
        parts.add("thumbnails", &[count, THUMBNAIL_SIDE, THUMBNAIL_SIDE], &numbers);

        let Some(Neuron { layer, unit }) = watch else { return Ok(()) };
        let (values, units) = match usize::try_from(layer) {
            Err(_) => (&self.features[..], 7),
            Ok(layer) if layer < self.units.len() => {
                (self.call.output(1 + layer).as_slice::<f32>()?, self.units[layer])
            }
            Ok(layer) => return Err(tenseur::Error::invalid(format!("there is no layer {layer} to watch"))),
        };
        if unit >= units {
            return Err(tenseur::Error::invalid(format!("layer {layer} has no unit {unit} to watch")));
        }
        numbers.clear();
        numbers.extend(column(values, units, unit));
        parts.add("watched", &[MAP_SIDE, MAP_SIDE], &numbers);
        Ok(())
    }
}

/// One column of `[points, columns]`.
fn column(values: &[f32], columns: usize, column: usize) -> impl Iterator<Item = f32> + '_ {
    values.iter().skip(column).step_by(columns).copied()
}

/// Appends the thumbnail of each column of `[10000, columns]`.
fn thumbnails(values: &[f32], columns: usize, out: &mut Vec<f32>) {
    let start = out.len();
    let side = THUMBNAIL_SIDE * THUMBNAIL_SIDE;
    out.resize(start + columns * side, 0.0);
    let out = &mut out[start..];
    for (point, row) in values.chunks_exact(columns).enumerate() {
        let place = point / MAP_SIDE / BLOCK * THUMBNAIL_SIDE + point % MAP_SIDE / BLOCK;
        for (column, value) in row.iter().enumerate() {
            out[column * side + place] += value;
        }
    }
    out.iter_mut().for_each(|sum| *sum /= (BLOCK * BLOCK) as f32);
}

/// The points of the grid, `[10000, 2]`, row by row from the upper left.
fn grid() -> Result<Array> {
    let at = |index: usize| (2.0 * DOMAIN * index as f64 / (MAP_SIDE - 1) as f64 - DOMAIN) as f32;
    let points = (0..POINTS).flat_map(|point| [at(point % MAP_SIDE), -at(point / MAP_SIDE)]);
    Array::new([POINTS, 2], points.collect::<Vec<f32>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_goes_from_corner_to_corner() {
        let grid = grid().unwrap();
        let points = grid.as_slice::<f32>().unwrap();
        assert_eq!(points[..2], [-6.0, 6.0]);
        assert_eq!(points[2 * (POINTS - 1)..], [6.0, -6.0]);
        assert_eq!(points[2 * (MAP_SIDE - 1)..][..2], [6.0, 6.0]);
    }

    #[test]
    fn thumbnails_are_means_of_squares() {
        let values: Vec<f32> = (0..POINTS).flat_map(|point| [1.0, (point / MAP_SIDE) as f32]).collect();
        let mut out = Vec::new();
        thumbnails(&values, 2, &mut out);
        assert!(out[..400].iter().all(|mean| *mean == 1.0));
        assert_eq!(out[400..][..3], [2.0, 2.0, 2.0]);
        assert_eq!(out[799], 97.0);
    }
}
