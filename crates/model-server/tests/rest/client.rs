//! A server in this process, and those who ask it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tenseur::Result;
use tenseur::servable::Servable;
use tenseur_model_server::{Settings, Stage, serve};

/// A SavedModel that TensorFlow wrote.
pub(crate) fn saved_model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tenseur/tests/data/saved_model").join(name)
}

/// Settings for tests: any free port, a model called `model`.
pub(crate) fn settings() -> Settings {
    Settings { address: "127.0.0.1:0".parse().unwrap(), name: "model".to_string(), ..Settings::default() }
}

/// A server, which is stopped when this goes.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Server {
    /// One that serves the model when this comes back.
    pub(crate) fn start(
        settings: Settings,
        load: impl FnOnce() -> Result<Servable> + Send + 'static,
    ) -> Server {
        Server::start_at(Stage::Available, settings, load)
    }

    /// One that is as far as `stage` when this comes back.
    pub(crate) fn start_at(
        stage: Stage,
        settings: Settings,
        load: impl FnOnce() -> Result<Servable> + Send + 'static,
    ) -> Server {
        let (send, receive) = mpsc::channel();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let say = move |now: Stage, address: SocketAddr| {
                if now == stage {
                    send.send(address).unwrap();
                }
            };
            serve(settings, load, say, move || stopped.load(Ordering::SeqCst))
        });
        Server { address: receive.recv().expect("the server starts"), stop, thread: Some(thread) }
    }

    pub(crate) fn ask(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        Client::new(self.address).ask(method, path, body)
    }

    pub(crate) fn post(&self, method: &str, body: &str) -> Answer {
        self.ask("POST", &format!("/v1/models/model:{method}"), body.as_bytes())
    }

    /// Asks it to end.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    /// How it ended.
    pub(crate) fn end(&mut self) -> Result<()> {
        self.stop();
        self.thread.take().map_or(Ok(()), |thread| thread.join().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let ended = self.end();
        if !std::thread::panicking() {
            ended.unwrap();
        }
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The JSON of a request that was answered.
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.json()
    }

    /// The message of one that was refused with this status.
    pub(crate) fn refused(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{self:?}");
        self.json()["error"].as_str().unwrap().to_string()
    }
}

/// A connection that stays open.
pub(crate) struct Client {
    pub(crate) stream: BufReader<TcpStream>,
    address: SocketAddr,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Client { stream: BufReader::new(stream), address }
    }

    pub(crate) fn send(&mut self, text: &[u8]) -> std::io::Result<()> {
        self.stream.get_mut().write_all(text)
    }

    pub(crate) fn ask(&mut self, method: &str, path: &str, body: &[u8]) -> Answer {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        let request = [head.as_bytes(), body].concat();
        self.send(&request).unwrap();
        self.answer().unwrap_or_else(|| panic!("no answer to {method} {path}"))
    }

    /// The next answer; none when the connection has ended.
    pub(crate) fn answer(&mut self) -> Option<Answer> {
        let mut headers = String::new();
        loop {
            let before = headers.len();
            match self.stream.read_line(&mut headers) {
                Ok(read) if read > 0 => {}
                _ => return None,
            }
            if &headers[before..] == "\r\n" {
                break;
            }
        }
        let lower = headers.to_ascii_lowercase();
        let length = lower.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.stream.read_exact(&mut body).ok()?;
        let status = headers.split(' ').nth(1).unwrap().parse().unwrap();
        Some(Answer { status, headers: lower, body: String::from_utf8(body).unwrap() })
    }
}
