//! The server as browsers and others meet it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tenseur_playground_server::{MOST_VISITORS, serve};
use tungstenite::client::IntoClientRequest;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

fn server() -> SocketAddr {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        serve("127.0.0.1:0".parse().unwrap(), |address| send.send(address).unwrap(), || false).unwrap();
    });
    receive.recv().unwrap()
}

/// The head and the body of the answer to a request.
fn get(address: SocketAddr, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

struct Page(WebSocket<MaybeTlsStream<TcpStream>>);

impl Page {
    fn open(address: SocketAddr) -> Page {
        let mut page = Page(connect(address, Some(&format!("http://{address}"))).unwrap());
        assert_eq!(page.next()["type"], "welcome");
        page
    }

    fn send(&mut self, command: Value) {
        self.0.send(Message::text(command.to_string())).unwrap();
    }

    fn next(&mut self) -> Value {
        match self.0.read().unwrap() {
            Message::Text(text) => serde_json::from_str(text.as_str()).unwrap(),
            Message::Binary(bytes) => {
                let length = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
                serde_json::from_slice(&bytes[4..4 + length]).unwrap()
            }
            other => panic!("{other}"),
        }
    }
}

fn connect(
    address: SocketAddr,
    origin: Option<&str>,
) -> tungstenite::Result<WebSocket<MaybeTlsStream<TcpStream>>> {
    let mut request = format!("ws://{address}/engine").into_client_request()?;
    if let Some(origin) = origin {
        request.headers_mut().insert("Origin", origin.parse().unwrap());
    }
    Ok(tungstenite::connect(request)?.0)
}

#[test]
fn the_page_is_served_with_a_policy_and_to_this_machine_only() {
    let address = server();
    let answer = get(address, "/", &format!("Host: {address}\r\n"));
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let lower = answer.to_ascii_lowercase();
    assert!(lower.contains("content-security-policy: default-src 'none'; script-src 'self'"), "{answer}");
    assert!(lower.contains("content-type: text/html"), "{answer}");
    assert!(!lower.contains("'unsafe-inline'"));
    for (path, headers) in [
        ("/", "Host: evil.example\r\n".to_string()),
        ("/", String::new()),
        ("/", format!("Host: {address}\r\nOrigin: http://evil.example\r\n")),
    ] {
        let answer = get(address, path, &headers);
        assert!(
            answer.starts_with("HTTP/1.1 403") || answer.starts_with("HTTP/1.1 400"),
            "{headers} {answer}"
        );
    }
    for path in [
        "/package.json",
        "/tests/",
        "/../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "/node_modules/x",
        "//etc/passwd",
    ] {
        let answer = get(address, path, &format!("Host: {address}\r\n"));
        assert!(answer.starts_with("HTTP/1.1 404"), "{path} {answer}");
    }
}

#[test]
fn only_the_own_page_drives_an_engine() {
    let address = server();
    for origin in [None, Some("http://evil.example"), Some("null"), Some("http://127.0.0.1:1")] {
        let refused = connect(address, origin).unwrap_err();
        let tungstenite::Error::Http(answer) = refused else { panic!("{refused}") };
        assert_eq!(answer.status(), 403, "{origin:?}");
    }
    let mut page = Page::open(address);
    page.send(json!({ "type": "step", "unit": "epoch", "id": 5 }));
    let answer = page.next();
    assert_eq!((&answer["id"], &answer["status"]["epoch"]), (&5.0.into(), &1.into()));
    page.send(json!({ "type": "frame", "wanted": { "force": true, "maps": true }, "id": 6 }));
    assert_eq!(page.next()["type"], "frame");
}

#[test]
fn visitors_are_bounded_and_freed() {
    let address = server();
    let mut pages: Vec<Page> = (0..MOST_VISITORS).map(|_| Page::open(address)).collect();
    let origin = format!("http://{address}");
    let refused = connect(address, Some(&origin)).unwrap_err();
    let tungstenite::Error::Http(answer) = refused else { panic!("{refused}") };
    assert_eq!(answer.status(), 503);
    // Some close politely, one while it plays, and one just goes away.
    pages[0].send(json!({ "type": "play" }));
    pages[0].send(json!({ "type": "frame", "wanted": {} }));
    pages[1].0.close(None).unwrap();
    drop(pages);
    let start = Instant::now();
    while connect(address, Some(&origin)).is_err() {
        assert!(start.elapsed() < Duration::from_secs(20), "no simulation was freed");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_page_that_runs_away_does_not_starve_another() {
    let address = server();
    let mut wild = Page::open(address);
    wild.send(json!({ "type": "configure", "config": { "speed": "maximum", "batchSize": 1 } }));
    wild.send(json!({ "type": "play" }));
    let writing = std::thread::spawn(move || {
        // Never reads an answer, until the server reads no more of it either.
        let stream = match wild.0.get_mut() {
            MaybeTlsStream::Plain(stream) => stream.try_clone().unwrap(),
            _ => unreachable!("the server speaks plainly"),
        };
        stream.set_write_timeout(Some(Duration::from_secs(3))).unwrap();
        let frame = json!({ "type": "frame", "wanted": { "force": true, "maps": true } }).to_string();
        let sent = (0..1_000_000).take_while(|_| wild.0.send(Message::text(frame.clone())).is_ok()).count();
        (sent, wild)
    });
    let mut calm = Page::open(address);
    let start = Instant::now();
    for epoch in 1..=20 {
        calm.send(json!({ "type": "step", "unit": "epoch" }));
        assert_eq!(calm.next()["status"]["epoch"], epoch);
    }
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    let (sent, _wild) = writing.join().unwrap();
    assert!(sent < 1_000_000, "the flood was held back");
}

#[test]
fn commands_that_are_too_long_end_the_visit() {
    let address = server();
    let mut page = Page::open(address);
    let _ = page.0.send(Message::text("x".repeat(3 << 20)));
    let ended = (0..10).any(|_| page.0.read().is_err());
    assert!(ended);
    Page::open(address);
}
