//! Many at once: runs are shared, too many are refused, one's fault is nobody else's, and what was taken is answered.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use crate::client::{Answer, Client, Server, saved_model, settings};
use serde_json::json;
use tenseur::formats::meta_graph::Signature;
use tenseur::graph::Fact;
use tenseur::ops::host::HostOp;
use tenseur::prelude::*;
use tenseur::servable::Servable;
use tenseur_model_server::Settings;

/// A model that doubles, takes its time, counts its runs and their rows, breaks on 13 and refuses 12.
fn slow(time: Duration, runs: Arc<AtomicUsize>) -> tenseur::Result<Servable> {
    let tf = Graph::new();
    let x = tf.placeholder::<f32>([None], "x");
    let double = HostOp::new("Double", [Fact::new(DType::Float32, [None])], move |inputs| {
        runs.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(time);
        let x = inputs[0].as_slice::<f32>().map_err(|error| error.to_string())?;
        assert!(!x.contains(&13.0), "13 is unlucky");
        match x.contains(&12.0) {
            true => Err("12 is too much".into()),
            false => {
                Ok(vec![Array::new([x.len()], x.iter().map(|x| 2.0 * x).collect::<Vec<f32>>()).unwrap()])
            }
        }
    });
    let y = double.call(&tf, &[&x], None).output(0);
    let signature = Signature {
        inputs: BTreeMap::from([("x".to_string(), x)]),
        outputs: BTreeMap::from([("y".to_string(), y)]),
        method_name: "tensorflow/serving/predict".to_string(),
    };
    tf.set_signature("serving_default", &signature)?;
    let model = Servable::new(Session::new(&tf)?, feeds![])?;
    // What programs do cannot be tried.
    assert!(!model.rows_are_independent("serving_default"));
    Ok(model.with_independent_rows("serving_default", true))
}

fn slow_server(settings: Settings, time: Duration) -> (Server, Arc<AtomicUsize>) {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    (Server::start(settings, move || slow(time, counted)), runs)
}

/// Asks on as many connections at once.
fn all_at_once(server: &Server, bodies: Vec<String>) -> Vec<Answer> {
    let barrier = Arc::new(Barrier::new(bodies.len()));
    let address = server.address;
    let ask = |body: String| {
        let barrier = barrier.clone();
        std::thread::spawn(move || {
            let mut client = Client::new(address);
            barrier.wait();
            client.ask("POST", "/v1/models/model:predict", body.as_bytes())
        })
    };
    let threads: Vec<_> = bodies.into_iter().map(ask).collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

fn one(number: usize) -> String {
    json!({ "instances": [number] }).to_string()
}

#[test]
fn single_rows_share_runs_and_have_their_own_answers() {
    let (server, runs) = slow_server(settings(), Duration::from_millis(50));
    let numbers: Vec<usize> = (100..164).collect();
    let answers = all_at_once(&server, numbers.iter().map(|&number| one(number)).collect());
    for (number, answer) in numbers.iter().zip(&answers) {
        assert_eq!(answer.ok(), json!({ "predictions": [2.0 * *number as f64] }));
    }
    // Those that came while the first ran are the next run.
    let shared = runs.load(Ordering::SeqCst);
    assert!(shared < 16, "64 rows took {shared} runs");

    // Who waits for others has them in the same run, though nothing runs yet.
    let patient = Settings { batch_wait: Duration::from_millis(300), ..settings() };
    let (server, runs) = slow_server(patient, Duration::ZERO);
    all_at_once(&server, (0..8).map(one).collect()).iter().for_each(|answer| drop(answer.ok()));
    assert!(runs.load(Ordering::SeqCst) <= 2);
    // A full run waits for nobody.
    let full = Settings { batch_wait: Duration::from_secs(20), max_batch: 4, ..settings() };
    let (server, runs) = slow_server(full, Duration::ZERO);
    let started = Instant::now();
    all_at_once(&server, (0..8).map(one).collect()).iter().for_each(|answer| drop(answer.ok()));
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    // More rows than a run takes are the run of one request.
    let many = json!({ "instances": (0..9).collect::<Vec<_>>() }).to_string();
    assert_eq!(server.post("predict", &many).ok()["predictions"].as_array().unwrap().len(), 9);
    assert_eq!(runs.load(Ordering::SeqCst), 3);

    let alone = Settings { max_batch: 1, ..settings() };
    let (server, runs) = slow_server(alone, Duration::from_millis(1));
    all_at_once(&server, (0..8).map(one).collect()).iter().for_each(|answer| drop(answer.ok()));
    assert_eq!(runs.load(Ordering::SeqCst), 8);
}

#[test]
fn shared_runs_give_the_bits_of_single_ones() {
    let bodies: Vec<String> = (0..48)
        .map(|i| {
            let row =
                |j: usize| [((i * 7 + j) % 11) as f32 * 0.37 - 1.5, ((i * 5 + j) % 13) as f32 * 0.21 - 1.1];
            let rows: Vec<[f32; 2]> = (0..i % 3 + 1).map(row).collect();
            let signature = ["serving_default", "scores", "centred"][i % 3];
            json!({ "signature_name": signature, "instances": rows }).to_string()
        })
        .collect();
    let open = || Servable::open(saved_model("served"), &[]);
    let alone = Server::start(Settings { max_batch: 1, ..settings() }, open);
    let shared = Server::start(Settings { batch_wait: Duration::from_millis(20), ..settings() }, open);
    for _ in 0..3 {
        let answers = all_at_once(&shared, bodies.clone());
        for (body, answer) in bodies.iter().zip(answers) {
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(answer.body, alone.post("predict", body).body, "{body}");
        }
    }
}

#[test]
fn a_fault_of_one_is_not_that_of_others() {
    let patient = Settings { batch_wait: Duration::from_millis(200), ..settings() };
    let (server, _) = slow_server(patient, Duration::ZERO);
    let answers = all_at_once(&server, (8..16).map(one).collect());
    for (number, answer) in (8..16).zip(answers) {
        match number {
            12 => assert!(answer.refused(400).contains("12 is too much"), "{answer:?}"),
            13 => assert!(answer.refused(500).contains("broken off"), "{answer:?}"),
            number => assert_eq!(answer.ok(), json!({ "predictions": [2.0 * number as f64] })),
        }
    }
    for _ in 0..3 {
        server.post("predict", &one(13)).refused(500);
    }
    assert_eq!(server.post("predict", &one(1)).ok(), json!({ "predictions": [2.0] }));
}

#[test]
fn overload_is_refused_and_passes() {
    let crowded = Settings { queue: 8, max_batch: 1, ..settings() };
    let (server, _) = slow_server(crowded, Duration::from_millis(10));
    let answers = all_at_once(&server, (100..300).map(one).collect());
    let mut counts: HashMap<u16, usize> = HashMap::new();
    for (number, answer) in (100..300).zip(&answers) {
        *counts.entry(answer.status).or_default() += 1;
        match answer.status {
            200 => assert_eq!(answer.ok(), json!({ "predictions": [2.0 * number as f64] })),
            429 => {
                assert!(answer.refused(429).contains("8 requests wait already"));
                assert!(answer.headers.contains("retry-after: 1\r\n"), "{answer:?}");
            }
            status => panic!("{status}: {answer:?}"),
        }
    }
    assert!(counts[&200] >= 8 && counts[&429] >= 1, "{counts:?}");
    for number in 0..5 {
        assert_eq!(server.post("predict", &one(number)).status, 200);
    }
}

#[test]
fn more_connections_than_are_taken_wait() {
    let few = Settings { most_connections: 2, ..settings() };
    let (server, _) = slow_server(few, Duration::ZERO);
    let mut open: Vec<Client> = (0..2).map(|_| Client::new(server.address)).collect();
    for client in &mut open {
        assert_eq!(client.ask("POST", "/v1/models/model:predict", one(1).as_bytes()).status, 200);
    }
    let address = server.address;
    let third = std::thread::spawn(move || {
        let mut client = Client::new(address);
        let answer = client.ask("POST", "/v1/models/model:predict", one(2).as_bytes());
        (answer.status, Instant::now())
    });
    std::thread::sleep(Duration::from_millis(200));
    let closed = Instant::now();
    drop(open);
    let (status, answered) = third.join().unwrap();
    assert!(status == 200 && answered > closed);
}

/// y = x + a loop that never ends.
const ENDLESS: &str = include_str!("../../../tenseur/tests/data/graph/endless.pbtxt");

#[test]
fn what_takes_too_long_is_given_up() {
    let short = Settings { time_limit: Duration::from_millis(300), ..settings() };
    let (server, runs) = slow_server(short, Duration::from_millis(900));
    let answers = all_at_once(&server, (0..2).map(one).collect());
    answers.iter().for_each(|answer| assert!(answer.refused(504).contains("time limit")));
    // Nobody waits for what is in the queue by now.
    std::thread::sleep(Duration::from_millis(1500));
    assert!(runs.load(Ordering::SeqCst) <= 2);

    // A loop that never ends is ended.
    let tf = Graph::from_graph_def_text(ENDLESS).unwrap();
    let (x, y) = (tf.tensor("x").unwrap(), tf.tensor("y").unwrap());
    let signature = |output: &Tensor| Signature {
        inputs: BTreeMap::from([("x".to_string(), x.clone())]),
        outputs: BTreeMap::from([("y".to_string(), output.clone())]),
        method_name: "tensorflow/serving/predict".to_string(),
    };
    tf.set_signature("endless", &signature(&y)).unwrap();
    tf.set_signature("serving_default", &signature(&(&x * 2.0))).unwrap();
    let session = Session::new(&tf).unwrap();
    let short = Settings { time_limit: Duration::from_millis(300), ..settings() };
    let server = Server::start(short, move || Servable::new(session, feeds![]));
    server.post("predict", r#"{"signature_name": "endless", "instances": [1]}"#).refused(504);
    let started = Instant::now();
    while server.post("predict", &one(4)).status != 200 {
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn a_stop_answers_what_was_taken_and_refuses_the_rest() {
    let (mut server, _) = slow_server(Settings { max_batch: 1, ..settings() }, Duration::from_millis(150));
    let address = server.address;
    let mut idle = Client::new(address);
    assert_eq!(idle.ask("GET", "/v1/models/model", b"").status, 200);
    let asked: Vec<_> = (0..6)
        .map(|number| {
            std::thread::spawn(move || {
                let mut client = Client::new(address);
                let answer = client.ask("POST", "/v1/models/model:predict", one(number).as_bytes());
                (number, answer)
            })
        })
        .collect();
    std::thread::sleep(Duration::from_millis(200));
    server.stop();
    std::thread::sleep(Duration::from_millis(100));
    // The six take 900 ms: new requests are refused, on old connections and on new ones.
    let answer = idle.ask("POST", "/v1/models/model:predict", one(7).as_bytes());
    assert_eq!(answer.refused(503), "the server is stopping");
    assert!(answer.headers.contains("connection: close"), "{answer:?}");
    assert_eq!(Client::new(address).ask("POST", "/v1/models/model:predict", one(7).as_bytes()).status, 503);
    let status = Client::new(address).ask("GET", "/v1/models/model", b"").ok();
    assert_eq!(status["model_version_status"][0]["state"], "UNLOADING");
    for thread in asked {
        let (number, answer) = thread.join().unwrap();
        assert_eq!(answer.ok(), json!({ "predictions": [2.0 * number as f64] }));
    }
    let started = Instant::now();
    server.end().unwrap();
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert!(std::net::TcpStream::connect(address).is_err());
}
