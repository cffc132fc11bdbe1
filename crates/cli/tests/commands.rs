//! The commands as a user runs them.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn tenseur(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenseur"));
    command.args(arguments).current_dir(folder).output().unwrap()
}

fn stdout(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {said}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a command that fails says, and its exit code.
fn failure(output: &Output) -> (i32, String) {
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("panicked"), "{said}");
    (output.status.code().unwrap(), said)
}

/// The number on the line that begins with `name`.
fn figure(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("no \"{name}\" in {text}")).trim().parse().unwrap()
}

#[test]
fn digits_are_learned_kept_scored_and_predicted() {
    let folder = TempDir::new().unwrap();
    let text = stdout(&tenseur(folder.path(), &["train", "digits"]));
    assert!(figure(&text, "test accuracy ") >= 0.96, "{text}");
    let run = folder.path().join("runs/digits-1");
    for file in ["graph.pb", "run.json", "metrics.csv", "curve.svg", "weights-1800.index"] {
        assert!(run.join(file).is_file(), "{file}");
    }
    assert_eq!(std::fs::read_to_string(run.join("metrics.csv")).unwrap().lines().count(), 41);
    let curve = std::fs::read_to_string(run.join("curve.svg")).unwrap();
    assert!(curve.starts_with("<svg") && curve.contains("held back") && !curve.contains("NaN"));

    let text = stdout(&tenseur(folder.path(), &["eval", "runs/digits-1", "digits"]));
    assert!(figure(&text, "accuracy ") >= 0.98, "{text}");
    let text = stdout(&tenseur(folder.path(), &["predict", "runs/digits-1", "digits"]));
    assert_eq!((text.lines().next(), text.lines().count()), (Some("class,probability"), 1798));
}

#[test]
fn the_same_seed_gives_the_same_numbers_for_any_number_of_threads() {
    let folder = TempDir::new().unwrap();
    let train = |name: &str, threads: &str| {
        let arguments =
            ["train", "digits", "--epochs", "2", "--dropout", "0.2", "--threads", threads, "--out", name];
        stdout(&tenseur(folder.path(), &arguments))
    };
    assert_eq!(train("one", "1"), train("two", "2"));
    assert_eq!(weights(&folder.path().join("one")), weights(&folder.path().join("two")));
}

/// What the newest checkpoint of a run has, but for the record of the run.
fn weights(run: &Path) -> std::collections::BTreeMap<String, tenseur::Array> {
    let folder = tenseur::learn::RunFolder::open(run).unwrap();
    let weights = folder.weights(&folder.record().unwrap());
    let arrays = tenseur::formats::checkpoint::load(weights).unwrap().into_iter();
    arrays.filter(|(_, array)| array.dtype() != tenseur::DType::String).collect()
}

#[test]
fn a_resumed_run_is_the_run_that_was_never_interrupted() {
    let folder = TempDir::new().unwrap();
    let options = ["--dropout", "0.3", "--optimizer", "momentum", "--seed", "3"];
    let train = |more: &[&str]| {
        let arguments: Vec<&str> = ["train"].iter().chain(more).copied().collect();
        stdout(&tenseur(folder.path(), &arguments))
    };
    let whole: Vec<&str> =
        ["digits", "--epochs", "4", "--out", "whole"].iter().chain(&options).copied().collect();
    let half: Vec<&str> =
        ["digits", "--epochs", "2", "--out", "half"].iter().chain(&options).copied().collect();
    let expected = train(&whole);
    train(&half);
    assert_eq!(train(&["--resume", "half", "--epochs", "4"]), expected);
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert_eq!(weights(&folder.path().join("whole")), weights(&folder.path().join("half")));
    let losses = |name: &str| -> Vec<String> {
        let text = String::from_utf8(read(&format!("{name}/metrics.csv"))).unwrap();
        text.lines().map(|line| line.rsplit_once(',').unwrap().0.to_string()).collect()
    };
    assert_eq!(losses("whole"), losses("half"));
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_cleanly_and_keeps_what_was_learned() {
    use std::process::Stdio;
    let folder = TempDir::new().unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_tenseur"))
        .args(["train", "digits", "--epochs", "1000000", "--out", "run"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1500));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    let text = stdout(&tenseur(folder.path(), &["eval", "run", "digits"]));
    assert!(figure(&text, "accuracy ") > 0.5, "{text}");
}

#[test]
fn toy_sets_are_learned() {
    let folder = TempDir::new().unwrap();
    for (toy, least) in [("circle", 0.95), ("xor", 0.9), ("gauss", 0.95)] {
        let arguments = [
            "train",
            &format!("toy:{toy}"),
            "--layers",
            "16,8",
            "--activation",
            "tanh",
            "--batch",
            "10",
            "--lr",
            "0.01",
            "--epochs",
            "60",
        ];
        let text = stdout(&tenseur(folder.path(), &arguments));
        assert!(figure(&text, "test accuracy ") >= least, "{toy}: {text}");
    }
    let arguments =
        ["train", "toy:plane", "--layers", "8", "--batch", "10", "--lr", "0.01", "--epochs", "30"];
    assert!(figure(&stdout(&tenseur(folder.path(), &arguments)), "test rmse ") < 0.1);
}

#[test]
fn tables_are_learned_and_new_ones_predicted() {
    let folder = TempDir::new().unwrap();
    let mut table = String::from("length,colour,kind\n");
    let mut numbers = String::from("x,y\n");
    for i in 0..120 {
        let (length, colour) = (f64::from(i % 12), if i % 3 == 0 { "red" } else { "green" });
        let kind = if length > 5.5 && colour == "green" { "apple" } else { "pear" };
        table.push_str(&format!("{length},{colour},{kind}\n"));
        numbers.push_str(&format!("{},{}\n", i, 1000.0 + 3.0 * f64::from(i) + 0.25));
    }
    std::fs::write(folder.path().join("fruit.csv"), &table).unwrap();
    std::fs::write(folder.path().join("line.csv"), &numbers).unwrap();
    std::fs::write(folder.path().join("new.csv"), "length,colour\n11,green\n1,red\n").unwrap();
    let fruit =
        ["train", "fruit.csv", "--target", "kind", "--epochs", "60", "--lr", "0.02", "--out", "fruit"];
    assert!(figure(&stdout(&tenseur(folder.path(), &fruit)), "test accuracy ") >= 0.95);
    let text = stdout(&tenseur(folder.path(), &["predict", "fruit", "new.csv", "--json"]));
    let classes: Vec<bool> = text.lines().map(|line| line.contains("\"class\":\"apple\"")).collect();
    assert_eq!(classes, [true, false], "{text}");
    let line = ["train", "line.csv", "--epochs", "80", "--lr", "0.01", "--out", "line"];
    // In the table's units, where y goes from 1000 to 1357.
    assert!(figure(&stdout(&tenseur(folder.path(), &line)), "test rmse ") < 20.0);
}

/// A run of one epoch in `folder/run`.
fn short_run(folder: &Path, data: &str, layers: &str) {
    stdout(&tenseur(folder, &["train", data, "--layers", layers, "--epochs", "1", "--out", "run"]));
}

#[test]
fn a_run_and_its_graph_file_are_drawn_in_three_representations() {
    let folder = TempDir::new().unwrap();
    short_run(folder.path(), "digits", "16,8");
    let draw = |arguments: &[&str]| {
        let arguments: Vec<&str> = ["draw"].iter().chain(arguments).copied().collect();
        stdout(&tenseur(folder.path(), &arguments))
    };
    let text = draw(&["run"]);
    assert!(
        text.contains("layer1") && text.contains("folded scope") && !text.contains("layer1/weights"),
        "{text}"
    );
    assert!(draw(&["run", "--depth", "1"]).contains("layer1/weights"));
    assert!(draw(&["run", "--open", "layer1"]).contains("layer1/weights"));
    assert!(draw(&["run", "--depth", "all"]).contains("layer1/weights/read"));
    assert!(!draw(&["run/graph.pb", "--output", "logits"]).contains("loss"));
    let text = draw(&["run", "--as", "neurons"]);
    assert!(text.contains("64 numbers") && text.contains("16 neurons") && text.contains("softmax"), "{text}");
    assert!(draw(&["run/graph.pb", "--as", "neurons"]).contains("16 neurons"));
    assert!(draw(&["run", "--as", "formulas"]).contains("n⁽³⁾ = softmax(n⁽²⁾·W⁽³⁾ + b⁽³⁾)"));
    assert_eq!(draw(&["run", "--as", "neurons", "--out", "network.svg"]), "");
    let svg = std::fs::read_to_string(folder.path().join("network.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("weight above 0"));
    draw(&["run", "--out", "graph.dot"]);
    assert!(std::fs::read_to_string(folder.path().join("graph.dot")).unwrap().starts_with("digraph"));

    let mistake = |arguments: &[&str]| {
        let arguments: Vec<&str> = ["draw"].iter().chain(arguments).copied().collect();
        failure(&tenseur(folder.path(), &arguments))
    };
    let (code, said) = mistake(&["run", "--as", "neurons", "--output", "loss"]);
    assert!(code == 1 && said.contains("\"loss\" is an op of type Mean"), "{said}");
    let (code, said) = mistake(&["run", "--open", "layer7"]);
    assert!(code == 1 && said.contains("no name scope called \"layer7\""), "{said}");
    let (code, said) = mistake(&["run", "--depth", "deep"]);
    assert!(code == 2 && said.contains("a number of levels, or `all`"), "{said}");
    let (code, said) = mistake(&["run", "--as", "formulas", "--depth", "1"]);
    assert!(code == 1 && said.contains("--depth"), "{said}");
    let (code, said) = mistake(&["run", "--out", "network.png"]);
    assert!(code == 1 && said.contains(".svg, .txt or .dot"), "{said}");
    let (code, said) = mistake(&["nowhere.pb"]);
    assert!(
        code == 1 && said.contains("nowhere.pb: the file cannot be read") && said.contains("hint:"),
        "{said}"
    );
    let (code, said) = mistake(&["network.svg"]);
    assert!(code == 1 && said.contains("network.svg"), "{said}");
}

#[test]
fn the_neurons_of_a_table_carry_the_names_of_its_columns() {
    let folder = TempDir::new().unwrap();
    let rows: String = (0..40).map(|i| format!("{i},{},{}\n", i % 7, 2 * i + i % 7)).collect();
    std::fs::write(folder.path().join("sums.csv"), format!("width,depth,price\n{rows}")).unwrap();
    short_run(folder.path(), "sums.csv", "2");
    let text = stdout(&tenseur(folder.path(), &["draw", "run", "--as", "formulas"]));
    assert!(text.contains("n₁⁽¹⁾ = relu(w₁₁⁽¹⁾·width + w₂₁⁽¹⁾·depth + b₁⁽¹⁾)"), "{text}");
    assert!(!text.contains("softmax"), "{text}");
}

#[test]
fn a_graph_is_told_in_figures() {
    let folder = TempDir::new().unwrap();
    short_run(folder.path(), "digits", "16,8");
    let text = stdout(&tenseur(folder.path(), &["inspect", "run"]));
    // 64·16 + 16 + 16·8 + 8 + 8·10 + 10
    assert_eq!(figure(&text, "parameters"), 1266.0);
    for said in ["x:0  float32 [?, 64]", "layer1/weights:0", "trained", "optimizer's", "MatMul", "accuracy:0"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    let json = stdout(&tenseur(folder.path(), &["inspect", "run/graph.pb", "--json"]));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["parameters"], &json["inputs"][0]["shape"]), (&1266.into(), &"[?, 64]".into()));
    let (code, said) = failure(&tenseur(folder.path(), &["inspect", "run/run.json"]));
    assert!(code == 1 && said.contains("run/run.json"), "{said}");
}

#[test]
fn mistakes_are_told_and_nothing_panics() {
    let folder = TempDir::new().unwrap();
    let run = |arguments: &[&str]| failure(&tenseur(folder.path(), arguments));
    let (code, said) = run(&["train", "digits", "--lerning-rate", "1"]);
    assert!(code == 2 && said.contains("--lerning-rate"), "{said}");
    let (code, said) = run(&["train", "digist"]);
    assert!(
        code == 1 && said.contains("there is no data called \"digist\"") && said.contains("hint:"),
        "{said}"
    );
    let (code, said) = run(&["train", "toy:spirl"]);
    assert!(code == 1 && said.contains("spirl"), "{said}");
    let (code, said) = run(&["train", "digits", "--activation", "rely"]);
    assert!(code == 2 && said.contains("relu, prelu"), "{said}");
    let (code, said) = run(&["train", "digits", "--dropout", "1.5"]);
    assert!(code == 1 && said.contains("dropout is 1.5"), "{said}");
    std::fs::write(folder.path().join("holes.csv"), "a,b,c\n1,2,x\n3,,y\n?,4,x\n5,6,y\n").unwrap();
    let (code, said) = run(&["train", "holes.csv"]);
    assert!(
        code == 1 && said.contains("holes.csv") && said.contains("line 3") && said.contains("line 4"),
        "{said}"
    );
    std::fs::create_dir(folder.path().join("idx")).unwrap();
    std::fs::write(folder.path().join("idx/train-images-idx3-ubyte"), [0, 0, 8, 3, 0, 0]).unwrap();
    std::fs::write(folder.path().join("idx/train-labels-idx1-ubyte"), [0, 0, 8, 1, 0, 0, 0, 0]).unwrap();
    let (code, said) = run(&["train", "idx"]);
    assert!(code == 1 && said.contains("train-images-idx3-ubyte"), "{said}");
    let (code, said) = run(&["eval", "nowhere", "digits"]);
    assert!(code == 1 && said.contains("nowhere holds no run"), "{said}");
}

#[test]
fn a_loss_that_is_not_a_number_stops_the_run_and_keeps_the_weights() {
    let folder = TempDir::new().unwrap();
    let arguments =
        ["train", "digits", "--lr", "1e20", "--optimizer", "sgd", "--epochs", "3", "--out", "run"];
    let (code, said) = failure(&tenseur(folder.path(), &arguments));
    assert!(code == 1 && said.contains("the first ") && said.contains("arises here"), "{said}");
    assert!(said.contains("try a smaller learning rate than"), "{said}");
    assert!(folder.path().join("run/run.json").is_file());
}

#[test]
fn a_run_that_diverges_keeps_the_last_weights_that_are_numbers() {
    let folder = TempDir::new().unwrap();
    let (code, said) = failure(&tenseur(folder.path(), &["train", "digits", "--lr", "1e9", "--out", "run"]));
    assert_eq!(code, 1);
    assert!(said.contains("holds NaN: the update of an earlier run overflowed"), "{said}");
    assert!(said.contains("epochs and 0 steps are kept in run"), "{said}");
    assert!(said.contains("try a smaller learning rate than 1000000000"), "{said}");
    let text = stdout(&tenseur(folder.path(), &["eval", "run", "digits"]));
    assert!(figure(&text, "accuracy ").is_finite(), "{text}");
}

/// `y = x·w + b` with variables and its error, and a node `odd` of an op that nobody has, as a GraphDef in the text form.
fn linear() -> String {
    let float = "attr { key: \"T\" value { type: DT_FLOAT } }";
    let placeholder = |name: &str, size: i32| {
        format!(
            "node {{ name: \"{name}\" op: \"Placeholder\" attr {{ key: \"dtype\" value {{ type: DT_FLOAT }} }} attr {{ \
             key: \"shape\" value {{ shape {{ dim {{ size: -1 }} dim {{ size: {size} }} }} }} }} }}\n"
        )
    };
    let node = |name: &str, op: &str, inputs: [&str; 2]| {
        format!("node {{ name: \"{name}\" op: \"{op}\" input: {inputs:?} {float} }}\n")
    };
    placeholder("x", 2)
        + &placeholder("w", 1)
        + &node("y", "MatMul", ["x", "w"])
        + &node("sum", "Add", ["y", "y"])
        + &node("odd", "Frobnicate", ["y", "y"])
        + &node("odder", "Add", ["odd", "odd:1"])
        + &node("blur", "Blur", ["x", "odder"])
        + "node { name: \"words\" op: \"Placeholder\" attr { key: \"dtype\" value { type: DT_STRING } } }\n"
        + "node { name: \"flags\" op: \"Placeholder\" attr { key: \"dtype\" value { type: DT_BOOL } } }\n"
        + "node { name: \"nothing\" op: \"NoOp\" input: \"^y\" }\n"
}

#[test]
fn any_graph_runs_on_files_tables_and_values_as_they_are_written() {
    use tenseur::formats::{npy, npz};
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    std::fs::write(path.join("linear.pbtxt"), linear()).unwrap();
    let x = tenseur::array![[1.0, 2.0], [3.0, 4.0]];
    npy::save(path.join("x.npy"), &x).unwrap();
    npz::save(
        path.join("x.npz"),
        &[("a".to_string(), x.clone()), ("b".to_string(), tenseur::array![1])].into(),
    )
    .unwrap();
    npz::save(path.join("one.npz"), &[("a".to_string(), x)].into()).unwrap();
    std::fs::write(path.join("x.csv"), "length,width\n1,2\n3,4\n").unwrap();
    std::fs::write(path.join("plain.csv"), "1, 2\n3, 4").unwrap();
    let run = |feeds: &[&str], more: &[&str]| {
        let mut arguments = vec!["run", "linear.pbtxt"];
        feeds.iter().for_each(|feed| arguments.extend(["--feed", feed]));
        arguments.extend(more);
        tenseur(path, &arguments)
    };
    for x in ["x.npy", "x.npz:a", "one.npz", "x.csv", "plain.csv", "[[1, 2], [3, 4]]", "[[1,2e0],[3.0,4]]"] {
        let text = stdout(&run(&[&format!("x={x}"), "w:0=[[1], [0.5]]"], &["--fetch", "y"]));
        assert_eq!(text, "y:0  float32 [2, 1]\n[[2],\n [5]]\n", "{x}");
    }
    // What is fed need not be a placeholder; several names, in order; an operation that gives nothing.
    let fetches = ["--fetch", "sum", "--fetch", "nothing", "--fetch", "y:0", "--json"];
    let json: serde_json::Value =
        serde_json::from_str(&stdout(&run(&["y=[[0.1], [nan]]"], &fetches))).unwrap();
    let object = |name: &str, value: serde_json::Value| serde_json::json!({ "name": name, "dtype": "float32", "shape": [2, 1], "value": value });
    let sum = object("sum:0", serde_json::json!([[0.2], ["NaN"]]));
    assert_eq!(
        json,
        serde_json::json!([sum, { "name": "nothing" }, object("y:0", serde_json::json!([[0.1], ["NaN"]]))])
    );
    for (feed, value) in [
        ("words=a b", "\"a b\""),
        ("words='a'", "\"a\""),
        ("words=[\"a\", b]", "[\"a\", \"b\"]"),
        ("flags=[true, 0]", "[true, false]"),
    ] {
        let name = feed.split('=').next().unwrap();
        let text = stdout(&run(&[feed], &["--fetch", name]));
        assert!(text.ends_with(&format!("{value}\n")), "{feed}: {text}");
    }
    let text =
        stdout(&run(&["x=x.npy", "w=[[1],[1]]"], &["--fetch", "y", "--fetch", "sum", "--out", "results"]));
    assert_eq!(text.lines().count(), 2, "{text}");
    assert_eq!(npy::load(path.join("results/y.npy")).unwrap(), tenseur::array![[3.0], [7.0]]);
    assert_eq!(npy::load(path.join("results/sum.npy")).unwrap(), tenseur::array![[6.0], [14.0]]);

    npy::save(path.join("doubles.npy"), &tenseur::Array::new([1, 2], [1.0f64, 2.0]).unwrap()).unwrap();
    std::fs::write(path.join("bad.csv"), "a,b\n1,2\n3,four\n").unwrap();
    for (feed, fetch, why) in [
        ("x=x.npy", "z", "no operation called \"z\""),
        ("x=x.npy", "sun", "there is one called \"sum\""),
        ("x=x.npy", "y:3", "operation \"y\" has 1 outputs"),
        ("xx=x.npy", "y", "there is one called \"x\""),
        ("x", "y", "--feed x names no value"),
        ("x=doubles.npy", "y", "--feed x: it is of float32, and the file holds float64"),
        ("x=[1, 2]", "y", "\"x:0\" has shape [?, 2] and was fed an array of shape [2]"),
        ("x=[[1, 2], [3]]", "y", "one of its lists has 1 values and another 2"),
        ("x=two", "y", "\"two\" is no float32"),
        ("x=lost.npy", "y", "lost.npy"),
        ("x=x.npz", "y", "x.npz holds several arrays: a, b"),
        ("x=x.npz:c", "y", "x.npz holds no array \"c\", but a, b"),
        ("x=bad.csv", "y", "bad.csv: line 3: \"four\" is no float32"),
        ("x=x.npy", "y", "placeholder \"w\" was not fed"),
    ] {
        let (code, said) = failure(&run(&[feed], &["--fetch", fetch]));
        assert!(code == 1 && said.contains(why), "{feed} {fetch}: {said}");
    }
    let (code, said) = failure(&run(&["odd=x.npy"], &["--fetch", "odder"]));
    assert!(code == 1 && said.contains("nothing is known of \"odd\""), "{said}");
    for fetch in ["blur", "blur:0"] {
        let (code, said) = failure(&run(&["x=x.npy"], &["--fetch", fetch]));
        assert!(
            code == 1
                && said.contains(
                    "there is no op \"Blur\" (node \"blur\"); there is no op \"Frobnicate\" (node \"odd\")"
                ),
            "{said}"
        );
    }
    assert_eq!(failure(&run(&[], &[])).0, 2);
}

/// The files that TensorFlow wrote for the library's tests.
fn data(name: &str) -> String {
    format!("{}/../tenseur/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn tensorflows_programs_run_from_their_initial_values_and_from_their_checkpoints() {
    let folder = TempDir::new().unwrap();
    let feeds = ["--feed", "x=[[1,2,3],[0,1,-1]]", "--feed", "y=[[1],[0]]", "--fetch", "loss"];
    let run = |arguments: &[&str]| tenseur(folder.path(), &[&["run"], arguments, &feeds].concat());
    for kind in ["reference", "resource"] {
        let (meta, weights) = (data(&format!("graph/{kind}.meta")), data(&format!("checkpoint/{kind}")));
        assert_eq!(figure(&stdout(&run(&[&meta, "--init"])), "loss:0  float32 []"), 10.625);
        let after = figure(&stdout(&run(&[&meta, "--weights", &weights])), "loss:0  float32 []");
        assert!((after - 0.348_390_6).abs() < 1e-6, "{after}");
        let (code, said) = failure(&run(&[&meta]));
        assert!(code == 1 && said.contains("initializer"), "{said}");

        // A GraphDef knows its variables too, but not which op is their initializer, unless that has the usual name.
        let graph = tenseur::formats::graph_file::load(&meta).unwrap();
        let plain = folder.path().join("plain.pb");
        tenseur::formats::graph_file::save(&plain, &graph).unwrap();
        let plain = plain.to_str().unwrap();
        let (code, said) = failure(&run(&[plain, "--weights", &weights]));
        assert!(code == 1 && said.contains("\"seen\" is missing"), "{said}");
        assert_eq!(figure(&stdout(&run(&[plain, "--init"])), "loss:0  float32 []"), 10.625);
        assert_eq!(figure(&stdout(&run(&[plain, "--init=init"])), "loss:0  float32 []"), 10.625);
        graph.operation("init").unwrap().rename("begin");
        tenseur::formats::graph_file::save(plain, &graph).unwrap();
        let (code, said) = failure(&run(&[plain, "--init"]));
        assert!(code == 1 && said.contains("--init=OPERATION"), "{said}");
    }
    let text = data("graph/reference.meta.pbtxt");
    assert_eq!(figure(&stdout(&run(&[&text, "--init"])), "loss:0  float32 []"), 10.625);
    let text = stdout(&tenseur(folder.path(), &["inspect", &text]));
    // x·w, for its gradient of w, and for that of x, which nobody needs.
    assert!(text.contains("flops       18 for each example"), "{text}");
    let signature = "signatures  serving_default(x: float32 [?, 3]) → out: float32 [?, 1]";
    assert!(text.contains(signature), "{text}");
    assert!(stdout(&tenseur(folder.path(), &["draw", &data("graph/training.pbtxt")])).contains("layer"));
    std::fs::write(folder.path().join("bad.pbtxt"), "node {\n  name: 3\n}").unwrap();
    let (code, said) = failure(&tenseur(folder.path(), &["inspect", "bad.pbtxt"]));
    assert!(code == 1 && said.contains("bad.pbtxt: line 2, column 9: there should be a string"), "{said}");
}

#[test]
fn a_run_folder_runs_with_its_weights() {
    let folder = TempDir::new().unwrap();
    stdout(&tenseur(folder.path(), &["train", "toy:circle", "--epochs", "1", "--out", "run"]));
    let text = stdout(&tenseur(
        folder.path(),
        &["run", "run", "--feed", "x=[[0,0],[1,1]]", "--fetch", "probabilities"],
    ));
    assert!(text.starts_with("probabilities:0  float32 [2, 2]\n"), "{text}");
}

#[test]
fn an_address_of_the_playground_is_trained_with_the_numbers_of_its_page() {
    let folder = TempDir::new().unwrap();
    let url = "https://playground.tensorflow.org/#activation=relu&dataset=xor&networkShape=5,2&seed=0.31415&noise=10";
    let train =
        || stdout(&tenseur(folder.path(), &["train", "--url", url, "--epochs", "30", "--out", "model.json"]));
    let text = train();
    assert_eq!(text, train());
    let mut simulation = tenseur_playground::Simulation::new(url).unwrap();
    let mut status = simulation.status().unwrap();
    for _ in 0..30 {
        status = simulation.step(tenseur_playground::config::Unit::Epoch).unwrap();
    }
    assert_eq!(figure(&text, "training loss ") as f32, status.training.loss.unwrap() as f32);
    assert_eq!(figure(&text, "test loss ") as f32, status.test.loss.unwrap() as f32);
    let model = std::fs::read_to_string(folder.path().join("model.json")).unwrap();
    assert_eq!(model, simulation.model().unwrap());

    let output = tenseur(folder.path(), &["train", "--url", "#noise=900&stopEpochs=2"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("noise: 900 is not between 0 and 80"));
    assert!(stdout(&output).starts_with("epochs 2\n"));
    let (code, said) = failure(&tenseur(folder.path(), &["train", "digits", "--url", "#"]));
    assert_eq!(code, 2, "{said}");
    let hopeless = "#problem=regression&activation=linear&learningRate=1000&xSquared=true";
    let (code, said) = failure(&tenseur(folder.path(), &["train", "--url", hopeless]));
    assert_eq!((code, said.contains("smaller learning rate")), (1, true), "{said}");
}

#[test]
fn ops_are_listed_with_types_and_gradients() {
    let folder = TempDir::new().unwrap();
    let listed = tenseur(folder.path(), &["ops", "--json"]);
    assert!(listed.status.success());
    let text = String::from_utf8(listed.stdout).unwrap();
    let rows: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(rows.len() > 300);
    let row = |op: &str| rows.iter().find(|row| row["op"] == op).unwrap();
    let has = |op: &str, dtype: &str| row(op)["dtypes"].as_array().unwrap().iter().any(|name| name == dtype);
    assert!(has("MatMul", "float64") && has("MatMul", "int32") && !has("MatMul", "bool"));
    assert!(has("LogicalAnd", "bool") && !has("LogicalAnd", "float32"));
    for (op, gradient) in [("MatMul", "yes"), ("ArgMax", "no"), ("Conv2D", "yes")] {
        assert_eq!(row(op)["gradient"], gradient, "{op}");
    }
    let plain = String::from_utf8(tenseur(folder.path(), &["ops"]).stdout).unwrap();
    assert_eq!(plain.lines().count(), rows.len());
}

#[test]
fn a_profile_says_where_the_time_goes() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    std::fs::write(path.join("linear.pbtxt"), linear()).unwrap();
    let request = [
        "profile",
        "linear.pbtxt",
        "--feed",
        "x=[[1,2],[3,4]]",
        "--feed",
        "w=[[1],[2]]",
        "--fetch",
        "y",
        "--runs",
        "3",
    ];
    let table = tenseur(path, &request);
    let text = String::from_utf8(table.stdout).unwrap();
    assert!(text.contains("of limit") && text.contains("matmul(x, "), "{text}");
    assert!(text.contains("the median of 3 runs"), "{text}");
    let json = tenseur(path, &[&request[..], &["--json", "--trace", "trace.json"]].concat());
    let steps: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let trace: serde_json::Value =
        serde_json::from_slice(&std::fs::read(path.join("trace.json")).unwrap()).unwrap();
    assert_eq!(trace["traceEvents"].as_array().unwrap().len(), steps.as_array().unwrap().len());
    assert!(steps[0]["seconds"].as_f64().unwrap() > 0.0 && steps[0]["bytes"].as_u64().unwrap() > 0);
}
