//! The program `tenseur serve` as clients and as the system meet it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tenseur");

fn saved_model(name: &str) -> String {
    let path: PathBuf =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../tenseur/tests/data/saved_model").join(name);
    path.canonicalize().unwrap().to_str().unwrap().to_string()
}

/// The program, serving.
struct Server {
    child: Child,
    /// `http://127.0.0.1:PORT/v1/models/NAME`, in parts.
    address: String,
    path: String,
    said: BufReader<ChildStderr>,
}

impl Server {
    fn start(folder: &Path, arguments: &[&str]) -> Server {
        let mut command = Command::new(PROGRAM);
        command.arg("serve").args(arguments).args(["--port", "0"]).current_dir(folder);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let rest = line.trim().strip_prefix("http://").unwrap_or_else(|| panic!("{line}"));
        let (address, path) = rest.split_once('/').unwrap();
        Server { child, address: address.to_string(), path: format!("/{path}"), said }
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).unwrap()
    }

    fn request(&self, method: &str, rest: &str, body: &str) -> String {
        format!(
            "{method} {}{rest} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            self.path,
            self.address,
            body.len()
        )
    }

    fn ask(&self, method: &str, rest: &str, body: &str) -> (u16, Value) {
        let mut stream = self.connect();
        stream.write_all(self.request(method, rest, body).as_bytes()).unwrap();
        answer(stream)
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// How it ended, and what it said.
    fn end(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().unwrap();
        let mut said = String::new();
        self.said.read_to_string(&mut said).unwrap();
        (status.code(), said)
    }
}

fn answer(mut stream: TcpStream) -> (u16, Value) {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    let body = text.split("\r\n\r\n").nth(1).unwrap();
    (status, serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {text}")))
}

#[test]
fn a_saved_model_is_served_until_a_signal() {
    let folder = TempDir::new().unwrap();
    for signal in ["-TERM", "-INT"] {
        let server = Server::start(folder.path(), &[&saved_model("served"), "--label", "stable"]);
        assert_eq!(server.path, "/v1/models/served");
        assert!(server.address.starts_with("127.0.0.1:"), "{}", server.address);
        let status = server.ask("GET", "", "").1;
        assert_eq!(status["model_version_status"][0]["state"], "AVAILABLE");
        let twice = r#"{"signature_name": "twice", "inputs": 1.5}"#;
        assert_eq!(server.ask("POST", "/labels/stable:predict", twice), (200, json!({ "outputs": 3.0 })));
        assert_eq!(server.ask("POST", ":predict", "{").0, 400);
        // A request of which half is there is answered when the rest has come.
        let mut half = server.connect();
        let request = server.request("POST", ":predict", twice);
        let (first, rest) = request.as_bytes().split_at(request.len() - 10);
        half.write_all(first).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(200));
        server.signal(signal);
        std::thread::sleep(std::time::Duration::from_millis(200));
        assert_eq!(server.ask("POST", ":predict", twice).0, 503);
        half.write_all(rest).unwrap();
        assert_eq!(answer(half), (200, json!({ "outputs": 3.0 })));
        let (code, said) = server.end();
        assert_eq!(code, Some(0), "{signal}: {said}");
        assert!(said.contains("answering what was asked") && !said.contains("panicked"), "{said}");
    }
}

#[test]
fn a_run_is_served_and_says_what_predict_says() {
    let folder = TempDir::new().unwrap();
    let lines: String = (0..40)
        .map(|i| {
            format!("{},{},{}\n", i, ["a", "b"][i % 2], if (i % 2 == 0) == (i < 20) { "yes" } else { "no" })
        })
        .collect();
    std::fs::write(folder.path().join("table.csv"), format!("number,letter,answer\n{lines}")).unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(PROGRAM).args(arguments).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["train", "table.csv", "--epochs", "3", "--layers", "6", "--out", "answers"]);
    let predicted: Vec<Value> = run(&["predict", "answers", "table.csv", "--json"])
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let server = Server::start(folder.path(), &["answers", "--threads", "1"]);
    assert_eq!(server.path, "/v1/models/answers");
    let letter = |i: usize| ["a", "b"][i % 2];
    let row = |i: usize| json!({ "number": i, "letter": letter(i) });
    let body = json!({ "instances": (0..40).map(row).collect::<Vec<_>>() }).to_string();
    let (status, told) = server.ask("POST", ":predict", &body);
    assert_eq!(status, 200, "{told}");
    for (told, predicted) in told["predictions"].as_array().unwrap().iter().zip(&predicted) {
        assert_eq!(told["class"], predicted["class"]);
        for (place, class) in ["no", "yes"].iter().enumerate() {
            let difference = told["probabilities"][place].as_f64().unwrap()
                - predicted["probabilities"][class].as_f64().unwrap();
            assert!(difference.abs() < 1e-5, "{told} {predicted}");
        }
    }
    let example = r#"{"signature_name": "classify", "examples": [{"number": 3.0, "letter": "b"}]}"#;
    let (status, told) = server.ask("POST", ":classify", example);
    assert_eq!((status, &told["results"][0][0][0]), (200, &json!("no")), "{told}");
    server.signal("-TERM");
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn what_cannot_be_served_is_told() {
    let folder = TempDir::new().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let model = saved_model("served");
    std::fs::create_dir(folder.path().join("a b")).unwrap();
    std::fs::write(folder.path().join("a b").join("run.json"), "{}").unwrap();
    for (arguments, told) in [
        (vec!["serve", "nothing"], "there is no model"),
        (vec!["serve", "."], "holds no run and no SavedModel"),
        (vec!["serve", "a b"], "give another by --name"),
        (vec!["serve", "a b", "--name", "a", "--port", "0"], "has no checkpoint"),
        (vec!["serve", &model, "--port", &port], "cannot serve at 127.0.0.1:"),
        (vec!["serve", &model, "--port", "0", "--tag", "gpu"], "no graph with just the tags [gpu]"),
        (vec!["serve", &model, "--max-batch", "0"], "invalid value"),
    ] {
        let output = Command::new(PROGRAM).args(&arguments).current_dir(folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(told), "{arguments:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}
