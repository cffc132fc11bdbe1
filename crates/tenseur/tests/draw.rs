//! Networks found in graphs, and what is said where there is none.

use tenseur::draw::{self, Activation, DenseNetwork};
use tenseur::prelude::*;

fn well_formed(svg: &str) {
    roxmltree::Document::parse(svg).unwrap_or_else(|error| panic!("{error}: {svg}"));
}

fn error_of(output: &Tensor) -> String {
    DenseNetwork::of(output).unwrap_err().to_string()
}

type Function = Box<dyn Fn(&Tensor) -> Tensor>;

/// Every transfer function of `nn`, and how it is written.
fn functions(tf: &Graph) -> Vec<(&'static str, Function)> {
    let alpha = tf.variable(0.25, "alpha");
    let other = alpha.clone();
    vec![
        ("relu", Box::new(|s| nn::relu(s))),
        ("relu", Box::new(|s| s.maximum(0.0))),
        ("relu6", Box::new(|s| nn::relu6(s))),
        ("leaky_relu", Box::new(|s| nn::leaky_relu(s, 0.1))),
        ("prelu", Box::new(move |s| nn::prelu(s, &alpha))),
        ("prelu", Box::new(move |s| nn::relu(s) + &other * s.minimum(0.0))),
        ("elu", Box::new(|s| nn::elu(s))),
        ("selu", Box::new(|s| nn::selu(s))),
        ("sigmoid", Box::new(|s| nn::sigmoid(s))),
        ("tanh", Box::new(|s| nn::tanh(s))),
        ("softplus", Box::new(|s| nn::softplus(s))),
        ("softsign", Box::new(|s| nn::softsign(s))),
        ("swish", Box::new(|s| nn::swish(s))),
        ("softmax", Box::new(|s| nn::softmax(s))),
        ("log_softmax", Box::new(|s| nn::log_softmax(s))),
    ]
}

#[test]
fn every_transfer_function_is_found() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(3)], "x");
    for (name, function) in functions(&tf) {
        let hidden = nn::dense(&x, 4, |s| function(&s), "hidden");
        let y = nn::dense(hidden, 2, nn::linear, "out");
        let network = DenseNetwork::of(&y).unwrap();
        assert_eq!(network.layers.len(), 2, "{name}");
        assert_eq!(network.layers[0].activation_names(), name);
        assert_eq!(network.layers[1].activation_names(), "linear");
        let formulas = draw::formulas(&network);
        assert!(
            formulas.text.contains(&network.layers[0].activations[0].definition()),
            "{name}: {}",
            formulas.text
        );
        well_formed(&formulas.svg);
        well_formed(&draw::neurons(&network).svg);
    }
}

/// The definitions that are shown say what is computed: the numbers of a session against the formula, by hand.
#[test]
fn definitions_say_what_is_computed() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(1)], "x");
    let by_hand = |name: &str, s: f64| match name {
        "max(0, s)" => s.max(0.0),
        "min(max(0, s), 6)" => s.clamp(0.0, 6.0),
        "max(0, s) + 0.1·min(0, s)" => s.max(0.0) + 0.1 * s.min(0.0),
        "max(0, s) + α·min(0, s)" => s.max(0.0) + 0.25 * s.min(0.0),
        "s where s ≥ 0, else eˢ − 1" => {
            if s >= 0.0 {
                s
            } else {
                s.exp() - 1.0
            }
        }
        "1.0507·(s where s ≥ 0, else 1.6733·(eˢ − 1))" => {
            1.0507 * if s >= 0.0 { s } else { 1.6733 * (s.exp() - 1.0) }
        }
        "1 / (1 + e⁻ˢ)" => 1.0 / (1.0 + (-s).exp()),
        "(eˢ − e⁻ˢ) / (eˢ + e⁻ˢ)" => (s.exp() - (-s).exp()) / (s.exp() + (-s).exp()),
        "ln(1 + eˢ)" => (1.0 + s.exp()).ln(),
        "s / (1 + |s|)" => s / (1.0 + s.abs()),
        "s / (1 + e⁻ˢ)" => s / (1.0 + (-s).exp()),
        "exp(sᵢ) / Σⱼ exp(sⱼ)" => 1.0,
        "sᵢ − ln Σⱼ exp(sⱼ)" => 0.0,
        other => panic!("no formula {other}"),
    };
    for (name, function) in functions(&tf) {
        let y = function(&x.matmul(tf.constant(array![[1.0]])));
        let definition = DenseNetwork::of(&y).unwrap().layers[0].activations[0].definition();
        let formula = definition.split_once(" = ").unwrap().1;
        let sess = Session::new(&tf).unwrap();
        sess.run_op(&tf.global_variables_initializer(), feeds![]).unwrap();
        for s in [-3.0f32, -0.5, 0.0, 0.75, 8.0] {
            let computed = sess.run(&y, feeds![x => array![[s]]]).unwrap().to_f64().unwrap()[0];
            let expected = by_hand(formula, f64::from(s));
            assert!((computed - expected).abs() < 1e-4 * (1.0 + expected.abs()), "{name}({s}) = {computed}");
        }
    }
}

#[test]
fn the_spellings_of_a_layer_are_found() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(3)], "x");
    let w = tf.variable(tf.zeros::<f32>([3, 2]), "w");
    let turned = tf.variable(tf.zeros::<f32>([2, 3]), "turned");
    let b = tf.variable(tf.zeros::<f32>([2]), "b");
    let image = tf.placeholder::<f32>([None, Some(1), Some(3)], "image");
    let (one, two) =
        (tf.placeholder::<f32>([None, Some(1)], "one"), tf.placeholder::<f32>([None, Some(2)], "two"));
    for y in [
        x.matmul(&w) + &b,
        &b + x.matmul(&w),
        nn::bias_add(x.matmul(&w), &b),
        x.matmul_with(&turned, false, true) + &b,
        image.reshape([-1, 3]).matmul(&w) + 0.5,
        tf.concat(&[&one, &two], 1).matmul(&w),
        tf.concat(&[&one, &two], -1).matmul(tf.constant(array![[1.0], [2.0], [3.0]])),
    ] {
        let network = DenseNetwork::of(&nn::relu(&y)).unwrap();
        assert_eq!((network.width(), network.layers[0].inputs), (3, 3));
        assert!(matches!(network.layers[0].activations[..], [Activation::Relu]));
    }
    let joined = DenseNetwork::of(&tf.concat(&[&one, &two], 1).matmul(&w)).unwrap();
    assert_eq!(joined.inputs.iter().map(|input| input.name.as_str()).collect::<Vec<_>>(), ["one", "two"]);
    let text = draw::formulas(&joined).text;
    assert!(text.contains("w₁₁⁽¹⁾·one + w₂₁⁽¹⁾·two₁ + w₃₁⁽¹⁾·two₂"), "{text}");
    let transposed = draw::formulas(&DenseNetwork::of(&x.matmul_with(&turned, false, true)).unwrap()).text;
    assert!(transposed.contains("column i, row j of turned [2, 3]"), "{transposed}");
}

/// Formulas are what the graph computes: the text is evaluated and held against a run.
#[test]
fn weights_stand_where_the_formulas_say() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(2)], "x");
    let w = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let turned = array![[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]];
    for y in [x.matmul(tf.constant(&w)), x.matmul_with(tf.constant(&turned), false, true)] {
        let sess = Session::new(&tf).unwrap();
        let network = DenseNetwork::of(&y).unwrap().with_weights(&sess).unwrap();
        let layer = &network.layers[0];
        let fed = [0.5, -2.0];
        let run = sess.run(&y, feeds![x => array![[0.5, -2.0]]]).unwrap().to_f64().unwrap();
        for (unit, computed) in run.iter().enumerate() {
            let sum: f64 = (0..2).map(|input| layer.weight(input, unit).unwrap() * fed[input]).sum();
            assert_eq!(sum, *computed);
        }
    }
}

#[test]
fn what_is_no_such_network_is_said_with_the_node() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(3)], "x");
    let w = tf.variable(tf.zeros::<f32>([3, 3]), "w");
    let said = |tensor: &Tensor, words: &[&str]| {
        let error = error_of(tensor);
        for word in words {
            assert!(error.contains(word), "{word}: {error}");
        }
    };
    said(&x, &["\"x\" is an op of type Placeholder", "no weights before it"]);
    said(&nn::relu(&x).matmul(&w), &["\"x\"", "relu", "without weights between"]);
    said(&x.matmul(&w).reduce_sum(..).named("total"), &["\"total\" is an op of type Sum"]);
    said(&(x.matmul(&w) + x.matmul(&w)).named("both"), &["\"both\"", "adds two products"]);
    said(&(x.matmul(&w) + &x).named("skip"), &["\"skip\"", "\"x\", is no variable or constant"]);
    said(&x.matmul_with(&x, false, true), &["second factor, \"x\""]);
    said(
        &x.exp().named("grown").matmul(&w),
        &["\"grown\" is an op of type Exp", "neither a placeholder nor"],
    );
    let column = tf.variable(tf.zeros::<f32>([3, 1]), "column");
    said(&(x.matmul(&w) + &column).named("tall"), &["\"tall\"", "bias has shape [3, 1]", "3 neurons"]);
    let wrong = x.matmul(tf.zeros::<f32>([5, 2]));
    assert!(error_of(&wrong).contains("inner sizes differ"));
}

#[test]
fn the_network_of_a_training_graph_is_found_without_its_output() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(64)], "x");
    let hidden = nn::dense(&x, 32, nn::relu, "hidden");
    let logits = nn::dense(&hidden, 10, nn::linear, "logits");
    let y = tf.placeholder::<f32>([None, Some(10)], "y");
    let cost = nn::softmax_cross_entropy_with_logits(&y, &logits).reduce_mean(..);
    let _ = train::AdamOptimizer::new(0.1).minimize(&cost);
    for graph in [tf.clone(), Graph::from_graph_def(&tf.as_graph_def().unwrap()).unwrap()] {
        let network = DenseNetwork::in_graph(&graph).unwrap();
        assert_eq!(network.layers.iter().map(|layer| layer.units).collect::<Vec<_>>(), [32, 10]);
        assert!(network.layers.iter().all(|layer| layer.bias.is_some()));
    }
    let none = Graph::new();
    let _x = none.placeholder::<f32>([None], "x");
    let error = DenseNetwork::in_graph(&none).unwrap_err().to_string();
    assert!(error.contains("no tensor of the graph") && error.contains("hint"), "{error}");
}

#[test]
fn hostile_names_of_inputs_are_harmless_and_their_number_must_fit() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(2)], "x");
    let network = DenseNetwork::of(&nn::dense(&x, 2, nn::tanh, "out")).unwrap();
    let error = network.clone().with_input_names(["a"]).unwrap_err().to_string();
    assert!(error.contains("gets 2 numbers, and there are 1 names"), "{error}");
    let long = "é".repeat(3000);
    let hostile = network.with_input_names(["<script>&\"\u{1}\u{1b}[2J", &long]).unwrap();
    for drawing in [draw::neurons(&hostile), draw::formulas(&hostile)] {
        well_formed(&drawing.svg);
        assert!(!drawing.text.contains('\u{1b}'), "{}", drawing.text);
        assert!(drawing.svg.len() < 20_000 && drawing.text.lines().all(|line| line.chars().count() < 300));
    }
}

#[test]
fn large_layers_are_written_as_matrices_and_small_ones_neuron_by_neuron() {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(784)], "pixels");
    let y = nn::dense(nn::dense(&x, 2, nn::relu, "narrow"), 3, nn::softmax, "out");
    let text = draw::formulas(&DenseNetwork::of(&y).unwrap()).text;
    assert!(text.contains("n⁽¹⁾ = relu(pixels·W⁽¹⁾ + b⁽¹⁾)"), "{text}");
    assert!(text.contains("s₃⁽²⁾ = w₁₃⁽²⁾·n₁⁽¹⁾ + w₂₃⁽²⁾·n₂⁽¹⁾ + b₃⁽²⁾"), "{text}");
    assert!(text.contains("n⁽²⁾ = softmax(s⁽²⁾)"), "{text}");
}

#[test]
fn drawings_are_saved_in_the_form_that_the_name_says() {
    let folder = tempfile::TempDir::new().unwrap();
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None, Some(2)], "x");
    let y = nn::dense(&x, 2, nn::tanh, "out");
    let (flow, usual) = (draw::dataflow(&tf).draw().unwrap(), draw::neurons(&DenseNetwork::of(&y).unwrap()));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    for name in ["a.svg", "a.txt", "a.dot"] {
        flow.save(folder.path().join(name)).unwrap();
    }
    assert_eq!(
        (read("a.svg"), read("a.txt"), Some(read("a.dot"))),
        (flow.svg.clone(), flow.text.clone(), flow.dot.clone())
    );
    let error = usual.save(folder.path().join("b.dot")).unwrap_err().to_string();
    assert!(error.contains("only a dataflow graph"), "{error}");
    let error = usual.save(folder.path().join("b.png")).unwrap_err().to_string();
    assert!(error.contains("b.png") && error.contains(".svg, .txt or .dot"), "{error}");
    assert!(usual.save(folder.path().join("nowhere/b.svg")).is_err());
}
