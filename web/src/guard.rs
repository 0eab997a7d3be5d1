//! What every request must be before it is looked at, and what every answer carries. Pure; knows no person and no record.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use std::net::SocketAddr;

/// Nothing but our own files, nothing in line, no frames: a page that was written into by a document does nothing.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What a document may do that somebody opens outside its page: nothing.
pub(crate) const SANDBOX: &str = "sandbox; default-src 'none'";

/// The names under which the server answers.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    /// Names of a proxy with TLS before us, in lower case.
    public: Vec<String>,
    /// Where we listen, for those on this machine.
    local: Vec<String>,
    /// Whether each connection is in TLS of our own.
    tls: bool,
}

/// A host that was asked for by a name of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Through {
    /// TLS, of our own or of a proxy.
    Tls,
    /// This machine, in clear.
    Loopback,
}

impl Hosts {
    pub(crate) fn new(public: &[String], listening: SocketAddr, tls: bool) -> Self {
        let port = listening.port();
        let local = ["127.0.0.1", "localhost", "[::1]"].iter().map(|name| format!("{name}:{port}")).collect();
        let mut public: Vec<String> = public.iter().map(|name| name.to_ascii_lowercase()).collect();
        if tls {
            // No proxy takes the port away.
            let with_port: Vec<String> = public.iter().map(|name| format!("{name}:{port}")).collect();
            public.extend(with_port);
        }
        Self { public, local, tls }
    }

    /// How a request reached us; nothing where it names another host.
    pub(crate) fn through(&self, headers: &HeaderMap) -> Option<Through> {
        let host = text(headers, header::HOST)?.to_ascii_lowercase();
        if self.public.contains(&host) {
            return Some(Through::Tls);
        }
        let local = if self.tls { Through::Tls } else { Through::Loopback };
        self.local.contains(&host).then_some(local)
    }
}

/// The one value of a header, as text.
pub(crate) fn text(headers: &HeaderMap, name: impl header::AsHeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// The secret that a program shows (RFC 6750, 2.1).
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    text(headers, header::AUTHORIZATION)?.strip_prefix("Bearer ")
}

/// Whether a request that changes something comes from a page of ours. Browsers say so; what says nothing must at least name
/// its origin.
pub(crate) fn is_ours(method: &Method, headers: &HeaderMap) -> bool {
    if method == Method::GET || method == Method::HEAD {
        return true;
    }
    // No page of another's makes a browser show this.
    if bearer(headers).is_some() && !headers.contains_key(header::COOKIE) {
        return true;
    }
    // Nor this, unasked: a program that signs in. Browsers always name an origin here.
    let browser = [header::COOKIE, header::ORIGIN, HeaderName::from_static("sec-fetch-site")];
    if text(headers, header::CONTENT_TYPE) == Some("application/json") && !browser.iter().any(|name| headers.contains_key(name)) {
        return true;
    }
    if headers.contains_key("sec-fetch-site") {
        return text(headers, "sec-fetch-site") == Some("same-origin");
    }
    let origin = text(headers, header::ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    origin.is_some_and(|origin| text(headers, header::HOST).is_some_and(|host| origin.eq_ignore_ascii_case(host)))
}

/// Headers of every answer; what an answer says itself stays.
pub(crate) fn protect(headers: &mut HeaderMap, through: Option<Through>) {
    let always = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
        (header::HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    ];
    for (name, value) in always {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if through == Some(Through::Tls) {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn only_hosts_of_ours_are_answered() {
        let hosts = Hosts::new(&["Archives.example".to_owned()], "127.0.0.1:8480".parse().unwrap(), false);
        for (host, expected) in [
            ("archives.example", Some(Through::Tls)),
            ("127.0.0.1:8480", Some(Through::Loopback)),
            ("LOCALHOST:8480", Some(Through::Loopback)),
            ("127.0.0.1", None),
            ("evil.example", None),
        ] {
            assert_eq!(hosts.through(&headers(&[("host", host)])), expected, "{host}");
        }
        let own = Hosts::new(&["archives.example".to_owned()], "10.0.0.1:8443".parse().unwrap(), true);
        for host in ["archives.example:8443", "archives.example", "localhost:8443"] {
            assert_eq!(own.through(&headers(&[("host", host)])), Some(Through::Tls), "{host}");
        }
        assert_eq!(hosts.through(&headers(&[])), None);
        assert_eq!(hosts.through(&headers(&[("host", "localhost:8480"), ("host", "evil.example")])), None, "two of them");
    }

    #[test]
    fn a_change_comes_from_a_page_of_ours() {
        let ours = |method: Method, lines: &[(&'static str, &'static str)]| is_ours(&method, &headers(lines));
        assert!(ours(Method::GET, &[("sec-fetch-site", "cross-site")]));
        assert!(ours(Method::POST, &[("sec-fetch-site", "same-origin")]));
        assert!(ours(Method::POST, &[("host", "a:1"), ("origin", "http://a:1")]));
        assert!(ours(Method::POST, &[("authorization", "Bearer x")]), "a program");
        assert!(ours(Method::POST, &[("host", "a"), ("content-type", "application/json")]), "a program that signs in");
        for lines in [
            &[("sec-fetch-site", "cross-site"), ("host", "a"), ("origin", "http://a")][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("host", "a"), ("origin", "http://b")],
            &[("host", "a"), ("origin", "null")],
            &[("host", "a")],
            &[("authorization", "Bearer x"), ("cookie", "chartrier-1=y")],
            &[("authorization", "Basic x")],
            &[("content-type", "application/json"), ("cookie", "chartrier-1=y")],
            &[("content-type", "application/json"), ("host", "a"), ("origin", "http://b")],
            &[("content-type", "application/json"), ("sec-fetch-site", "cross-site")],
            &[("content-type", "text/plain"), ("host", "a")],
        ] {
            assert!(!ours(Method::POST, lines), "{lines:?}");
        }
    }
}
