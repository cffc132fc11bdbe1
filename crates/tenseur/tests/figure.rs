//! Figures: well-formed whatever they are given, with everything inside and no name on another.

use proptest::prelude::*;
use roxmltree::{Document, Node};
use tenseur::figure::{Figure, Panel};

fn number(node: Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap_or_else(|| panic!("{node:?} has no {name}")).parse().unwrap()
}

fn class(node: Node<'_, '_>) -> String {
    node.attribute("class").unwrap_or("").to_string()
}

/// The width and height of the drawing.
fn size(document: &Document<'_>) -> (f64, f64) {
    let view: Vec<f64> = document
        .root_element()
        .attribute("viewBox")
        .unwrap()
        .split(' ')
        .map(|n| n.parse().unwrap())
        .collect();
    (view[2], view[3])
}

/// Every text stands inside the drawing, and no two on each other.
fn check_texts(document: &Document<'_>) -> Result<(), TestCaseError> {
    let (width, height) = size(document);
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    let boxes: Vec<(f64, f64, f64, String)> = texts
        .filter_map(|node| {
            let text = node.text()?.to_string();
            let wide = text.chars().count() as f64 * 6.5;
            let left = number(node, "x")
                - match node.attribute("text-anchor") {
                    Some("end") => wide,
                    Some("middle") => wide / 2.0,
                    _ => 0.0,
                };
            Some((left, left + wide, number(node, "y"), text))
        })
        .collect();
    for (number, one) in boxes.iter().enumerate() {
        prop_assert!(
            one.0 > -30.0 && one.1 < width + 10.0 && (10.0..=height).contains(&one.2),
            "{one:?} in {width} × {height}"
        );
        for other in &boxes[number + 1..] {
            let apart = one.1 <= other.0 || other.1 <= one.0 || (one.2 - other.2).abs() > 11.0;
            prop_assert!(apart, "{one:?} and {other:?}");
        }
    }
    Ok(())
}

fn names() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,12}", "\\PC{0,8}", Just("<b>&\"'\u{0}\u{1b}".to_string()), Just("w".repeat(300))]
}

prop_compose! {
    fn panels()(
        title in names(),
        label in names(),
        lines in prop::collection::vec((names(), prop::collection::vec((-1e3..1e3f64, prop_oneof![-5.0..5.0f64, Just(f64::NAN), Just(f64::INFINITY), prop::num::f64::ANY]), 0..12)), 0..6),
        (x_log, y_log, last, measured) in (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
        range in prop::option::of((prop::num::f64::ANY, prop::num::f64::ANY)),
    ) -> Panel {
        let mut panel = Panel::new(title).x_label(label);
        for (name, points) in lines {
            panel = panel.line(name, points);
        }
        panel = if let Some((low, high)) = range { panel.y_range(low, high) } else { panel };
        panel = if x_log { panel.x_log() } else { panel };
        panel = if y_log { panel.y_log() } else { panel };
        panel = if last { panel.last_value(2) } else { panel };
        if measured { panel.measured() } else { panel }
    }
}

proptest! {
    #[test]
    fn any_figure_is_well_formed(title in names(), panels in prop::collection::vec(panels(), 0..5), columns in 0..5usize) {
        let figure = panels.into_iter().fold(Figure::new(title).columns(columns), Figure::panel);
        let svg = figure.to_svg();
        prop_assert!(!svg.contains("NaN") && !svg.contains("inf,") && !svg.contains("inf\""), "{svg}");
        let document = Document::parse(&svg).map_err(|error| TestCaseError::fail(format!("{error}: {svg}")))?;
        let root = document.root_element();
        prop_assert_eq!(root.attribute("role"), Some("img"));
        prop_assert!(root.attribute("aria-label").is_some() && root.descendants().any(|node| node.has_tag_name("title")));
    }

    #[test]
    fn texts_keep_apart(
        ends in prop::collection::vec(-3.0..3.0f64, 1..8),
        columns in 1..4usize,
        (power, first, factor) in (-8..8i32, -4.0..4.0f64, 0.01..6.0f64),
        x_log: bool,
    ) {
        let scale = 10f64.powi(power);
        let (first, last) = (10f64.powf(first), 10f64.powf(first + factor));
        let panel = |title: &str| {
            let panel = Panel::new(title).x_label("step");
            let panel = if x_log { panel.x_log() } else { panel };
            ends.iter().enumerate().fold(panel, |panel, (number, end)| {
                panel.line(format!("line {number}"), [(first, 0.0), (last, end * scale)])
            })
        };
        let panels = (0..columns).map(|_| panel("a panel"));
        let figure = panels.fold(Figure::new("a figure").columns(columns), Figure::panel);
        check_texts(&Document::parse(&figure.to_svg()).unwrap())?;
    }
}

#[test]
fn lines_of_one_name_look_alike_and_others_differ_in_dash_too() {
    let line = [(0, 0), (1, 1)];
    let one = Panel::new("one").line("a", line).line("b", line);
    let two = Panel::new("two").line("b", line).line("c", line);
    let svg = Figure::new("two panels").panel(one).panel(two).to_svg();
    let document = Document::parse(&svg).unwrap();
    let drawn =
        document.descendants().filter(|node| node.has_tag_name("svg") && node.parent_element().is_some());
    let classes: Vec<Vec<String>> =
        drawn.map(|chart| chart.children().filter(|node| node.is_element()).map(class).collect()).collect();
    assert_eq!(classes, [["l0", "l1"], ["l1", "l2"]]);
    let dashes: Vec<&str> =
        svg.split("stroke-dasharray:").skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
    assert_eq!(dashes.len(), 3);
    assert!(dashes[0] != dashes[1] && dashes[1] != dashes[2] && dashes[0] != dashes[2], "{dashes:?}");
}

#[test]
fn points_stand_where_their_values_say() {
    let panel = Panel::new("y").y_range(0.0, 10.0).line("a", [(0.0, 0.0), (5.0, 2.5), (10.0, 10.0)]);
    let svg = Figure::new("places").panel(panel).to_svg();
    let document = Document::parse(&svg).unwrap();
    let chart = document
        .descendants()
        .find(|node| node.has_tag_name("svg") && node.parent_element().is_some())
        .unwrap();
    let (wide, high) = (number(chart, "width") - 4.0, number(chart, "height") - 4.0);
    let path = chart.first_element_child().unwrap().attribute("d").unwrap();
    let places: Vec<(f64, f64)> = path[1..]
        .split('L')
        .map(|place| place.split_once(' ').unwrap())
        .map(|(x, y)| {
            ((x.parse::<f64>().unwrap() - 2.0) / wide, 1.0 - (y.parse::<f64>().unwrap() - 2.0) / high)
        })
        .collect();
    for (place, want) in places.iter().zip([(0.0, 0.0), (0.5, 0.25), (1.0, 1.0)]) {
        assert!((place.0 - want.0).abs() < 1e-3 && (place.1 - want.1).abs() < 1e-3, "{places:?}");
    }
}

#[test]
fn a_gap_ends_a_stroke_and_a_point_alone_is_seen() {
    let panel = Panel::new("y").line("a", [(0.0, 0.0), (1.0, 1.0), (2.0, f64::NAN), (3.0, 1.0)]);
    let svg = Figure::new("gap").panel(panel).to_svg();
    let path =
        svg.split(" d=\"").find(|rest| rest.contains('L')).unwrap().split('"').next().unwrap().to_string();
    assert_eq!((path.matches('M').count(), path.matches('L').count()), (2, 1), "{path}");
    assert!(path.ends_with("m-2 0h4"), "{path}");
}

#[test]
fn a_line_of_many_points_stays_small_and_keeps_its_extremes() {
    let value = |step: u32| if step == 77_777 { 9.0 } else { f64::from(step % 7) };
    let many = Panel::new("y").line("a", (0..100_000).map(|step| (step, value(step))));
    let svg = Figure::new("many points").panel(many).to_svg();
    assert!(svg.len() < 50_000, "{} bytes", svg.len());
    let path = svg.split(" d=\"").max_by_key(|rest| rest.len()).unwrap().split('"').next().unwrap();
    let heights = path[1..].split('L').map(|place| place.split_once(' ').unwrap().1);
    // From 0 to 10, so 9 stands a tenth below the top of 220.
    assert_eq!(heights.map(|down| down.parse::<f64>().unwrap()).fold(f64::MAX, f64::min), 24.0);
}

#[test]
fn only_what_is_measured_is_marked_so() {
    let panel = |title: &str| Panel::new(title).line("a", [(0, 0), (1, 1)]);
    let svg = Figure::new("times").panel(panel("loss")).panel(panel("time").measured()).to_svg();
    let document = Document::parse(&svg).unwrap();
    let marked: Vec<Node<'_, '_>> =
        document.descendants().filter(|node| class(*node) == "measured").collect();
    assert_eq!(marked.len(), 1);
    let texts: Vec<&str> = marked[0].descendants().filter_map(|node| node.text()).collect();
    assert!(texts.contains(&"time") && !texts.contains(&"loss"), "{texts:?}");
}
