//! The losses of the epochs, as the chart shows them: as many rows as there is room for, evenly thinned.

/// The most rows.
const MOST_ROWS: usize = 600;

/// Epoch, training loss, test loss, training accuracy, test accuracy (−1 where there is none).
pub(crate) type Row = [f32; 5];

/// The rows of a chart.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    rows: Vec<Row>,
    /// Every so many epochs has a row.
    stride: u64,
}

impl Default for Chart {
    fn default() -> Chart {
        Chart { rows: Vec::new(), stride: 1 }
    }
}

impl Chart {
    /// Whether the epoch is to have a row.
    pub(crate) fn wants(&self, epoch: u64) -> bool {
        epoch.is_multiple_of(self.stride) && self.rows.last().is_none_or(|row| row[0] < epoch as f32)
    }

    /// Adds a row.
    pub(crate) fn add(&mut self, row: Row) {
        self.rows.push(row);
        if self.rows.len() > MOST_ROWS {
            self.stride *= 2;
            let stride = self.stride;
            self.rows.retain(|row| (row[0] as u64).is_multiple_of(stride));
        }
    }

    /// Takes away what lies after an epoch.
    pub(crate) fn cut(&mut self, epoch: u64) {
        self.rows.retain(|row| row[0] <= epoch as f32);
    }

    /// The rows, one after the other.
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_bounded_and_evenly_spread() {
        let mut chart = Chart::default();
        for epoch in 0..100_000 {
            if chart.wants(epoch) {
                chart.add([epoch as f32, 0.0, 0.0, -1.0, -1.0]);
            }
            assert!(chart.rows().len() <= MOST_ROWS);
        }
        let gaps: Vec<f32> = chart.rows().windows(2).map(|pair| pair[1][0] - pair[0][0]).collect();
        assert!(gaps.iter().all(|gap| *gap == gaps[0]), "{gaps:?}");
        assert!(chart.rows().len() > MOST_ROWS / 3);
        chart.cut(500);
        assert!(chart.rows().iter().all(|row| row[0] <= 500.0) && chart.wants(1024));
    }
}
