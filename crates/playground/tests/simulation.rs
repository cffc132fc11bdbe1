//! The simulation as a page drives it: commands in, events out.

use serde_json::{Value, json};
use tenseur_playground::{Message, Simulation};

/// A simulation, and what it answered last.
struct Page(Simulation);

impl Page {
    fn open(hash: &str) -> Page {
        Page(Simulation::new(hash).unwrap())
    }

    /// The answer to a command; binary ones give their text.
    fn ask(&mut self, command: Value) -> Value {
        let mut clock = || 0.0;
        let mut messages = self.0.command(&command.to_string(), &mut clock);
        if messages.is_empty() {
            messages = self.0.advance(10.0, &mut clock);
        }
        assert_eq!(messages.len(), 1, "{command} has one answer");
        read(&messages[0]).0
    }

    fn done(&mut self, command: Value) -> Value {
        let answer = self.ask(command.clone());
        assert!(answer["type"] == "done" || answer["type"] == "configured", "{command} gave {answer}");
        answer["status"].clone()
    }

    fn frame(&mut self) -> (Value, Vec<f32>) {
        let mut clock = || 0.0;
        let command = json!({ "type": "frame", "wanted": { "force": true } }).to_string();
        assert_eq!(self.0.command(&command, &mut clock), []);
        read(&self.0.advance(10.0, &mut clock)[0])
    }

    /// The bits of all weights, biases and slopes.
    fn weights(&mut self) -> Vec<u32> {
        let (frame, numbers) = self.frame();
        part(&frame, &numbers, "parameters").iter().map(|number| number.to_bits()).collect()
    }

    fn step(&mut self, unit: &str) -> Value {
        self.done(json!({ "type": "step", "unit": unit }))
    }

    fn back(&mut self, unit: &str) -> Value {
        self.done(json!({ "type": "stepBack", "unit": unit }))
    }
}

/// A message's text and numbers.
fn read(message: &Message) -> (Value, Vec<f32>) {
    match message {
        Message::Text(text) => (serde_json::from_str(text).unwrap(), Vec::new()),
        Message::Binary(bytes) => {
            let (length, rest) = bytes.split_first_chunk::<4>().unwrap();
            let (text, numbers) = rest.split_at(u32::from_le_bytes(*length) as usize);
            let numbers = numbers.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap()));
            (serde_json::from_slice(text).unwrap(), numbers.collect())
        }
    }
}

fn part<'a>(event: &Value, numbers: &'a [f32], name: &str) -> &'a [f32] {
    let place = &event["parts"][name];
    let at = |key: &str| place[key].as_u64().unwrap_or_else(|| panic!("{name} in {event}")) as usize;
    &numbers[at("offset")..][..at("length")]
}

#[test]
fn circle_is_learned_to_a_test_loss_below_a_twentieth() {
    let mut page = Page::open("");
    let mut status = Value::Null;
    for _ in 0..300 {
        status = page.step("epoch");
    }
    assert!(status["test"]["loss"].as_f64().unwrap() < 0.05, "{status}");
    assert!(status["test"]["accuracy"].as_f64().unwrap() > 0.97, "{status}");
    assert_eq!(
        (&status["epoch"], &status["step"], &status["samples"]),
        (&300.into(), &7500.into(), &75000.into())
    );
}

#[test]
fn stepping_back_is_exact_for_every_unit_and_optimizer() {
    for optimizer in ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"] {
        let hash =
            format!("#optimizer={optimizer}&batchSize=30&schedule=exponential&decaySteps=7&activation=prelu");
        let mut page = Page::open(&hash);
        let mut seen = vec![page.weights()];
        for _ in 0..40 {
            page.step("batch");
            seen.push(page.weights());
        }
        for step in (0..40).rev() {
            assert_eq!(page.back("batch")["step"], step);
            assert!(page.weights() == seen[step], "{optimizer}: step {step} is another than it was");
        }
        for (step, weights) in seen.iter().enumerate().skip(1) {
            page.step("batch");
            assert!(
                page.weights() == *weights,
                "{optimizer}: step {step} came out otherwise the second time"
            );
        }
        page.done(json!({ "type": "seek", "step": 17 }));
        assert!(page.weights() == seen[17], "{optimizer}: along the slider");
        // Nine batches an epoch, and the last is whole: 250 examples in batches of 30.
        assert_eq!(page.back("epoch")["step"], 9);
        assert_eq!(page.back("sample")["sample"], 9, "the smaller last batch has 10 samples");
        assert_eq!(page.back("sample")["sample"], 8);
        assert_eq!(page.step("sample")["sample"], 9);
        assert_eq!(page.step("sample")["step"], 9);
        assert!(page.weights() == seen[9], "{optimizer}: by samples");
        assert_eq!(page.back("batch")["step"], 8);
        assert_eq!(page.back("sample")["sample"], 29);
    }
}

#[test]
fn what_was_changed_by_hand_is_met_again_on_the_way() {
    let mut page = Page::open("#networkShape=3&dataset=xor");
    let mut seen = Vec::new();
    for step in 0..30 {
        match step {
            11 => drop(page.done(json!({
                "type": "edit", "parameter": { "kind": "weight", "layer": 0, "input": 1, "unit": 2 }, "value": 2.5,
            }))),
            14 => drop(page.done(json!({ "type": "configure", "config": { "learningRate": 0.3 } }))),
            20 => drop(page.done(json!({
                "type": "configure", "config": { "regularization": "L1", "regularizationRate": 0.01 },
            }))),
            _ => {}
        }
        seen.push(page.weights());
        page.step("batch");
    }
    for step in [29, 25, 20, 19, 15, 14, 12, 11, 10, 3] {
        page.done(json!({ "type": "seek", "step": step }));
        assert!(page.weights() == seen[step], "step {step}");
    }
}

#[test]
fn reset_brings_the_same_weights_and_new_weights_others() {
    let mut page = Page::open("#initialization=he");
    let first = page.weights();
    page.step("epoch");
    assert_eq!(page.done(json!({ "type": "reset" }))["epoch"], 0);
    assert!(page.weights() == first);
    let answer = page.ask(json!({ "type": "newWeights" }));
    assert_eq!(answer["changed"], "weights");
    assert!(page.weights() != first);
    let hash = answer["hash"].as_str().unwrap().to_string();
    let second = page.weights();
    assert!(Page::open(&hash).weights() == second, "{hash} opens with the same weights");
}

#[test]
fn settings_that_make_no_sense_are_told_by_their_names() {
    let mut page = Page::open("");
    let config =
        json!({ "learningRate": 0, "activation": "rely", "networkShape": [4, 17], "noise": "much", "x": 3 });
    let answer = page.ask(json!({ "type": "configure", "config": config, "id": 7 }));
    assert_eq!((&answer["type"], &answer["id"]), (&"invalid".into(), &7.0.into()));
    let mut fields: Vec<&str> =
        answer["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["activation", "learningRate", "networkShape", "noise", "x"]);
    for text in ["", "{", "[]", r#"{"type":"fly"}"#, r#"{"type":"seek","step":-1}"#, r#"{"type":"edit"}"#] {
        let messages = page.0.command(text, &mut || 0.0);
        assert_eq!(read(&messages[0]).0["type"], "failed", "{text}");
    }
}

#[test]
fn divergence_is_explained_and_cured() {
    let mut page =
        Page::open("#problem=regression&activation=linear&learningRate=1000&xSquared=true&ySquared=true");
    let mut status = Value::Null;
    for _ in 0..200 {
        status = page.step("epoch");
        if !status["problem"].is_null() {
            break;
        }
    }
    let message = status["problem"]["message"].as_str().unwrap();
    assert!(message.contains("NaN") || message.contains("infinity"), "{status}");
    assert!(
        status["problem"]["advice"].as_array().unwrap().contains(&"smallerLearningRate".into()),
        "{status}"
    );
    page.done(json!({ "type": "reset" }));
    page.done(json!({ "type": "configure", "config": { "learningRate": 0.0001 } }));
    for _ in 0..20 {
        status = page.step("epoch");
    }
    assert!(status["problem"].is_null() && status["training"]["loss"].as_f64().unwrap() < 1.0, "{status}");
}

#[test]
fn every_problem_loss_and_activation_learns() {
    let problems = [
        ("classification", "squared-error"),
        ("classification", "cross-entropy"),
        ("classification", "softmax-cross-entropy"),
        ("regression", "squared-error"),
        ("multiclass", "softmax-cross-entropy"),
        ("multiclass", "squared-error"),
        ("multilabel", "cross-entropy"),
        ("multilabel", "squared-error"),
    ];
    for (problem, loss) in problems {
        let mut page = Page::open(&format!("#problem={problem}&loss={loss}&classes=4&learningRate=0.1"));
        let before = page.step("batch")["training"]["loss"].as_f64().unwrap();
        (0..30).for_each(|_| drop(page.step("epoch")));
        let after = page.step("batch")["training"]["loss"].as_f64().unwrap();
        assert!(after < 0.7 * before, "{problem}, {loss}: {before} and then {after}");
    }
    for activation in tenseur_playground::config::Activation::NAMES {
        let mut page = Page::open(&format!("#activation={activation}&xTimesY=true&dataset=xor"));
        let before = page.step("batch")["training"]["loss"].as_f64().unwrap();
        (0..30).for_each(|_| drop(page.step("epoch")));
        let after = page.step("batch")["training"]["loss"].as_f64().unwrap();
        assert!(after < 0.5 * before, "{activation}: {before} and then {after}");
    }
}

#[test]
fn a_frame_has_maps_and_waits_until_there_is_something_new() {
    let mut page = Page::open("#networkShape=3,2");
    let mut clock = || 0.0;
    let frame =
        json!({ "type": "frame", "wanted": { "maps": true, "watch": { "layer": 0, "unit": 2 } }, "id": 3 });
    assert_eq!(page.0.command(&frame.to_string(), &mut clock), []);
    assert!(page.0.is_busy());
    let (event, numbers) = read(&page.0.advance(5.0, &mut clock)[0]);
    assert_eq!(event["id"], 3.0);
    assert_eq!(event["parts"]["output"]["shape"], json!([1, 100, 100]));
    assert_eq!(event["parts"]["thumbnails"]["shape"], json!([13, 20, 20]));
    let (watched, thumbnails) = (part(&event, &numbers, "watched"), part(&event, &numbers, "thumbnails"));
    let corner: f32 = (0..25).map(|i| watched[i / 5 * 100 + i % 5]).sum::<f32>() / 25.0;
    assert!((corner - thumbnails[(7 + 2) * 400]).abs() < 1e-6);

    assert_eq!(page.0.command(&frame.to_string(), &mut clock), []);
    assert!(!page.0.is_busy(), "nothing is new");
    assert_eq!(page.0.advance(5.0, &mut clock), []);
    page.step("batch");
    assert!(page.0.is_busy());
    assert_eq!(page.0.advance(5.0, &mut clock).len(), 1);

    page.done(json!({ "type": "play" }));
    assert!(!page.0.is_busy(), "without a frame to fill, nothing is trained");
    assert_eq!(page.frame().0["status"]["epoch"], 1);
}

#[test]
fn own_points_become_the_data() {
    let mut page = Page::open("");
    let csv: String = (0..60).map(|i| format!("{},{},{}\n", i % 7, i % 5, ["a", "b", "c"][i % 3])).collect();
    let answer = page.ask(json!({ "type": "csv", "text": csv }));
    assert_eq!(answer["config"]["problem"], "multiclass", "{answer}");
    assert_eq!(answer["network"]["outputs"], json!(["a", "b", "c"]));
    page.step("epoch");
    let answer = page.ask(json!({ "type": "csv", "text": "1,2\n3,x\n" }));
    assert_eq!(answer["type"], "failed");
    let points = [[1.0, 2.0, 1.0], [-1.0, 2.0, -1.0], [1.0, -2.0, -1.0], [-1.0, -2.0, 1.0]];
    page.done(json!({ "type": "configure", "config": { "problem": "classification" } }));
    let answer = page.ask(json!({ "type": "drawnPoints", "points": points }));
    assert_eq!((&answer["config"]["dataset"], &answer["changed"]), (&"own".into(), &"data".into()));
    assert_eq!(page.step("epoch")["epoch"], 1);
}

#[test]
fn a_points_pass_is_the_networks() {
    for (problem, loss) in [("multiclass", "softmax-cross-entropy"), ("classification", "cross-entropy")] {
        let mut page = Page::open(&format!("#problem={problem}&loss={loss}"));
        page.step("epoch");
        let pass = page.ask(json!({ "type": "inspect", "at": { "example": 3, "set": "test" } }));
        let numbers = |value: &Value| -> Vec<f64> {
            value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
        };
        let (sigma, target) = (numbers(&pass["sigma"]), numbers(&pass["target"]));
        for ((difference, sigma), target) in numbers(&pass["difference"]).iter().zip(&sigma).zip(&target) {
            assert!((difference - (sigma - target)).abs() < 1e-6, "{pass}");
        }
        assert!((numbers(&pass["terms"]).iter().sum::<f64>() - pass["loss"].as_f64().unwrap()).abs() < 1e-6);
        for (i, row) in pass["jacobian"].as_array().unwrap().iter().enumerate() {
            for (j, slope) in numbers(row).iter().enumerate() {
                let own = if i == j { 1.0 } else { 0.0 };
                assert!((slope - sigma[i] * (own - sigma[j])).abs() < 1e-6, "{pass}");
            }
        }
        let anywhere = page.ask(json!({ "type": "inspect", "at": { "x": 1.5, "y": -2.0 } }));
        assert!(anywhere["loss"].is_null() && anywhere["sigma"].is_array(), "{anywhere}");
    }
}

#[test]
fn training_stops_where_it_is_to() {
    let mut page = Page::open("#stopEpochs=5");
    page.done(json!({ "type": "play" }));
    let status = (0..20).map(|_| page.frame().0["status"].clone()).last().unwrap();
    assert_eq!((&status["epoch"], &status["stopped"]), (&5.into(), &"epochs".into()));
    let mut page = Page::open("#dataset=gauss&stopLoss=0.05");
    page.done(json!({ "type": "play" }));
    let status = (0..200).map(|_| page.frame().0["status"].clone()).find(|status| status["playing"] == false);
    let status = status.unwrap();
    assert_eq!(status["stopped"], "loss");
    assert!(status["test"]["loss"].as_f64().unwrap() <= 0.05, "{status}");
    let mut page =
        Page::open("#stopPatience=3&learningRate=0.00001&initZero=true&x=false&y=false&networkShape=");
    page.done(json!({ "type": "play" }));
    assert!((0..2000).any(|_| page.frame().0["status"]["stopped"] == "patience"));
}

#[test]
fn the_graph_that_runs_is_drawn_and_explained() {
    let mut page = Page::open("#networkShape=3&activation=tanh");
    let folded = page.ask(json!({ "type": "graph", "open": [], "training": true }));
    let names = |picture: &Value| -> Vec<String> {
        let blocks = picture["blocks"].as_array().unwrap();
        blocks.iter().map(|block| block["name"].as_str().unwrap().to_string()).collect()
    };
    let shown = names(&folded);
    for name in ["points", "labels", "features", "layer1", "output", "loss", "gradients"] {
        assert!(shown.iter().any(|shown| shown == name), "{name} is not in {shown:?}");
    }
    assert!(!shown.iter().any(|name| name.contains("probe") || name.contains("inspect")), "{shown:?}");
    let open = page.ask(json!({ "type": "graph", "open": ["layer1", "gradients"], "training": true }));
    assert!(names(&open).contains(&"layer1/Tanh".to_string()), "{:?}", names(&open));
    let groups = open["groups"].as_array().unwrap();
    assert!(groups.iter().any(|group| group["text"].as_str().unwrap().contains("tanh(")), "{groups:?}");
    assert!(open["blocks"].as_array().unwrap().iter().any(|block| block["group"].is_number()));
    assert!(open["scopes"].as_array().unwrap().contains(&"layer1".into()));
    let links = open["links"].as_array().unwrap();
    assert!(links.iter().all(|link| link["points"].as_array().unwrap().len() >= 2) && links.len() > 10);

    let before = page.weights();
    let node = page.ask(json!({ "type": "node", "name": "layer1/Tanh" }));
    assert_eq!((&node["op"], &node["outputs"][0]["shape"]), (&"Tanh".into(), &"[?, 3]".into()), "{node}");
    assert!(node["outputs"][0]["value"].is_string() && node["outputs"][0]["gradient"].is_string(), "{node}");
    assert!(node["fused"]["text"].as_str().unwrap().contains("tanh"), "{node}");
    // Every node can be looked at, and looking changes nothing.
    let all = page.ask(json!({ "type": "graph", "open": open["scopes"], "training": true }));
    for name in names(&all) {
        let node = page.ask(json!({ "type": "node", "name": name }));
        assert_eq!(node["type"], "node", "{name}: {node}");
    }
    assert!(page.weights() == before);
    assert_eq!(page.ask(json!({ "type": "node", "name": "nothing" }))["type"], "failed");
    assert_eq!(page.ask(json!({ "type": "graph", "open": ["nothing"], "training": true }))["type"], "failed");
}

#[test]
fn addresses_go_there_and_back_for_every_field() {
    use tenseur_playground::Config;
    use tenseur_playground::config::Fields;
    let values = |name: &str| -> &[&str] {
        match name {
            "networkShape" => &["", "1", "8,3,16"],
            "layerActivations" => &["", "prelu,sine"],
            "hide" => &["", "playButton,noise"],
            "seed" | "tutorial" => &["", "0.25", "a b&c=d#e%f", "été"],
            "learningRate" => &["0.00001", "3", "1000"],
            "decayRate" => &["0.25", "1"],
            "regularizationRate" | "stopLoss" => &["0", "0.003", "10"],
            "x" | "y" | "xSquared" | "ySquared" | "xTimesY" | "sinX" | "sinY" | "shuffle" => {
                &["true", "false"]
            }
            "showTestData" | "discretize" | "hideText" => &["true", "false"],
            "classes" => &["2", "6"],
            "batchSize" => &["0", "1", "30"],
            "noise" => &["0", "80"],
            "percTrainData" => &["10", "90"],
            "decaySteps" | "weightSeed" | "stopEpochs" | "stopPatience" => &["1", "1000000"],
            _ => &[],
        }
    };
    let choices =
        serde_json::to_value(tenseur_playground::config::Catalog::new()).unwrap()["choices"].clone();
    for field in Fields::all() {
        let mut texts: Vec<String> = values(field.name).iter().map(|text| text.to_string()).collect();
        let is_choice = texts.is_empty();
        if is_choice {
            let names =
                choices[field.name].as_array().unwrap_or_else(|| panic!("{} is not tried", field.name));
            texts.extend(names.iter().map(|name| name.as_str().unwrap().to_string()));
        }
        for text in texts {
            let mut config = Config::default();
            if field.name == "loss" && text == "softmax-cross-entropy" {
                let problem = Fields::all().iter().find(|field| field.name == "problem").unwrap();
                problem.set(&mut config, "multiclass").unwrap();
            }
            field.set(&mut config, &text).unwrap_or_else(|error| panic!("{error:?}"));
            let config = Config::from_hash(&config.hash()).config;
            let opened = Config::from_hash(&config.hash());
            assert_eq!(opened.ignored, [], "{}", config.hash());
            assert_eq!(opened.config, config, "{}", config.hash());
            assert_eq!(field.text(&opened.config), text, "{} in {}", field.name, config.hash());
        }
    }
}

#[test]
fn a_step_is_whole_however_slow_the_machine_is() {
    let mut page = Page::open("#batchSize=1");
    // At every look an hour has passed.
    let mut hours = 0.0;
    let mut clock = || {
        hours += 3_600_000.0;
        hours
    };
    let mut ask =
        |command: Value| read(&page.0.command(&command.to_string(), &mut clock)[0]).0["status"].clone();
    assert_eq!(ask(json!({ "type": "step", "unit": "epoch" }))["step"], 250);
    assert_eq!(ask(json!({ "type": "step", "unit": "epoch" }))["epoch"], 2);
    assert_eq!(ask(json!({ "type": "stepBack", "unit": "epoch" }))["step"], 250);
    // Along the slider it goes bit by bit, and says how far it is.
    let status = ask(json!({ "type": "seek", "step": 7 }));
    assert!(status["seeking"].as_f64().unwrap() <= 1.0);
    while page.0.is_busy() {
        page.0.advance(1.0, &mut clock);
    }
    assert_eq!(page.0.status().unwrap().step, 7);
}

#[test]
fn an_address_without_its_points_opens_with_the_usual_set() {
    let mut page = Page::open("#dataset=own&problem=classification");
    let answer =
        page.ask(json!({ "type": "openUrl", "hash": "#problem=multiclass&multiDataset=own&noise=7" }));
    assert_eq!(answer["config"]["multiDataset"], "clusters", "{answer}");
    assert_eq!(answer["ignored"][0]["field"], "multiDataset");
    assert_eq!(answer["config"]["noise"], 7);
}

#[test]
fn whatever_the_page_says_is_answered_once() {
    let mut word = 7u64;
    let mut below = move |bound: u64| {
        word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (word >> 33) % bound
    };
    let mut page = Page::open("#networkShape=3,2");
    let units = ["sample", "batch", "epoch"];
    for round in 0..200 {
        let number = below(5) as f64 * 0.7 - 1.0;
        let command = match below(18) {
            0 => json!({ "type": "configure", "config": { "networkShape": [1 + below(3), 1 + below(4)] } }),
            1 => {
                json!({ "type": "configure", "config": { "learningRate": 10f64.powi(below(5) as i32 - 3) } })
            }
            2 => {
                json!({ "type": "configure", "config": { "regularization": (["none", "L1", "L2"][below(3) as usize]) } })
            }
            3 => json!({ "type": "configure", "config": { "problem":
                (["classification", "regression", "multiclass", "multilabel"][below(4) as usize]) } }),
            4 => {
                json!({ "type": "configure", "config": { "x": below(2) == 0, "y": below(2) == 0, "activation": "prelu" } })
            }
            5 | 6 => json!({ "type": "step", "unit": units[below(3) as usize] }),
            7 | 8 => json!({ "type": "stepBack", "unit": units[below(3) as usize] }),
            9 => json!({ "type": "seek", "step": below(200) }),
            10 => json!({ "type": "edit", "value": number, "parameter":
                { "kind": (["weight", "bias", "alpha"][below(3) as usize]), "layer": below(4), "unit": below(4), "input": below(3) } }),
            11 => {
                json!({ "type": (["reset", "newWeights", "newData", "play", "pause", "save"][below(6) as usize]) })
            }
            12 => json!({ "type": "inspect", "at": { "x": number, "y": -number } }),
            13 => json!({ "type": "inspect", "at": { "example": below(300), "set": "training" } }),
            14 => json!({ "type": "graph", "open": ["layer1"], "training": below(2) == 0 }),
            15 => json!({ "type": "formulas", "numbers": below(2) == 0 }),
            16 => {
                json!({ "type": "export", "form": (["rust", "python", "graphdef", "keras", "pytorch"][below(5) as usize]) })
            }
            _ => json!({ "type": "frame", "wanted": { "force": true, "maps": true,
                "watch": { "layer": below(4) as i64 - 1, "unit": below(8) } } }),
        };
        let answer = page.ask(command.clone());
        assert!(answer["type"].is_string(), "round {round}: {command} gave {answer}");
        let status = page.0.status().unwrap();
        assert!(status.oldest <= status.step && status.step <= status.newest, "{command}: {status:?}");
    }
}
