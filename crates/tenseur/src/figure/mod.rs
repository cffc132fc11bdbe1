//! Figures: line charts as SVG, for learning curves and whatever else a program has to show.
//!
//! A [`Figure`] is one or more [`Panel`]s, each with its axes and lines. Colours follow the reader's light or dark
//! scheme, and lines differ in dash too, so that they can be told apart without colour. The text is the same on every
//! machine, to the last byte.
//!
//! ```
//! use tenseur::figure::{Figure, Panel};
//!
//! let losses = [2.3, 0.9, 0.4, 0.25];
//! let curve = (1..).zip(losses);
//! let panel = Panel::new("loss").x_label("epoch").y_log().line("training", curve);
//! let svg = Figure::new("Learning curve").panel(panel).to_svg();
//! assert!(svg.starts_with("<svg") && svg.contains("training"));
//! ```

mod axis;
mod svg;

use std::path::Path;

use crate::error::{Error, Result};
use axis::Axis;

/// A picture of one or more panels under a title.
#[derive(Clone, Debug)]
#[must_use = "a figure is seen when it is written"]
pub struct Figure {
    title: String,
    columns: usize,
    panels: Vec<Panel>,
}

/// One chart: lines over two axes.
#[derive(Clone, Debug)]
#[must_use = "a panel is seen in a figure"]
pub struct Panel {
    title: String,
    x: Axis,
    y: Axis,
    lines: Vec<Line>,
    last_value: Option<usize>,
    measured: bool,
}

#[derive(Clone, Debug)]
struct Line {
    name: String,
    points: Vec<(f64, f64)>,
}

impl Figure {
    /// A figure without panels.
    pub fn new(title: impl Into<String>) -> Figure {
        Figure { title: title.into(), columns: 1, panels: Vec::new() }
    }

    /// The same with another panel, below or beside those it has.
    pub fn panel(mut self, panel: Panel) -> Figure {
        self.panels.push(panel);
        self
    }

    /// The same with so many panels side by side. One beneath the other, each panel names its lines where they end;
    /// side by side, the names stand once, under the title.
    pub fn columns(self, columns: usize) -> Figure {
        Figure { columns: columns.max(1), ..self }
    }

    /// The figure as the text of an SVG file.
    pub fn to_svg(&self) -> String {
        svg::draw(self)
    }

    /// Writes the figure, as SVG; folders that are missing are made.
    ///
    /// ```
    /// use tenseur::figure::{Figure, Panel};
    /// let folder = tempfile::tempdir().unwrap();
    /// let path = folder.path().join("figures/line.svg");
    /// Figure::new("A line").panel(Panel::new("y").line("y = x", [(0, 0), (1, 1)])).save(&path)?;
    /// assert!(path.exists());
    /// # Ok::<(), tenseur::Error>(())
    /// ```
    ///
    /// # Errors
    /// When a folder cannot be made or the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let cannot = |error| Error::invalid(format!("cannot write {}: {error}", path.display()));
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(cannot)?;
        }
        crate::formats::write_file(path, self.to_svg().as_bytes()).map_err(cannot)
    }
}

impl Panel {
    /// A panel without lines. The title says what goes up.
    pub fn new(title: impl Into<String>) -> Panel {
        Panel {
            title: title.into(),
            x: Axis::default(),
            y: Axis { fits_ticks: true, ..Axis::default() },
            lines: Vec::new(),
            last_value: None,
            measured: false,
        }
    }

    /// The same with a line through these points, in their order. A point with a coordinate that is not finite, or not
    /// positive where the axis is logarithmic, leaves a gap. Lines of one name look the same in all panels of a figure.
    pub fn line<X: Into<f64>, Y: Into<f64>>(
        mut self,
        name: impl Into<String>,
        points: impl IntoIterator<Item = (X, Y)>,
    ) -> Panel {
        let points = points.into_iter().map(|(x, y)| (x.into(), y.into())).collect();
        self.lines.push(Line { name: name.into(), points });
        self
    }

    /// The same with a name for what goes from left to right.
    pub fn x_label(mut self, label: impl Into<String>) -> Panel {
        self.x.label = label.into();
        self
    }

    /// The same with a logarithmic axis from left to right.
    pub fn x_log(mut self) -> Panel {
        self.x.logarithmic = true;
        self
    }

    /// The same with a logarithmic axis upwards.
    pub fn y_log(mut self) -> Panel {
        self.y.logarithmic = true;
        self
    }

    /// The same with an axis upwards that shows exactly `low` to `high`, whatever the lines do.
    pub fn y_range(mut self, low: f64, high: f64) -> Panel {
        self.y.range = Some((low, high));
        self
    }

    /// The same with an axis upwards on which `value` is to be seen.
    pub fn y_includes(mut self, value: f64) -> Panel {
        self.y.includes.push(value);
        self
    }

    /// The same, with each line's last value written after its name with so many decimals, where the names stand
    /// beside the lines.
    pub fn last_value(self, decimals: usize) -> Panel {
        Panel { last_value: Some(decimals), ..self }
    }

    /// The same, marked as showing measurements that differ from run to run, such as times: its part of the SVG is a
    /// group of class `measured`, which a comparison of figures can leave out.
    pub fn measured(self) -> Panel {
        Panel { measured: true, ..self }
    }
}
