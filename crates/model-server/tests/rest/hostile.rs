//! Bodies that nobody should send: each is refused with 400 and a message, or, where it happens to make sense, answered.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use crate::client::{Client, Server, saved_model, settings};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tenseur::servable::Servable;
use tenseur_model_server::Settings;

fn server(settings: Settings) -> Server {
    Server::start(settings, || Servable::open(saved_model("served"), &[]))
}

#[test]
fn what_is_wrong_with_a_body_is_told() {
    let server = server(settings());
    let deep = format!(r#"{{"instances": {}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    for (body, told) in [
        ("", "it is empty"),
        ("instances=1", "a value was expected at byte 0"),
        ("[1, 2]", "the body is a list of 2 and an object was expected"),
        ("{}", "neither \"instances\", a list of rows, nor \"inputs\""),
        (r#"{"instances": [[1, 2]], "inputs": [[1, 2]]}"#, "only one was expected"),
        (r#"{"instances": [[1, 2]], "instances": [[1, 2]]}"#, "the key \"instances\" comes twice"),
        (r#"{"instances": [{"x": [1, 2], "x": [1, 2]}]}"#, "the key \"x\" comes twice"),
        (r#"{"instances": []}"#, "\"instances\" holds no row"),
        (r#"{"instances": 3}"#, "\"instances\" is 3 and a list was expected"),
        (r#"{"instances": [[1e400, 1]]}"#, "too large for float64"),
        (r#"{"instances": [[1e39, 1]]}"#, "at [0][0]: 1e39 is no float32"),
        (r#"{"instances": [[123456789012345678901234567890123456789012, 1]]}"#, "is no float32"),
        (r#"{"instances": [[1, 2], [1]]}"#, "at [1]: a list of 1 stands where a list of 2"),
        (r#"{"instances": [[1, 2], [1, [2]]]}"#, "at [1][1]"),
        (r#"{"instances": [[1, "a"]]}"#, "at [0][1]: the text \"a\" is no float32"),
        (r#"{"instances": [[1, null]]}"#, "null is no float32"),
        (r#"{"instances": [[1, 2, 3]]}"#, "\"x\" has shape [1, 3] and [?, 2] was expected"),
        (r#"{"instances": [{"y": [1, 2]}]}"#, "has the names \"y\" and \"x\" were expected"),
        (r#"{"instances": [{"x": [1, 2], "y": 1}]}"#, "has the names \"x\", \"y\" and \"x\" were expected"),
        (
            r#"{"instances": [{"x": [1, 2]}, [1, 2]]}"#,
            "\"instances\"[1] is a list of 2, and the first row is an object",
        ),
        (
            r#"{"instances": [[1, 2], {"x": [1, 2]}]}"#,
            "\"instances\"[1] is an object, and the first row is none",
        ),
        (r#"{"inputs": {"y": [[1, 2]]}}"#, "\"inputs\" has the names \"y\" and \"x\" were expected"),
        (r#"{"inputs": {}}"#, "\"inputs\" has the names (none) and \"x\" were expected"),
        (r#"{"signature_name": 1, "inputs": {}}"#, "\"signature_name\" is 1 and a text was expected"),
        (
            r#"{"signature_name": "serve", "inputs": {}}"#,
            "the model has no signature \"serve\"; it has: \"centred\", \"classify\"",
        ),
        (
            r#"{"signature_name": "kinds", "instances": [1]}"#,
            "each of \"instances\" is expected to be an object with the names",
        ),
        (
            r#"{"signature_name": "kinds", "inputs": [1]}"#,
            "\"inputs\" is expected to be an object with the names",
        ),
        (r#"{"signature_name": "\ud800"}"#, "half of a surrogate pair"),
        (deep.as_str(), "it is nested deeper than 64"),
    ] {
        let answer = server.post("predict", body).refused(400);
        assert!(answer.contains(told), "{body:.100}: {answer}");
    }
    let answer = server.ask("POST", "/v1/models/model:predict", b"{\"\xff\": 1}").refused(400);
    assert!(answer.contains("not UTF-8 at byte 2"), "{answer}");
}

/// JSON of any kind, in which the names of the API are frequent.
fn any_json() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        4 => proptest::sample::select(vec![
            "instances", "inputs", "examples", "context", "signature_name", "x", "scalar", "size", "name", "b64", "word", "flag",
        ]).prop_map(str::to_string),
        1 => any::<String>(),
    ];
    let quoted = name.prop_map(|text| serde_json::Value::from(text).to_string());
    let leaf = prop_oneof![
        Just("null".to_string()),
        any::<bool>().prop_map(|bit| bit.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_filter_map("finite", |x| x.is_finite().then(|| format!("{x:?}"))),
        Just("NaN".to_string()),
        Just("1e400".to_string()),
        Just("\"scores\"".to_string()),
        Just("\"kinds\"".to_string()),
        Just("\"regress\"".to_string()),
        quoted.clone(),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        let list =
            proptest::collection::vec(inner.clone(), 0..6).prop_map(|list| format!("[{}]", list.join(",")));
        let pair = (quoted.clone(), inner).prop_map(|(key, value)| format!("{key}:{value}"));
        let object =
            proptest::collection::vec(pair, 0..4).prop_map(|pairs| format!("{{{}}}", pairs.join(",")));
        prop_oneof![list, object.clone(), object]
    })
}

#[test]
fn any_json_is_answered_or_refused() {
    let server = server(settings());
    let client = RefCell::new(Client::new(server.address));
    let methods = ["predict", "classify", "regress"];
    let strategy = (0usize..3, any_json(), any_json());
    let mut runner = TestRunner::new(ProptestConfig::with_cases(1500));
    let outcome = runner.run(&strategy, |(method, a, b)| {
        let (method, path) = (methods[method], format!("/v1/models/model:{}", methods[method]));
        let whole =
            format!(r#"{{"signature_name": "scores", "instances": {a}, "context": {b}, "examples": {b}}}"#);
        for body in [a.clone(), whole] {
            let answer = client.borrow_mut().ask("POST", &path, body.as_bytes());
            prop_assert!(matches!(answer.status, 200 | 400), "{method} {body}: {answer:?}");
            if answer.status == 400 {
                prop_assert!(!answer.refused(400).is_empty());
            }
        }
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn any_bytes_are_answered_or_refused() {
    let server = server(settings());
    let client = RefCell::new(Client::new(server.address));
    let mut runner = TestRunner::new(ProptestConfig::with_cases(300));
    let valid = br#"{"signature_name": "scores", "instances": [[1.5, 2e0], [3, -4]]}"#;
    let strategy = proptest::collection::vec((0..valid.len(), any::<u8>()), 1..4);
    let outcome = runner.run(&strategy, |changes| {
        let mut body = valid.to_vec();
        changes.iter().for_each(|&(place, byte)| body[place] = byte);
        let answer = client.borrow_mut().ask("POST", "/v1/models/model:predict", &body);
        prop_assert!(matches!(answer.status, 200 | 400), "{body:?}: {answer:?}");
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let small = Settings { most_body: 1000, most_values: 100, most_bytes: 4000, ..settings() };
    let server = server(small);
    let numbers = |count: usize| format!(r#"{{"instances": [{}]}}"#, vec!["[1,2]"; count].join(","));
    assert_eq!(server.post("predict", &numbers(10)).status, 200);
    assert!(server.post("predict", &numbers(20)).refused(400).contains("more than 100 values"));
    let answer = server.post("predict", &numbers(400));
    assert_eq!(answer.refused(413), "the body is larger than 1000 bytes");
    assert!(answer.headers.contains("connection: close"), "{answer:?}");
    // It is told by its head alone.
    let mut client = Client::new(server.address);
    let head = format!("POST /v1/models/model:predict HTTP/1.1\r\nHost: {}\r\n", server.address);
    client.send(format!("{head}Content-Length: 99999999999999\r\n\r\n").as_bytes()).unwrap();
    assert_eq!(client.answer().unwrap().status, 413);
    assert!(client.answer().is_none(), "the connection is over");
    // Or while it comes, where the head does not tell.
    let mut client = Client::new(server.address);
    client.send(format!("{head}Transfer-Encoding: chunked\r\n\r\n").as_bytes()).unwrap();
    for _ in 0..3 {
        let _ = client.send(format!("200\r\n{}\r\n", " ".repeat(512)).as_bytes());
    }
    assert_eq!(client.answer().unwrap().status, 413);
    // So are heads.
    let mut client = Client::new(server.address);
    let _ = client.send(format!("{head}X: {}\r\n\r\n", "a".repeat(1 << 20)).as_bytes());
    assert!(client.answer().is_none_or(|answer| answer.status == 431));
    let mut client = Client::new(server.address);
    client.send(format!("{head}{}\r\n", "X: a\r\n".repeat(1000)).as_bytes()).unwrap();
    assert!(client.answer().is_none_or(|answer| answer.status == 431));
    for garbage in ["GARBAGE\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00", "GET / HTTP/9.9\r\n\r\n"] {
        let mut client = Client::new(server.address);
        client.send(garbage.as_bytes()).unwrap();
        assert!(client.answer().is_none_or(|answer| answer.status == 400), "{garbage}");
    }
    assert_eq!(server.post("predict", &numbers(1)).status, 200);
}

#[test]
fn what_would_grow_is_refused() {
    let server = server(settings());
    let started = Instant::now();
    // So many names, that comparing each with each would take hours; a context that is copied to so many examples; a message
    // that says it all back.
    let many = |letter: &str| {
        let features: Vec<String> = (0..20_000).map(|i| format!("\"{letter}{i}\":1")).collect();
        format!("{{{}}}", features.join(","))
    };
    let (a, b) = (many("a"), many("b"));
    let body = format!(r#"{{"signature_name": "regress", "context": {a}, "examples": [{b}]}}"#);
    assert!(server.post("regress", &body).refused(400).contains("size"));
    let examples = vec!["{}"; 20_000].join(",");
    let body = format!(r#"{{"signature_name": "regress", "context": {a}, "examples": [{examples}]}}"#);
    assert!(server.post("regress", &body).refused(400).contains("the context of 20000 examples"));
    let long = "x".repeat(1 << 20);
    for body in [
        format!(r#"{{"instances": [{a}]}}"#),
        format!(r#"{{"inputs": {a}}}"#),
        format!(r#"{{"signature_name": "{long}", "instances": [1]}}"#),
        format!(r#"{{"instances": [["{long}", 1]]}}"#),
        format!(r#"{{"signature_name": "twice", "inputs": {{"{long}": 1}}}}"#),
    ] {
        let told = server.post("predict", &body).refused(400);
        assert!(told.len() < 2000, "{told:.300}");
    }
    let body = format!(r#"{{"signature_name": "regress", "examples": [{{"{long}": null}}]}}"#);
    assert!(server.post("regress", &body).refused(400).len() < 2000);
    assert!(started.elapsed() < Duration::from_secs(120), "{:?}", started.elapsed());
}

#[test]
fn who_is_slow_is_cut() {
    let server = server(Settings { time_limit: Duration::from_millis(300), ..settings() });
    let head = format!("POST /v1/models/model:predict HTTP/1.1\r\nHost: {}\r\n", server.address);
    // A body that does not come.
    let mut client = Client::new(server.address);
    client.send(format!("{head}Content-Length: 10\r\n\r\n{{").as_bytes()).unwrap();
    let started = Instant::now();
    assert_eq!(client.answer().unwrap().refused(408), "the body did not come within the time limit");
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(client.answer().is_none(), "the connection is over");
    // A head that comes byte by byte, and one that never comes.
    let mut drop_by_drop = Client::new(server.address);
    let mut silent = Client::new(server.address);
    let started = Instant::now();
    let sending = std::thread::spawn(move || {
        for byte in head.bytes().cycle().take(200) {
            if drop_by_drop.send(&[byte]).is_err() {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        assert!(drop_by_drop.answer().is_none_or(|answer| answer.status == 408));
    });
    assert!(silent.answer().is_none());
    sending.join().unwrap();
    assert!(started.elapsed() < Duration::from_secs(19), "{:?}", started.elapsed());
}
