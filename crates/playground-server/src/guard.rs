//! Who may ask: requests that are addressed to this machine, and WebSockets of the page that was served here. Everything
//! that is answered carries the headers that hold the page to its own files.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::Shared;

/// Scripts, styles and connections of the page's own only; none written into the page.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; \
                      font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// Whom requests may be addressed to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guard {
    port: u16,
    loopback: bool,
}

impl Guard {
    /// For a server on `address`.
    pub(crate) fn new(address: SocketAddr) -> Guard {
        Guard { port: address.port(), loopback: address.ip().is_loopback() }
    }

    /// Whether `host`, as a browser names it, is this machine: by number, or `localhost`. Any name can be made to point
    /// here by whoever owns it, so that another page's scripts would count as ours.
    fn is_this_machine(self, host: &str) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.contains(']') => (name, port.parse().ok()),
            _ => (host, Some(80)),
        };
        let number = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let here = match number {
            Ok(number) => number.is_loopback() || !self.loopback,
            Err(_) => name.eq_ignore_ascii_case("localhost"),
        };
        here && port == Some(self.port)
    }

    /// Why a request is refused, if it is.
    fn refusal(self, method: &Method, headers: &HeaderMap, path: &str) -> Option<&'static str> {
        let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(host) = text(header::HOST).filter(|host| self.is_this_machine(host)) else {
            return Some("this server is addressed by number or as localhost");
        };
        if method != Method::GET && method != Method::HEAD {
            return Some("there is nothing here but to get");
        }
        let own =
            |origin: &str| origin.strip_prefix("http://").is_some_and(|of| of.eq_ignore_ascii_case(host));
        match text(header::ORIGIN) {
            Some(origin) if own(origin) => None,
            Some(_) => Some("the engine is for the page that was served here"),
            // Browsers name the origin of every WebSocket.
            None if path == "/engine" => Some("the engine is for the page that was served here"),
            None => None,
        }
    }
}

/// Refuses what is not for here, and puts the headers on all that is answered.
pub(crate) async fn check(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let refusal = shared.guard.refusal(request.method(), request.headers(), request.uri().path());
    let mut response = match refusal {
        Some(why) => (StatusCode::FORBIDDEN, why).into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_meant() {
        let guard = Guard { port: 8000, loopback: true };
        for host in ["127.0.0.1:8000", "localhost:8000", "LOCALHOST:8000", "[::1]:8000", "127.0.0.2:8000"] {
            assert!(guard.is_this_machine(host), "{host}");
        }
        for host in
            ["evil.example:8000", "127.0.0.1", "localhost:80", "192.168.0.3:8000", "127.0.0.1:8000:1", ""]
        {
            assert!(!guard.is_this_machine(host), "{host}");
        }
        let open = Guard { port: 8000, loopback: false };
        assert!(open.is_this_machine("192.168.0.3:8000") && !open.is_this_machine("evil.example:8000"));
    }

    #[test]
    fn other_pages_are_refused() {
        let guard = Guard { port: 8000, loopback: true };
        let refused = |origin: Option<&'static str>, path: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("localhost:8000"));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            guard.refusal(&Method::GET, &headers, path).is_some()
        };
        assert!(!refused(Some("http://localhost:8000"), "/engine"));
        assert!(!refused(None, "/index.html"));
        for origin in ["http://evil.example", "https://localhost:8000", "http://localhost:8001", "null"] {
            assert!(refused(Some(origin), "/engine") && refused(Some(origin), "/"), "{origin}");
        }
        assert!(refused(None, "/engine"));
        assert!(guard.refusal(&Method::POST, &HeaderMap::new(), "/").is_some());
    }
}
