//! How cost grows, as a picture: a panel for each size, a line for each system.

use serde_json::Value;
use tenseur::figure::{Figure, Panel};

use crate::Mistake;

/// Reads `{"title": …, "panels": [{"title", "x", "lines": {NAME: [[size, time], …]}}]}` and draws it.
pub(crate) fn draw(results: &str, picture: &str) -> Result<(), Mistake> {
    let results: Value = serde_json::from_str(&std::fs::read_to_string(results)?)?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let mut figure = Figure::new(text(&results["title"])).columns(3);
    for panel in results["panels"].as_array().into_iter().flatten() {
        let mut drawn =
            Panel::new(text(&panel["title"])).x_label(text(&panel["x"])).x_log().y_log().measured();
        for (name, points) in panel["lines"].as_object().into_iter().flatten() {
            let points: Vec<(f64, f64)> = serde_json::from_value(points.clone())?;
            drawn = drawn.line(name, points);
        }
        figure = figure.panel(drawn);
    }
    Ok(figure.save(picture)?)
}
