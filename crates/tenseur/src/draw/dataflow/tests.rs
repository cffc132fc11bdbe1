use std::collections::HashSet;

use proptest::prelude::*;

use super::blocks::Kind;
use super::layout::{FONT, Layout, SMALL};
use super::*;
use crate::draw::layering::WIDEST;
use crate::draw::svg::{COLUMN, columns};
use crate::prelude::{feeds, nn, train};
use crate::train::Optimizer as _;
use crate::{Session, Tensor};

fn blocks(drawing: &Dataflow) -> Blocks {
    let contents = drawing.graph.read();
    let shown = vec![true; contents.nodes.len()];
    Blocks::new(&contents, &shown, &Folding { depth: drawing.depth, open: &drawing.open })
}

/// What must hold of every drawing.
fn checked(drawing: &Dataflow) -> Drawing {
    let blocks = blocks(drawing);
    every_node_once(&drawing.graph, &blocks);
    every_edge_linked(&drawing.graph, &blocks);
    nothing_overlaps(&Layout::new(&blocks));
    let drawn = drawing.draw().unwrap();
    well_formed(&drawn.svg, &blocks);
    every_block_has_a_line(&drawn.text, &blocks);
    drawn
}

fn every_node_once(graph: &Graph, blocks: &Blocks) {
    let mut members: Vec<usize> =
        blocks.blocks.iter().flat_map(|block| &block.members).map(|id| id.index()).collect();
    members.sort_unstable();
    assert_eq!(members, (0..graph.len()).collect::<Vec<_>>());
}

/// Every edge between nodes of two blocks is a link between these, and there are no other links.
fn every_edge_linked(graph: &Graph, blocks: &Blocks) {
    let mut of = vec![0; graph.len()];
    for (number, block) in blocks.blocks.iter().enumerate() {
        block.members.iter().for_each(|id| of[id.index()] = number);
    }
    let mut expected = HashSet::new();
    for operation in graph.operations() {
        let node = graph.node(operation.id()).unwrap();
        let to = of[operation.id().index()];
        expected.extend(node.inputs.iter().map(|edge| (of[edge.node.index()], to, false)));
        expected.extend(node.control_inputs.iter().map(|control| (of[control.index()], to, true)));
    }
    expected.retain(|(from, to, _)| from != to);
    let control = |link: &crate::draw::layering::Link| blocks.blocks[link.from].ports[link.port].control;
    let linked: HashSet<_> = blocks.links.iter().map(|link| (link.from, link.to, control(link))).collect();
    assert_eq!(linked, expected);
}

fn nothing_overlaps(layout: &Layout) {
    let mut rows: Vec<&super::layout::Placed> = layout.blocks.iter().collect();
    rows.sort_by(|a, b| a.y.total_cmp(&b.y).then(a.x.total_cmp(&b.x)));
    for pair in rows.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        assert!(a.y < b.y || a.x + a.width <= b.x, "{a:?} and {b:?} overlap");
    }
    // The blocks of a layer begin at the same height, and the next layer below all of them.
    for (index, a) in rows.iter().enumerate() {
        if let Some(next) = rows[index..].iter().find(|b| b.y > a.y) {
            assert!(a.y + a.height < next.y, "{a:?} reaches into {next:?}");
        }
    }
    for block in &layout.blocks {
        for line in &block.lines {
            assert!(
                columns(line) as f64 * COLUMN * FONT <= block.width - 8.0,
                "\"{line}\" is wider than {block:?}"
            );
        }
        assert!(
            block.x >= 0.0
                && block.x + block.width <= layout.width
                && block.y + block.height <= layout.height
        );
    }
    for route in &layout.routes {
        assert!(route.points.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{route:?} goes up");
        let (from, to) = (&layout.blocks[route.from], &layout.blocks[route.to]);
        let (x, y) = route.points[route.points.len() - 1];
        assert!(y == to.y && to.x <= x && x <= to.x + to.width && from.y + from.height <= route.points[0].1);
    }
}

fn well_formed(svg: &str, blocks: &Blocks) {
    let document = roxmltree::Document::parse(svg).unwrap_or_else(|error| panic!("{error}: {svg}"));
    let root = document.root_element();
    assert!(root.attribute("role") == Some("img") && root.attribute("aria-label").is_some());
    let drawn = root.descendants().filter(|node| node.attribute("class") == Some("block")).count();
    assert_eq!(drawn, blocks.blocks.len());
    let number = |name| root.attribute(name).unwrap().parse::<f64>().unwrap();
    for text in root.descendants().filter(|node| node.has_tag_name("text")) {
        let at = |name: &str| text.attribute(name).unwrap().parse::<f64>().unwrap();
        let words: String =
            text.descendants().filter(|node| node.is_text()).filter_map(|node| node.text()).collect();
        assert!(at("y") < number("height"));
        let class = text.attribute("class").unwrap_or("");
        if class == "l" {
            let half = columns(&words) as f64 * COLUMN * SMALL / 2.0;
            assert!(at("x") - half >= 0.0 && at("x") + half <= number("width"), "{words}");
        }
    }
    for forbidden in ["script", "foreignObject", "image"] {
        assert!(!root.descendants().any(|node| node.has_tag_name(forbidden)));
    }
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
}

fn every_block_has_a_line(text: &str, blocks: &Blocks) {
    let lines = text.lines().skip(2).take_while(|line| !line.is_empty()).count();
    assert_eq!(lines, blocks.blocks.len(), "{text}");
}

fn learning_network() -> Graph {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(3)], "x");
    let hidden = nn::dense(&x, 4, nn::relu, "layer1");
    let y = nn::dense(hidden, 2, nn::tanh, "layer2");
    let cost = y.square().reduce_mean(..);
    let _ = train::AdamOptimizer::new(0.1).minimize(&cost);
    let _ = tf.global_variables_initializer();
    tf
}

#[test]
fn a_network_that_learns_is_drawn_at_every_depth() {
    let tf = learning_network();
    let drawing = dataflow(&tf);
    for drawing in
        [drawing.clone(), drawing.clone().depth(1), drawing.clone().depth(9), drawing.clone().open("layer1")]
    {
        checked(&drawing);
    }
    let unfolded = blocks(&drawing.clone().unfolded());
    assert_eq!(unfolded.blocks.len(), tf.len());
    checked(&drawing.unfolded());
}

#[test]
fn folding_keeps_scopes_together_and_variables_whole() {
    let tf = learning_network();
    let named = |drawing: &Dataflow, name: &str| -> Option<(Kind, usize)> {
        let blocks = blocks(drawing);
        blocks.blocks.iter().find(|block| block.name == name).map(|block| (block.kind, block.members.len()))
    };
    let folded = dataflow(&tf);
    assert!(matches!(named(&folded, "layer1"), Some((Kind::Scope, _))));
    assert_eq!(named(&folded, "x"), Some((Kind::Placeholder, 1)));
    let open = folded.open("layer1/");
    assert!(matches!(named(&open, "layer1/kernel"), Some((Kind::Variable, 3..))));
    assert_eq!(named(&open, "layer1/MatMul"), Some((Kind::Operation, 1)));
    assert!(matches!(named(&open, "layer2"), Some((Kind::Scope, _))));
    assert_eq!(named(&open.unfolded(), "layer1/kernel/read"), Some((Kind::Operation, 1)));
}

#[test]
fn only_what_is_needed_is_drawn() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None], "x");
    let y = (&x * 2.0).named("y");
    let _other = (&x * 3.0).named("other");
    let text = dataflow(&tf).needed_for([&y]).draw().unwrap().text;
    assert!(text.contains("y ") && !text.contains("other"), "{text}");
}

#[test]
fn mistakes_are_told() {
    let (tf, other) = (learning_network(), Graph::new());
    let error = dataflow(&tf).open("layer3").draw().unwrap_err().to_string();
    assert!(error.contains("no name scope called \"layer3\"") && error.contains("hint"), "{error}");
    let x = other.placeholder::<f32>([None], "x");
    let error = dataflow(&tf).needed_for([&x]).draw().unwrap_err().to_string();
    assert!(error.contains("belongs to another graph"), "{error}");
}

#[test]
fn control_inputs_are_dashed_and_many_tensors_are_one_line() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None], "x");
    let first = (&x * 2.0).named("first");
    let after = {
        let _after = tf.control_dependencies([&first.op()]);
        (&x + 1.0).named("after")
    };
    let drawn = checked(&dataflow(&tf));
    assert!(drawn.svg.contains("class=\"s c\"") && drawn.svg.contains("runs before"));
    assert!(drawn.text.contains("^first"), "{}", drawn.text);
    assert!(drawn.dot.unwrap().contains("style=dashed"));
    let parts: Vec<Tensor> = {
        let _scope = tf.name_scope("parts");
        (0..6).map(|i| &after * f64::from(i)).collect()
    };
    let _all = tf.concat(&parts, 0);
    assert!(checked(&dataflow(&tf)).text.contains("6 tensors"));
    let rows = tf.placeholder::<f32>([Some(500), None], "rows").unstack(0);
    let _sums: Vec<Tensor> = rows.iter().map(|row| row + 1.0).collect();
    assert!(checked(&dataflow(&tf)).text.contains("500 tensors"));
}

#[test]
fn an_empty_graph_and_a_single_node_are_drawn() {
    let tf = Graph::new();
    let empty = checked(&dataflow(&tf));
    assert_eq!(empty.text, "dataflow graph: 0 nodes\n");
    let _x = tf.placeholder::<f32>([None], "x");
    checked(&dataflow(&tf));
}

#[test]
fn hostile_and_long_names_are_harmless() {
    let tf = Graph::new();
    let long = "very_long_name_".repeat(400);
    let x = tf.placeholder::<f32>([None], &long);
    let _shown = tf.constant("<&>").named("a><b");
    let _too_long = tf.constant("</text><script>alert(\"&\")</script>");
    let _y = (x * 2.0).named(&format!("{long}2"));
    let drawn = checked(&dataflow(&tf).title("<&\"> \u{7}\u{1b}[31m"));
    assert!(drawn.svg.contains("&lt;&amp;&gt;") && drawn.text.contains("<&>"));
    assert!(!drawn.text.contains('\u{1b}') && !drawn.svg.contains('\u{1b}'));
    assert!(drawn.text.lines().all(|line| line.chars().count() < 250));
    assert!(drawn.svg.len() < 20_000, "{}", drawn.svg.len());
}

#[test]
fn a_graph_with_an_error_in_it_can_still_be_looked_at() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(3)], "x");
    let w = tf.constant(crate::array![[1.0, 2.0]]);
    let _wrong = nn::relu(x.matmul(&w));
    assert!(tf.check().is_err());
    checked(&dataflow(&tf));
}

/// 3,000 nodes side by side, and 2,000 behind each other with a tensor that the last of them needs, too.
#[test]
fn large_graphs_are_drawn_fast() {
    let wide = Graph::new();
    let x = wide.placeholder::<f32>([None, Some(3)], "x");
    let parts: Vec<Tensor> = (0..999).map(|i| nn::relu(&x * f64::from(i))).collect();
    let _all = wide.concat(&parts, 0);
    let deep = Graph::new();
    let x = deep.placeholder::<f32>([None, Some(3)], "x");
    let mut y = x.clone();
    for _ in 0..2_000 {
        y = nn::relu(y);
    }
    let _sum = y + x;
    for graph in [&wide, &deep] {
        let drawing = dataflow(graph).unfolded();
        let begin = std::time::Instant::now();
        let drawn = drawing.draw().unwrap();
        // A second is what a release build may take of a slow machine; this one is not optimised.
        let took = begin.elapsed();
        assert!(took.as_secs_f64() < 5.0, "{took:?}");
        assert!(drawn.svg.len() < 5_000_000);
        checked(&drawing);
    }
    let width = Layout::new(&blocks(&dataflow(&wide).unfolded())).width;
    assert!(width < 3.0 * WIDEST, "{width}");
}

#[test]
fn the_same_graph_gives_the_same_drawing() {
    let draw = || dataflow(&learning_network()).depth(1).draw().unwrap();
    assert_eq!(draw(), draw());
    let tf = learning_network();
    let before = dataflow(&tf).draw().unwrap();
    let sess = Session::new(&tf).unwrap();
    sess.run_op(&tf.operation("init").unwrap(), feeds![]).unwrap();
    assert_eq!(dataflow(&tf).draw().unwrap(), before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Graphs of sums, in scopes, with control inputs.
    #[test]
    fn any_graph_is_drawn(
        nodes in proptest::collection::vec((any::<u16>(), any::<u16>(), 0usize..4, any::<bool>()), 1..60),
        depth in 0usize..3,
    ) {
        let tf = Graph::new();
        let mut tensors = vec![tf.placeholder::<f32>([None], "x")];
        for (a, b, scope, control) in nodes {
            let _scope = ["one", "two", "two/three"].get(scope).map(|name| tf.name_scope(&format!("{name}/")));
            let pick = |number: u16| tensors[usize::from(number) % tensors.len()].clone();
            let (a, b) = (pick(a), pick(b));
            let after = control.then(|| tf.control_dependencies([&b.op()]));
            let sum = if control { nn::relu(&a) } else { a + b };
            drop(after);
            tensors.push(sum);
        }
        checked(&dataflow(&tf).depth(depth));
        checked(&dataflow(&tf).unfolded());
    }
}
