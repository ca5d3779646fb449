//! Access control: requests must name this server as their host, come from its own page, and have its token if there is one.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, ORIGIN};
use axum::http::{HeaderMap, Method, StatusCode};

use super::server::BODY_MAX;

/// The header with the token.
const TOKEN_HEADER: &str = "x-stranded-token";

/// The secret of a server that other machines can reach.
#[derive(Clone, Debug)]
pub struct Token(String);

/// The address and the token that requests are checked against.
#[derive(Clone, Debug)]
pub struct Guard {
    address: SocketAddr,
    token: Option<Token>,
}

impl Token {
    /// Returns a random token.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn random() -> Result<Self, String> {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes).map_err(|reason| reason.to_string())?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// Returns true if the tokens are equal, in constant time.
    fn is(&self, other: &str) -> bool {
        blake3::hash(self.0.as_bytes()) == blake3::hash(other.as_bytes())
    }
}

impl Guard {
    /// Returns the guard of a server at this address.
    #[must_use]
    pub fn of(address: SocketAddr, token: Option<Token>) -> Self {
        Self { address, token }
    }

    /// Returns the URL for a browser.
    #[must_use]
    pub fn url(&self) -> String {
        let address = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::from(([127, 0, 0, 1], self.address.port())),
            IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::from((Ipv6Addr::LOCALHOST, self.address.port())),
            IpAddr::V4(_) | IpAddr::V6(_) => self.address,
        };
        match &self.token {
            Some(Token(token)) => format!("http://{address}/?token={token}"),
            None => format!("http://{address}/"),
        }
    }

    /// Checks a request.
    ///
    /// # Errors
    /// The status and message of the refusal.
    pub fn check(&self, method: &Method, headers: &HeaderMap) -> Result<(), (StatusCode, &'static str)> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let host = text(HOST).ok_or((StatusCode::BAD_REQUEST, "the request names no host"))?;
        if !self.is_mine(host) {
            return Err((StatusCode::FORBIDDEN, "the request names another host than this explorer"));
        }
        if let Some(origin) = headers.get(ORIGIN) {
            let own = format!("http://{host}");
            if origin.to_str().ok() != Some(own.as_str()) {
                return Err((StatusCode::FORBIDDEN, "requests from other pages are refused"));
            }
        }
        if method != Method::POST {
            return Ok(());
        }
        let is_json = text(CONTENT_TYPE).is_some_and(|kind| kind.split(';').next() == Some("application/json"));
        if !is_json {
            return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "expected a query in application/json"));
        }
        let length = text(CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
        if length.is_some_and(|length| length > BODY_MAX as u64) {
            return Err((StatusCode::PAYLOAD_TOO_LARGE, "a query has at most 8 MB"));
        }
        match &self.token {
            Some(token)
                if !headers.get(TOKEN_HEADER).and_then(|one| one.to_str().ok()).is_some_and(|one| token.is(one)) =>
            {
                Err((
                    StatusCode::UNAUTHORIZED,
                    "the token is missing or wrong: open the printed address, which ends with it",
                ))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Returns true if a host is a name of this server. With a token, any name is accepted, because the machine may have more names.
    fn is_mine(&self, host: &str) -> bool {
        let port = self.address.port();
        let names = ["127.0.0.1".to_owned(), "localhost".to_owned(), "[::1]".to_owned()];
        let is_named = |name: &String| host == format!("{name}:{port}") || (port == 80 && host == name);
        self.token.is_some() || host == self.address.to_string() || names.iter().any(is_named)
    }
}
