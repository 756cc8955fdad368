//! Our own pages: the cookie that their sessions go by, and whether a request was made by one of them.

use std::net::IpAddr;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Where our pages are, as browsers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Scheme, host and port as browsers write them in `Origin`.
    origin: String,
    /// Whether browsers keep a cookie that is marked `Secure`.
    is_secure: bool,
}

impl Site {
    /// The site under `public_url`.
    ///
    /// Its cookie is `__Host-belfry`, which no other host can set and which is sent over HTTPS or to this machine
    /// alone. Browsers refuse such a one from plain HTTP on another machine: there it is called `belfry`, and
    /// whoever listens on the network can take it.
    pub fn of(public_url: &str) -> Self {
        let uri: Uri = public_url.parse().unwrap_or_default();
        let scheme = uri.scheme_str().unwrap_or("http");
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        let usual_port = if scheme == "https" { 443 } else { 80 };
        let origin = match uri.authority().and_then(Authority::port_u16) {
            Some(port) if port != usual_port => format!("{scheme}://{host}:{port}"),
            _ => format!("{scheme}://{host}"),
        };
        Self { is_secure: scheme == "https" || is_loopback(&host), origin }
    }

    fn cookie_name(&self) -> &'static str {
        if self.is_secure { "__Host-belfry" } else { "belfry" }
    }

    /// What the cookie of a session holds, if one was sent.
    pub fn cookie<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
        pairs.find(|(name, _)| name.trim() == self.cookie_name()).map(|(_, value)| value.trim())
    }

    /// `Set-Cookie` that gives a browser `value`. Scripts cannot read it, and it ends with the browser.
    pub fn set_cookie(&self, value: &str) -> HeaderValue {
        let secure = if self.is_secure { "; Secure" } else { "" };
        let text = format!("{}={value}; Path=/{secure}; HttpOnly; SameSite=Lax", self.cookie_name());
        text.parse().expect("cookies hold base64 only")
    }

    /// `Set-Cookie` that takes the cookie away.
    pub fn clear_cookie(&self) -> HeaderValue {
        let set = self.set_cookie("");
        let text = set.to_str().expect("cookies are ASCII");
        format!("{text}; Max-Age=0").parse().expect("cookies are ASCII")
    }

    /// Whether a page of ours made this request; `None` if nothing tells.
    ///
    /// Browsers say it themselves in `Sec-Fetch-Site`. Older ones, and all over plain HTTP, name the page's origin:
    /// ours is that of `public_url` or of the host that was asked.
    pub fn made_by_own_page(&self, headers: &HeaderMap) -> Option<bool> {
        if let Some(site) = headers.get(SEC_FETCH_SITE) {
            return Some(matches!(site.as_bytes(), b"same-origin" | b"none"));
        }
        let origin = headers.get(header::ORIGIN)?.to_str().unwrap_or_default();
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let asked = origin.split_once("://").map(|(_, host)| host);
        let is_own = origin.eq_ignore_ascii_case(&self.origin)
            || asked.zip(host).is_some_and(|(asked, host)| asked.eq_ignore_ascii_case(host));
        Some(is_own)
    }
}

/// Whether a host is this machine: browsers trust it as they trust HTTPS.
fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost"
        || bare.ends_with(".localhost")
        || bare.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pairs<'a> = &'a [(&'static str, &'a str)];

    fn headers(pairs: Pairs) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        let mut headers = HeaderMap::new();
        pairs.for_each(|(name, value)| {
            headers.append(name, value);
        });
        headers
    }

    #[test]
    fn the_cookie_is_secure_wherever_browsers_keep_it() {
        let cases = [
            ("https://crm.example.com", true),
            ("https://10.0.0.7:8443/belfry", true),
            ("http://127.0.0.1:8080", true),
            ("http://127.8.9.1", true),
            ("http://[::1]:8080", true),
            ("http://localhost:8080", true),
            ("http://demo.localhost", true),
            ("http://crm.example.com", false),
            ("http://10.0.0.7:8080", false),
            ("http://localhost.example.com", false),
        ];
        for (public_url, is_secure) in cases {
            let expected = match is_secure {
                true => "__Host-belfry=x; Path=/; Secure; HttpOnly; SameSite=Lax",
                false => "belfry=x; Path=/; HttpOnly; SameSite=Lax",
            };
            let site = Site::of(public_url);
            assert_eq!(site.set_cookie("x"), expected, "{public_url}");
            assert!(site.clear_cookie().to_str().unwrap().ends_with("; Max-Age=0"), "{public_url}");
        }
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let site = Site::of("https://crm.example.com");
        let cases: [(&[&str], Option<&str>); 7] = [
            (&[], None),
            (&["other=1"], None),
            (&["belfry=1; x__Host-belfry=2; __Host-belfry2=3"], None),
            (&["__Host-belfry=abc"], Some("abc")),
            (&["a=b; __Host-belfry=abc ;c=d"], Some("abc")),
            (&["a=b", "__Host-belfry=abc"], Some("abc")),
            (&["__Host-belfry"], None),
        ];
        for (lines, expected) in cases {
            let lines: Vec<_> = lines.iter().map(|line| ("cookie", *line)).collect();
            assert_eq!(site.cookie(&headers(&lines)), expected, "{lines:?}");
        }
    }

    #[test]
    fn a_request_is_our_pages_if_the_browser_or_its_origin_says_so() {
        let site = Site::of("https://CRM.example.com:443/belfry");
        let cases: [(Pairs, Option<bool>); 16] = [
            (&[], None),
            (&[("host", "crm.example.com")], None),
            (&[("sec-fetch-site", "same-origin")], Some(true)),
            (&[("sec-fetch-site", "none")], Some(true)),
            (&[("sec-fetch-site", "same-site")], Some(false)),
            (&[("sec-fetch-site", "cross-site")], Some(false)),
            (&[("sec-fetch-site", "")], Some(false)),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://crm.example.com")], Some(false)),
            (&[("origin", "https://crm.example.com")], Some(true)),
            (&[("origin", "http://crm.example.com")], Some(false)),
            (&[("origin", "https://crm.example.com:8443")], Some(false)),
            (&[("origin", "https://crm.example.com.evil.example")], Some(false)),
            (&[("origin", "null")], Some(false)),
            (&[("origin", "http://10.0.0.7:8080"), ("host", "10.0.0.7:8080")], Some(true)),
            (&[("origin", "http://evil.example"), ("host", "10.0.0.7:8080")], Some(false)),
            (&[("origin", ""), ("host", "")], Some(false)),
        ];
        for (pairs, expected) in cases {
            assert_eq!(site.made_by_own_page(&headers(pairs)), expected, "{pairs:?}");
        }
    }
}
