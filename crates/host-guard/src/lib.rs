//! Whom a server on this machine may be addressed as.
//!
//! A browser lets a page talk to where the page's own name leads. Who owns a name can let it lead to this machine at any time (DNS
//! rebinding), and the page's scripts would then count as ours. Every request says in its header `Host` whom it means, and
//! [`HostGuard`] tells whether that is this machine, by number or as `localhost`.
#![forbid(unsafe_code)]

use std::net::{IpAddr, SocketAddr};

/// Whom requests may be addressed to.
///
/// ```
/// use tenseur_host_guard::HostGuard;
/// let guard = HostGuard::new("127.0.0.1:8501".parse()?);
/// assert!(guard.is_this_machine("localhost:8501"));
/// assert!(!guard.is_this_machine("evil.example:8501"));
/// assert!(guard.is_own_origin("http://localhost:8501", "localhost:8501"));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct HostGuard {
    port: u16,
    loopback: bool,
}

impl HostGuard {
    /// For a server on `address`.
    pub fn new(address: SocketAddr) -> HostGuard {
        HostGuard { port: address.port(), loopback: address.ip().is_loopback() }
    }

    /// Whether `host`, as a request's header says it, is this server: a number (that of this machine alone, if the server listens
    /// only to this machine), or `localhost`, with its port.
    pub fn is_this_machine(self, host: &str) -> bool {
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

    /// Whether a page of `origin`, as a request's header says it, was served by the `host` that the request is addressed to.
    pub fn is_own_origin(self, origin: &str, host: &str) -> bool {
        self.is_this_machine(host)
            && origin.strip_prefix("http://").is_some_and(|of| of.eq_ignore_ascii_case(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_meant() {
        let guard = HostGuard { port: 8000, loopback: true };
        for host in ["127.0.0.1:8000", "localhost:8000", "LOCALHOST:8000", "[::1]:8000", "127.0.0.2:8000"] {
            assert!(guard.is_this_machine(host), "{host}");
        }
        for host in
            ["evil.example:8000", "127.0.0.1", "localhost:80", "192.168.0.3:8000", "127.0.0.1:8000:1", ""]
        {
            assert!(!guard.is_this_machine(host), "{host}");
        }
        let open = HostGuard { port: 8000, loopback: false };
        assert!(open.is_this_machine("192.168.0.3:8000") && !open.is_this_machine("evil.example:8000"));
    }

    #[test]
    fn only_pages_of_the_same_host_are_own() {
        let guard = HostGuard { port: 8000, loopback: true };
        assert!(guard.is_own_origin("http://LOCALHOST:8000", "localhost:8000"));
        for origin in ["http://evil.example", "https://localhost:8000", "http://localhost:8001", "null", ""] {
            assert!(!guard.is_own_origin(origin, "localhost:8000"), "{origin}");
        }
        assert!(!guard.is_own_origin("http://evil.example:8000", "evil.example:8000"));
    }
}
