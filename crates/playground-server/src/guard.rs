//! Who may ask: requests that are addressed to this machine, and WebSockets of the page that was served here. Everything
//! that is answered carries the headers that hold the page to its own files.

use std::net::SocketAddr;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tenseur_host_guard::HostGuard;

use crate::Shared;

/// Scripts, styles and connections of the page's own only; none written into the page.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; \
                      font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// Whose requests are answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guard {
    host: HostGuard,
}

impl Guard {
    /// For a server on `address`.
    pub(crate) fn new(address: SocketAddr) -> Guard {
        Guard { host: HostGuard::new(address) }
    }

    /// Why a request is refused, if it is.
    fn refusal(self, method: &Method, headers: &HeaderMap, path: &str) -> Option<&'static str> {
        let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(host) = text(header::HOST).filter(|host| self.host.is_this_machine(host)) else {
            return Some("this server is addressed by number or as localhost");
        };
        if method != Method::GET && method != Method::HEAD {
            return Some("there is nothing here but to get");
        }
        match text(header::ORIGIN) {
            Some(origin) if self.host.is_own_origin(origin, host) => None,
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
    fn other_pages_are_refused() {
        let guard = Guard::new("127.0.0.1:8000".parse().unwrap());
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
