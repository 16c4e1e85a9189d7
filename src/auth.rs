//! Who is calling: credentials, compared in constant time, before anything of the body is read.
//!
//! Each way to authenticate has a file: which secrets its `auth` names, how a caller presents them, and how
//! they are presented to a destination.

mod api_key;
mod basic;
mod bearer;
mod credential;

use serde_json::Value;

pub use api_key::{ApiKey, DEFAULT_API_KEY_HEADER};
pub(crate) use bearer::ACCESS_TOKEN;
pub use credential::{Credential, Secret};

use crate::request::RequestHead;
use crate::vars::{Bindings, Mistake, Mistakes, Secrets, Table};
use elytra_events::names;

names! {
    /// The ways to authenticate, as Elytra's own webhook configuration names them.
    pub enum AuthType {
        None = "none",
        Basic = "basic",
        Bearer = "bearer",
        ApiKey = "apikey",
    }
}

/// What a caller must present. Of several credentials any one will do, so that a secret can be
/// rotated without a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authentication {
    /// Nothing: everybody is let in.
    None,
    /// HTTP Basic (RFC 7617).
    Basic(Vec<Credential>),
    /// HTTP Bearer (RFC 6750).
    Bearer(Vec<Credential>),
    /// A key in a header.
    ApiKey(Vec<ApiKey>),
}

/// Someone who was let in. There is no other way to get one than [`Authentication::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller<'c> {
    credential: Option<&'c str>,
    presented_in: PresentedIn,
}

/// Where a caller put its credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PresentedIn {
    /// In a header, or nowhere because nothing is asked for.
    Header,
    /// In the query, as `access_token` (RFC 6750 section 2.3).
    Query,
}

/// Why somebody was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unauthenticated {
    /// What was asked for.
    pub challenge: Challenge,
    /// What is wrong with what was presented.
    pub fault: CredentialFault,
}

/// What somebody is asked for who was not let in (RFC 9110 section 11.6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Challenge {
    /// HTTP Basic.
    Basic,
    /// HTTP Bearer.
    Bearer,
    /// A key in a header.
    ApiKey,
}

/// What is wrong with what a caller presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialFault {
    /// It is nothing of the expected kind.
    Missing,
    /// It is not among what is accepted.
    Wrong,
}

impl Authentication {
    /// Reads `auth_type` and `auth`. There is no default: whoever wants none must write so.
    pub(crate) fn read(
        table: &mut Table,
        bindings: &Bindings,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let auth_type = table.required_name("auth_type", mistakes);
        let (path, auth) = (table.path_of("auth"), table.take("auth"));
        let (auth_type, auth) = match (auth_type?, auth) {
            (AuthType::None, None) => return Some(Self::None),
            (AuthType::None, Some(_)) => {
                mistakes.note(path, Mistake::AuthWithNone);
                return None;
            }
            (_, None) => {
                mistakes.note(path, Mistake::Missing);
                return None;
            }
            (auth_type, Some(auth)) => (auth_type, auth),
        };
        let tables = credential_tables(path, auth, mistakes).into_iter();
        let mut secrets = Secrets { bindings, mistakes };
        Some(match auth_type {
            AuthType::None => Self::None,
            AuthType::Basic => {
                Self::Basic(tables.filter_map(|table| basic::read(table, &mut secrets)).collect())
            }
            AuthType::Bearer => {
                Self::Bearer(tables.filter_map(|table| bearer::read(table, &mut secrets)).collect())
            }
            AuthType::ApiKey => Self::ApiKey(
                tables.filter_map(|table| api_key::read(table, &mut secrets)).collect(),
            ),
        })
    }

    /// Finds out who is calling. Every credential is compared, so the time taken does not tell
    /// which one was nearly right.
    ///
    /// # Errors
    ///
    /// The credentials are missing or wrong.
    pub fn verify(&self, head: &impl RequestHead) -> Result<Caller<'_>, Unauthenticated> {
        let of = |challenge| move |fault| Unauthenticated { challenge, fault };
        match self {
            Self::None => Ok(Caller { credential: None, presented_in: PresentedIn::Header }),
            Self::Basic(accepted) => basic::verify(accepted, head).map_err(of(Challenge::Basic)),
            Self::Bearer(accepted) => bearer::verify(accepted, head).map_err(of(Challenge::Bearer)),
            Self::ApiKey(accepted) => {
                api_key::verify(accepted, head).map_err(of(Challenge::ApiKey))
            }
        }
    }

    /// The `auth_type` of the configuration.
    #[must_use]
    pub fn auth_type(&self) -> AuthType {
        match self {
            Self::None => AuthType::None,
            Self::Basic(_) => AuthType::Basic,
            Self::Bearer(_) => AuthType::Bearer,
            Self::ApiKey(_) => AuthType::ApiKey,
        }
    }
}

impl AuthType {
    /// Reads an `auth` by which the Worker authenticates itself: a header's name in lower case, and its
    /// value. Nothing where there is nothing to present.
    pub(crate) fn read_header(
        self,
        table: Table,
        bindings: &Bindings,
        mistakes: &mut Mistakes,
    ) -> Option<(String, Secret)> {
        let mut secrets = Secrets { bindings, mistakes };
        match self {
            Self::None => None,
            Self::Basic => basic::read_header(table, &mut secrets),
            Self::Bearer => bearer::read_header(table, &mut secrets),
            Self::ApiKey => api_key::read_header(table, &mut secrets),
        }
    }
}

impl Unauthenticated {
    /// The value of `WWW-Authenticate`.
    #[must_use]
    pub fn www_authenticate(self) -> String {
        match self.challenge {
            Challenge::Basic => basic::challenge(),
            Challenge::Bearer => bearer::challenge(self.fault),
            Challenge::ApiKey => api_key::challenge(),
        }
    }
}

impl Challenge {
    /// The `auth_type` that was asked for.
    #[must_use]
    pub fn auth_type(self) -> AuthType {
        match self {
            Self::Basic => AuthType::Basic,
            Self::Bearer => AuthType::Bearer,
            Self::ApiKey => AuthType::ApiKey,
        }
    }
}

impl<'c> Caller<'c> {
    /// The name of the secret's binding that matched; `None` where nothing is asked for.
    #[must_use]
    pub fn credential(&self) -> Option<&'c str> {
        self.credential
    }

    /// Where the credentials stood.
    #[must_use]
    pub fn presented_in(&self) -> PresentedIn {
        self.presented_in
    }
}

/// The realm of every challenge.
const REALM: &str = "realm=\"elytra-webhooks\"";

/// `auth` is one table, or a list of them while a secret is being rotated.
fn credential_tables(path: String, auth: Value, mistakes: &mut Mistakes) -> Vec<Table> {
    match auth {
        Value::Array(items) if items.is_empty() => {
            mistakes.note(path, Mistake::NoCredentials);
            Vec::new()
        }
        Value::Array(items) => items
            .into_iter()
            .enumerate()
            .filter_map(|(index, item)| Table::new(format!("{path}[{index}]"), item, mistakes))
            .collect(),
        single => Table::new(path, single, mistakes).into_iter().collect(),
    }
}

/// The credentials of an `Authorization` header of this scheme (RFC 9110 section 11.6.2).
fn authorization(head: &impl RequestHead, scheme: &str) -> Result<String, CredentialFault> {
    let header = head.header("authorization").ok_or(CredentialFault::Missing)?;
    match header.split_once(' ') {
        Some((found, credentials)) if found.eq_ignore_ascii_case(scheme) => {
            Ok(credentials.trim_matches(' ').to_owned())
        }
        _ => Err(CredentialFault::Missing),
    }
}

/// What is presented in a header as it is must be ASCII.
fn check_ascii(path: String, binding: &str, secret: &str, mistakes: &mut Mistakes) {
    if !secret.is_ascii() {
        mistakes.note(path, Mistake::SecretNotAscii { binding: binding.to_owned() });
    }
}
