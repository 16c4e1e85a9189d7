//! The URL of the Worker, and whether credentials may be sent there.

use std::fmt;
use std::net::IpAddr;

use fluent_uri::Uri;

use crate::request::Request;

/// The URL of a Worker: what the paths of its endpoints are appended to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Without a `/` at the end.
    url: String,
    is_loopback: bool,
}

/// Why a text is not the URL of a Worker that credentials can be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadBase {
    /// It is not a URL.
    NotAUrl,
    /// It is not for HTTP.
    NotHttp,
    /// It has a user name or a password.
    HasCredentials,
    /// It has a query or a fragment.
    HasQuery,
    /// Whoever is on the way could read the credentials.
    NotEncrypted,
}

impl fmt::Display for BadBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAUrl => "expected the URL of the Worker, such as https://webhooks.example.com",
            Self::NotHttp => "expected a URL that begins with https:// or http://",
            Self::HasCredentials => {
                "a URL must not have a user name or password: set the variables of the credentials"
            }
            Self::HasQuery => "expected a URL without ? and #",
            Self::NotEncrypted => {
                "the credentials would be sent unencrypted: write https://, unless the Worker is on this machine"
            }
        })
    }
}

impl Base {
    /// Reads the URL of a Worker. Only a Worker on this machine can be called without encryption.
    ///
    /// # Errors
    ///
    /// Credentials cannot be sent there.
    pub fn parse(text: &str) -> Result<Self, BadBase> {
        let uri = Uri::parse(text).map_err(|_| BadBase::NotAUrl)?;
        let scheme = uri.scheme().as_str().to_ascii_lowercase();
        if !matches!(&*scheme, "http" | "https") {
            // `localhost:8787` is a URL, too: its scheme is `localhost`.
            return Err(BadBase::NotHttp);
        }
        let authority = uri.authority().ok_or(BadBase::NotAUrl)?;
        if authority.userinfo().is_some() {
            return Err(BadBase::HasCredentials);
        }
        if uri.query().is_some() || uri.fragment().is_some() {
            return Err(BadBase::HasQuery);
        }
        let is_port = |port: &str| port.is_empty() || port.parse::<u16>().is_ok();
        let has_port = authority.port().is_none_or(|port| is_port(port.as_str()));
        if authority.host().is_empty() || !has_port {
            return Err(BadBase::NotAUrl);
        }
        let is_loopback = is_loopback(authority.host());
        if scheme == "http" && !is_loopback {
            return Err(BadBase::NotEncrypted);
        }
        Ok(Self { url: text.trim_end_matches('/').to_owned(), is_loopback })
    }

    /// Whether the Worker is on this machine. No proxy may be used then.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    /// The URL of a request.
    #[must_use]
    pub fn url(&self, request: &Request) -> String {
        format!("{}{}", self.url, request.target())
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

/// Whether a host is this machine: `localhost` (RFC 6761 section 6.3), or a loopback address.
fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
