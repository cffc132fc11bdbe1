use super::*;
use crate::Graph;
use crate::prelude::{Session, feeds, nn};

fn network(sizes: &[usize]) -> DenseNetwork {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(sizes[0])], "x");
    let mut y = x;
    for (number, &size) in sizes[1..].iter().enumerate() {
        y = nn::dense(y, size, nn::relu, &format!("layer{number}"));
    }
    let network = DenseNetwork::of(&y).unwrap();
    let sess = Session::new(&tf).unwrap();
    sess.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
    network.with_weights(&sess).unwrap()
}

/// How many circles and lines of neurons there are in a picture.
fn counted(svg: &str) -> (usize, usize) {
    let document = roxmltree::Document::parse(svg).unwrap();
    let circles = document.descendants().filter(|node| node.has_tag_name("circle")).count();
    let is_line = |node: &roxmltree::Node<'_, '_>| {
        matches!(node.attribute("class"), Some("w" | "p" | "m"))
            && node.attribute("d").is_some_and(|d| d.contains('L'))
    };
    (circles, document.descendants().filter(is_line).count())
}

#[test]
fn every_neuron_is_a_circle_and_every_weight_a_line() {
    for sizes in [&[1, 1][..], &[3, 4, 2], &[2, 10, 10, 1]] {
        let network = network(sizes);
        let lines: usize = sizes.windows(2).map(|pair| pair[0] * pair[1]).sum();
        let drawing = neurons(&network);
        assert_eq!(counted(&drawing.svg), (sizes.iter().sum(), lines));
        assert_eq!(drawing.text.matches('○').count(), sizes.iter().sum::<usize>(), "{}", drawing.text);
    }
}

#[test]
fn large_layers_are_abbreviated_and_their_width_is_said() {
    let drawing = neurons(&network(&[784, 512, 10]));
    assert_eq!(counted(&drawing.svg), (8 + 8 + 10, 8 * 8 + 8 * 10));
    for said in ["784 numbers", "512 neurons", "10 neurons", "bias layer0/bias", "relu"] {
        assert!(drawing.text.contains(said) && drawing.svg.contains(said), "{said}");
    }
    assert!(drawing.text.contains('⋮') && drawing.svg.contains("n₅₁₂"));
}

#[test]
fn lines_are_as_thick_as_weights_are_large_and_dashed_below_zero() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(2)], "x");
    let y = x.matmul(tf.constant(crate::array![[2.0], [-1.0]]));
    let plain = DenseNetwork::of(&y).unwrap();
    assert!(!neurons(&plain).svg.contains("stroke-width=\""));
    let sess = Session::new(&tf).unwrap();
    let svg = neurons(&plain.with_weights(&sess).unwrap()).svg;
    let document = roxmltree::Document::parse(&svg).unwrap();
    let line = |class: &str| {
        let found = document.descendants().find(|node| {
            node.attribute("class") == Some(class) && node.children().any(|child| child.has_tag_name("title"))
        });
        let node = found.unwrap();
        let title = node.children().find_map(|child| child.text()).unwrap().to_string();
        (node.attribute("stroke-width").unwrap().parse::<f64>().unwrap(), title)
    };
    let (above, below) = (line("p"), line("m"));
    assert_eq!((above.1.as_str(), below.1.as_str()), ("2.0000", "-1.0000"));
    assert!(above.0 > below.0);
}

#[test]
fn nothing_in_the_text_runs_into_something_else() {
    for sizes in [&[1, 1, 1][..], &[2, 2], &[6, 1, 5, 2], &[784, 3, 10]] {
        let text = neurons(&network(sizes)).text;
        for (column, said) in [("layer0/kernel", sizes[0]), ("bias layer0/bias", 1)] {
            assert_eq!(text.matches(column).count(), 1, "{said} {text}");
        }
        let circles = text.lines().filter(|line| line.contains('○')).count();
        let most = columns(&network(sizes)).iter().map(|column| column.neurons.len()).max().unwrap();
        assert!(circles <= most + 1, "{text}");
    }
}
