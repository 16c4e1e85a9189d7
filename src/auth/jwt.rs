//! The tokens of Cloudflare Access: JSON Web Tokens (RFC 7519) that say who has signed in. Their signatures are verified by
//! the platform.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Caller, PresentedIn, REALM};
use crate::text::shorten;
use crate::vars::{Mistake, Mistakes, Table};

/// The only algorithm that Access uses. Any other, `none` among them, is refused (RFC 8725 section 3.1).
const ALGORITHM: &str = "RS256";

/// The longest token, in bytes: as many as all headers of a request may have.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// How far clocks may differ, in milliseconds.
const CLOCK_TOLERANCE_MS: u64 = 30_000;

/// Whose tokens are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The host of the team, which issues the tokens.
    pub team_domain: String,
    /// The audience of the application.
    pub aud: String,
}

/// A token that has been read, but not verified.
#[derive(Debug, Clone, PartialEq)]
pub struct Assertion {
    /// The id of the key that has signed it.
    pub key_id: String,
    /// What is signed.
    pub signed: String,
    /// The signature.
    pub signature: Vec<u8>,
    claims: Claims,
}

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the messages below say what each means")]
pub enum TokenFault {
    Missing,
    Malformed,
    WrongAlgorithm,
    UnknownKey,
    WrongSignature,
    WrongIssuer,
    WrongAudience,
    Expired,
    NotYetValid,
    NamesNobody,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    #[serde(default)]
    crit: Option<Vec<String>>,
}

/// The claims (RFC 7519 section 4.1), and those of Access.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Claims {
    iss: String,
    aud: OneOrMany,
    exp: f64,
    #[serde(default)]
    nbf: Option<f64>,
    #[serde(default)]
    iat: Option<f64>,
    /// The address of a person.
    #[serde(default)]
    email: Option<String>,
    /// The name of a service token.
    #[serde(default)]
    common_name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Access {
    /// Reads `team_domain` and `aud`.
    pub(crate) fn read(table: &mut Table, mistakes: &mut Mistakes) -> Option<Self> {
        let path = table.path_of("team_domain");
        let team_domain = table.required_string("team_domain", mistakes);
        let aud_path = table.path_of("aud");
        let aud = table.required_string("aud", mistakes);
        let team_domain = team_domain.filter(|domain| {
            let is_host = is_host(domain);
            if !is_host {
                mistakes.note(path, Mistake::BadTeamDomain);
            }
            is_host
        });
        let aud = aud.filter(|aud| {
            if aud.is_empty() {
                mistakes.note(aud_path, Mistake::Missing);
            }
            !aud.is_empty()
        });
        Some(Self { team_domain: team_domain?, aud: aud? })
    }

    /// Where the team's keys are.
    #[must_use]
    pub fn keys_url(&self) -> String {
        format!("https://{}/cdn-cgi/access/certs", self.team_domain)
    }
}

/// Whether this is the name of a host, with a port or without.
fn is_host(text: &str) -> bool {
    let (host, port) = text.split_once(':').unwrap_or((text, "443"));
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    port.parse::<u16>().is_ok() && host.len() <= 253 && host.split('.').all(is_label)
}

impl Assertion {
    /// Reads a token.
    ///
    /// # Errors
    ///
    /// It is not a token, or is signed with another algorithm.
    pub fn parse(token: &str) -> Result<Self, TokenFault> {
        let mut parts = token.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenFault::Malformed);
        };
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenFault::Malformed);
        }
        let Header { alg, kid, crit } = decode(header)?;
        if alg != ALGORITHM {
            return Err(TokenFault::WrongAlgorithm);
        }
        // What must be understood is not understood here (RFC 7515 section 4.1.11).
        if crit.is_some() {
            return Err(TokenFault::Malformed);
        }
        let read = Self {
            key_id: kid,
            signed: format!("{header}.{claims}"),
            claims: decode(claims)?,
            signature: URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenFault::Malformed)?,
        };
        Ok(read)
    }

    /// The caller, if the token is for this application, and is valid now (milliseconds since 1970). The signature must have
    /// been verified before.
    ///
    /// # Errors
    ///
    /// Why it is not.
    pub fn caller<'c>(self, access: &Access, now: u64) -> Result<Caller<'c>, TokenFault> {
        let Claims { iss, aud, exp, nbf, iat, email, common_name } = self.claims;
        if iss != format!("https://{}", access.team_domain) {
            return Err(TokenFault::WrongIssuer);
        }
        let is_for_us = match &aud {
            OneOrMany::One(one) => *one == access.aud,
            OneOrMany::Many(many) => many.contains(&access.aud),
        };
        if !is_for_us {
            return Err(TokenFault::WrongAudience);
        }
        if at(exp).saturating_add(CLOCK_TOLERANCE_MS) <= now {
            return Err(TokenFault::Expired);
        }
        let latest = now.saturating_add(CLOCK_TOLERANCE_MS);
        if [nbf, iat].into_iter().flatten().any(|time| at(time) > latest) {
            return Err(TokenFault::NotYetValid);
        }
        let name = [email, common_name].into_iter().flatten().find(|name| !name.is_empty());
        let name = name.ok_or(TokenFault::NamesNobody)?;
        Ok(Caller {
            credential: None,
            person: Some(shorten(name)),
            presented_in: PresentedIn::Header,
        })
    }
}

/// A time in seconds since 1970, in milliseconds.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
fn at(seconds: f64) -> u64 {
    (seconds * 1_000.0) as u64
}

fn decode<T: DeserializeOwned>(part: &str) -> Result<T, TokenFault> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenFault::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| TokenFault::Malformed)
}

impl fmt::Display for TokenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "no token of Cloudflare Access was sent",
            Self::Malformed => "the token of Cloudflare Access cannot be read",
            Self::WrongAlgorithm => "the token of Cloudflare Access is not signed with RS256",
            Self::UnknownKey => {
                "the token of Cloudflare Access is signed with a key that is not the team's"
            }
            Self::WrongSignature => "the signature of the token of Cloudflare Access is wrong",
            Self::WrongIssuer => "the token of Cloudflare Access is of another team (team_domain)",
            Self::WrongAudience => {
                "the token of Cloudflare Access is for another application (aud)"
            }
            Self::Expired => "the token of Cloudflare Access has expired",
            Self::NotYetValid => "the token of Cloudflare Access is not valid yet",
            Self::NamesNobody => "the token of Cloudflare Access names nobody",
        })
    }
}

/// The challenge. No standard defines a scheme for it.
pub(super) fn challenge() -> String {
    format!("Access {REALM}")
}
