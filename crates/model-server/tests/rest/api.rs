//! Each question of the API, with the answers that TensorFlow computed (`make.py` beside the models prints them).

use crate::client::{Client, Server, saved_model, settings};
use serde_json::{Value, json};
use tenseur::servable::Servable;
use tenseur_model_server::{Settings, Stage};

fn served(name: &'static str) -> Server {
    Server::start(settings(), move || Servable::open(saved_model(name), &[]))
}

/// Equal, numbers to the rounding of float32.
fn close(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= 2e-7 * b.abs().max(1e-3)
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| close(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| close(a, b)))
        }
        (a, b) => a == b,
    }
}

#[track_caller]
fn assert_close(a: &Value, b: &Value) {
    assert!(close(a, b), "{a}\n{b}");
}

const ROWS: &str = "[[1.0, 2.0], [-0.5, 0.25], [3.0, 0.0]]";
const SCORES: [[f64; 3]; 3] = [
    [0.18239519000053406, 0.817438542842865, 0.00016632287588436157],
    [0.1730121672153473, 0.7284084558486938, 0.09857936203479767],
    [0.8159210085868835, 0.002022466156631708, 0.18205657601356506],
];
const CLASSES: [&str; 3] = ["dog", "dog", "cat"];

#[test]
fn predict_answers_in_rows_and_in_columns() {
    let server = served("served");
    // Several results are objects, and one is bare.
    let rows = format!(r#"{{"instances": {ROWS}}}"#);
    let both = |i: usize| json!({ "scores": SCORES[i], "class": CLASSES[i] });
    assert_close(&server.post("predict", &rows).ok(), &json!({ "predictions": [both(0), both(1), both(2)] }));
    let named = r#"{"signature_name": "scores", "instances": [{"x": [1.0, 2.0]}, {"x": [-0.5, 0.25]}]}"#;
    assert_close(&server.post("predict", named).ok(), &json!({ "predictions": [SCORES[0], SCORES[1]] }));
    let columns = format!(r#"{{"inputs": {{"x": {ROWS}}}}}"#);
    let outputs = json!({ "outputs": { "scores": SCORES, "class": CLASSES } });
    assert_close(&server.post("predict", &columns).ok(), &outputs);
    let bare = format!(r#"{{"signature_name": "scores", "inputs": {ROWS}}}"#);
    assert_close(&server.post("predict", &bare).ok(), &json!({ "outputs": SCORES }));
    let empty_name = format!(r#"{{"signature_name": "", "inputs": {ROWS}}}"#);
    assert_close(&server.post("predict", &empty_name).ok(), &outputs);
    // A signature of examples can be asked so too, by records in base64.
    let record = "CiUKDQoEbmFtZRIFCgMKAWEKFAoEc2l6ZRIMEgoKCAAAgD8AAABA";
    let records =
        |record: &str| format!(r#"{{"signature_name": "regress", "instances": [{{"b64": "{record}"}}]}}"#);
    assert_eq!(server.post("predict", &records(record)).ok(), json!({ "predictions": [4.0] }));
    assert!(server.post("predict", &records("AAAA")).refused(400).contains("Example"));
    // What depends on other rows is computed of these rows alone.
    let centred = format!(r#"{{"signature_name": "centred", "instances": {ROWS}}}"#);
    let expected =
        json!([[-0.16666662693023682, 1.25], [-1.6666666269302368, -0.5], [1.8333333730697632, -0.75]]);
    assert_close(&server.post("predict", &centred).ok(), &json!({ "predictions": expected }));
    // One without rows has columns only.
    let scalar = server.post("predict", r#"{"signature_name": "twice", "inputs": 1.5}"#);
    assert_eq!(scalar.ok(), json!({ "outputs": 3.0 }));
    assert_eq!(scalar.body, r#"{"outputs": 3.0}"#);
    let rows = server.post("predict", r#"{"signature_name": "twice", "instances": [1.5]}"#).refused(400);
    assert_eq!(rows, "\"scalar\" has shape [1] and [] was expected");
}

#[test]
fn values_of_every_kind_go_in_and_come_out() {
    let server = served("served");
    let row = |i: usize| {
        let (half, word, blob) = [(2.0, "é", "/w=="), (0.25, "", "AA==")][i];
        json!({
            "flag": i == 0, "byte": [255, i], "whole": -3, "long": 9007199254740993i64, "double": 0.1,
            "half": half, "word": word, "blob_bytes": { "b64": blob },
        })
    };
    let body = json!({ "signature_name": "kinds", "instances": [row(0), row(1)] }).to_string();
    assert_eq!(server.post("predict", &body).ok(), json!({ "predictions": [row(0), row(1)] }));
    let half = body.replace("0.25", "0.1");
    // The nearest float16.
    assert!(server.post("predict", &half).body.contains("0.099975586"), "{half}");
    let quotient = server.post("predict", r#"{"signature_name": "quotient", "instances": [1, -1, 0]}"#);
    assert_eq!(
        (quotient.status, quotient.body.as_str()),
        (200, r#"{"predictions": [Infinity, -Infinity, NaN]}"#)
    );
    let back = server.post("predict", r#"{"signature_name": "quotient", "inputs": [Infinity, NaN]}"#);
    assert_eq!(back.body, r#"{"outputs": [Infinity, NaN]}"#);
    let text = server.post("predict", &body.replace("9007199254740993", "9.0"));
    assert_eq!(text.refused(400), "\"long\" at [0]: 9.0 is no int64");
}

#[test]
fn classify_and_regress_take_examples() {
    let server = served("served");
    let examples =
        r#"[{"size": [1.0, 2.0], "name": "a"}, {"size": [-0.5, 0.25], "name": "bcd"}, {"size": [3.0, 0.0]}]"#;
    let body = |signature: &str| format!(r#"{{"signature_name": "{signature}", "examples": {examples}}}"#);
    let pairs = |i: usize| json!([["cat", SCORES[i][0]], ["dog", SCORES[i][1]], ["fox", SCORES[i][2]]]);
    let expected = json!({ "results": [pairs(0), pairs(1), pairs(2)] });
    assert_close(&server.post("classify", &body("classify")).ok(), &expected);
    assert_eq!(server.post("regress", &body("regress")).ok(), json!({ "results": [4.0, 2.75, 3.0] }));
    // What all have in common.
    let common = r#"{"signature_name": "regress", "context": {"name": "abc"}, "examples": [{"size": [1.0, 2.0]}, {"size": [-0.5, 0.25]}]}"#;
    assert_eq!(server.post("regress", common).ok(), json!({ "results": [6.0, 2.75] }));
    for (method, body, told) in [
        (
            "regress",
            r#"{"signature_name": "regress", "context": {"size": [1.0, 2.0]}, "examples": [{"size": [1.0, 2.0]}]}"#,
            "\"examples\"[0] has the feature \"size\", which \"context\" has for all examples",
        ),
        ("classify", r#"{"examples": [{}]}"#, "\"signature_name\" may be: \"classify\""),
        (
            "regress",
            r#"{"signature_name": "classify", "examples": [{}]}"#,
            "tensorflow/serving/regress was expected",
        ),
        ("regress", r#"{"signature_name": "regress", "examples": []}"#, "\"examples\" holds none"),
        ("regress", r#"{"signature_name": "regress", "examples": {}}"#, "a list was expected"),
        ("regress", r#"{"signature_name": "regress"}"#, "the body has no \"examples\""),
        (
            "regress",
            r#"{"signature_name": "regress", "examples": [3]}"#,
            "\"examples\"[0] is 3 and an object was expected",
        ),
        (
            "regress",
            r#"{"signature_name": "regress", "examples": [{"size": [1.0, 2]}]}"#,
            "\"examples\"[0]: the feature \"size\": 2 stands among floats",
        ),
        (
            "regress",
            r#"{"signature_name": "regress", "examples": [{"size": [[1.0]]}]}"#,
            "neither a number nor a string",
        ),
        // As TensorFlow has it, numbers without a point are integers.
        ("regress", r#"{"signature_name": "regress", "examples": [{"size": [1, 2]}]}"#, "size"),
        ("regress", r#"{"signature_name": "regress", "examples": [{"name": "a"}]}"#, "size"),
    ] {
        let answer = server.post(method, body).refused(400);
        assert!(answer.contains(told), "{body}: {answer}");
    }
}

#[test]
fn status_and_metadata_are_told() {
    let settings = Settings { version: 123, labels: vec!["stable".to_string()], ..settings() };
    let server = Server::start(settings, || Servable::open(saved_model("served"), &[]));
    let mut client = Client::new(server.address);
    let status = json!({ "model_version_status": [{
        "version": "123", "state": "AVAILABLE", "status": { "error_code": "OK", "error_message": "" },
    }] });
    for path in ["/v1/models/model", "/v1/models/model/versions/123", "/v1/models/model/labels/stable"] {
        let answer = client.ask("GET", path, b"");
        assert_eq!(answer.ok(), status);
        assert!(answer.headers.contains("content-type: application/json\r\n"), "{answer:?}");
        assert!(!answer.headers.contains("access-control"), "{answer:?}");
        let ask = format!("{path}:predict");
        let answer = client.ask("POST", &ask, br#"{"signature_name": "twice", "inputs": 2.0}"#);
        assert_eq!(answer.ok(), json!({ "outputs": 4.0 }));
    }
    let metadata = client.ask("GET", "/v1/models/model/metadata", b"").ok();
    assert_eq!(metadata["model_spec"], json!({ "name": "model", "signature_name": "", "version": "123" }));
    let signatures = &metadata["metadata"]["signature_def"]["signature_def"];
    assert_eq!(signatures.as_object().unwrap().len(), 8);
    let dim = |size: &str| json!({ "size": size, "name": "" });
    let info = |name: &str, dtype: &str, dims: &[&str]| {
        let dims: Vec<Value> = dims.iter().map(|size| dim(size)).collect();
        json!({ "name": name, "dtype": dtype, "tensor_shape": { "dim": dims, "unknown_rank": false } })
    };
    assert_eq!(signatures["scores"]["inputs"], json!({ "x": info("x:0", "DT_FLOAT", &["-1", "2"]) }));
    assert_eq!(
        signatures["scores"]["outputs"],
        json!({ "scores": info("Softmax:0", "DT_FLOAT", &["-1", "3"]) })
    );
    assert_eq!(signatures["classify"]["method_name"], "tensorflow/serving/classify");
    assert_eq!(
        signatures["classify"]["inputs"],
        json!({ "inputs": info("records:0", "DT_STRING", &["-1"]) })
    );
    assert_eq!(signatures["kinds"]["inputs"]["half"]["dtype"], "DT_HALF");
    assert_eq!(signatures["twice"]["inputs"]["scalar"], info("scalar:0", "DT_FLOAT", &[]));
    // The same connection goes on after what is refused.
    for (method, path, status) in [
        ("GET", "/v1/models/other", 404),
        ("POST", "/v1/models/other:predict", 404),
        ("POST", "/v1/models/model/versions/124:predict", 404),
        ("POST", "/v1/models/model/versions/x:predict", 400),
        ("POST", "/v1/models/model/labels/canary:predict", 404),
        ("GET", "/", 404),
        ("GET", "/v1/models/model:predict", 405),
        ("PUT", "/v1/models/model", 405),
    ] {
        let answer = client.ask(method, path, b"");
        assert!(!answer.refused(status).is_empty());
        let allow = if path.ends_with("predict") { "allow: post\r\n" } else { "allow: get, head\r\n" };
        assert_eq!(answer.headers.contains(allow), status == 405, "{answer:?}");
    }
}

#[test]
fn models_that_tensorflow_saved_otherwise_are_served_too() {
    for name in ["reference", "resource"] {
        let server = served(name);
        let answer = server.post("predict", r#"{"instances": [[1.0, 0.0, -1.0], [0, 0, 0]]}"#).ok();
        assert_eq!(answer["predictions"][0], json!([-3.5, -4.5]), "{name}");
        let words = server.post("predict", r#"{"signature_name": "words", "inputs": {}}"#).ok();
        assert_eq!(words, json!({ "outputs": "one two\n" }), "{name}");
    }
}

#[test]
fn models_of_tensorflow_2_are_served_too() {
    let server = served("object");
    let answer = server.post("predict", r#"{"instances": [[1.0, 2.0], [-0.5, 0.25]]}"#).ok();
    let expected = json!({ "predictions": [
        { "score": 6.0, "hidden": [1.600000023841858, 2.200000047683716, 0.0] },
        { "score": 3.4000000953674316, "hidden": [0.0, 1.7000000476837158, 0.0] },
    ] });
    assert_close(&answer, &expected);
    let twice = server.post("predict", r#"{"signature_name": "twice", "inputs": {"x": [1.5]}}"#).ok();
    assert_eq!(twice, json!({ "outputs": [3.0] }));
}

#[test]
fn until_the_model_is_there_503_is_answered() {
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let server = Server::start_at(Stage::Listening, settings(), move || {
        wait.recv().unwrap();
        Servable::open(saved_model("served"), &[])
    });
    let answer = server.post("predict", r#"{"instances": [[1, 2]]}"#);
    assert_eq!(answer.refused(503), "the model is being loaded");
    assert!(answer.headers.contains("retry-after: 1\r\n"), "{answer:?}");
    let status = server.ask("GET", "/v1/models/model", b"").ok();
    assert_eq!(status["model_version_status"][0]["state"], "LOADING");
    go.send(()).unwrap();
    while server.post("predict", r#"{"instances": [[1, 2]]}"#).status == 503 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(server.post("predict", r#"{"instances": [[1, 2]]}"#).status, 200);
}

#[test]
fn what_cannot_be_served_is_told() {
    let served = |name: &str, path: std::path::PathBuf| {
        let settings = Settings { name: name.to_string(), ..settings() };
        let load = move || Servable::open(path, &[]);
        tenseur_model_server::serve(settings, load, |_, _| {}, || false).unwrap_err().to_string()
    };
    assert!(served("a/b", saved_model("served")).contains("cannot be a model's name"));
    assert!(served("a", saved_model("nothing")).contains("there is no model"));
    let folder = tempfile::tempdir().unwrap();
    let told = served("a", folder.path().to_path_buf());
    assert!(told.contains("holds no run and no SavedModel"), "{told}");
}

#[test]
fn only_this_machine_and_its_own_pages_are_answered() {
    let server = served("served");
    let body = r#"{"signature_name": "twice", "inputs": 1.5}"#;
    let ask = |headers: &str| {
        let mut client = Client::new(server.address);
        let length = body.len();
        let text = format!(
            "POST /v1/models/model:predict HTTP/1.1\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        );
        client.send(text.as_bytes()).unwrap();
        client.answer().unwrap().status
    };
    let (address, port) = (server.address, server.address.port());
    assert_eq!(ask(&format!("Host: {address}\r\n")), 200);
    assert_eq!(ask(&format!("Host: localhost:{port}\r\nContent-Type: text/plain\r\n")), 200);
    assert_eq!(ask(&format!("Host: {address}\r\nOrigin: http://{address}\r\n")), 200);
    for headers in [
        "Host: evil.example\r\n".to_string(),
        format!("Host: evil.example:{port}\r\n"),
        "Host: localhost\r\n".to_string(),
        String::new(),
        format!("Host: {address}\r\nOrigin: http://evil.example\r\n"),
        format!("Host: {address}\r\nOrigin: null\r\n"),
    ] {
        assert_eq!(ask(&headers), 403, "{headers}");
    }
    assert_eq!(ask(&format!("Host: {address}\r\nContent-Encoding: gzip\r\n")), 415);
}
