//! Authenticates callers before any of the body is read. Secrets are compared in constant time.
//!
//! Each authentication type has a file, which says which secrets its `auth` names, how a caller presents
//! them, and how the Worker presents them to a destination.

mod api_key;
mod basic;
mod bearer;
mod credential;
mod jwt;
mod session;

use serde_json::Value;

pub use api_key::{ApiKey, DEFAULT_API_KEY_HEADER, TAKEN_HEADERS, TAKEN_PREFIX};
pub(crate) use bearer::ACCESS_TOKEN;
pub use credential::{Credential, Secret};
pub use jwt::{Access, Assertion, TokenFault};
pub use session::{SESSION_COOKIE, SESSION_MS, Session};

use crate::request::RequestHead;
use crate::vars::{Bindings, Mistake, Mistakes, Secrets, Table};
use elytra_events::names;

names! {
    /// The ways to authenticate, as Elytra's own webhook configuration names them, and `access`, which only operators
    /// can use.
    pub enum AuthType {
        None = "none",
        Basic = "basic",
        Bearer = "bearer",
        ApiKey = "apikey",
        Access = "access",
    }
}

/// What a caller must present. If there are several credentials, any of them will do, so a secret can be
/// rotated without downtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authentication {
    /// Nothing: every caller is accepted.
    None,
    /// HTTP Basic (RFC 7617).
    Basic(Vec<Credential>),
    /// HTTP Bearer (RFC 6750).
    Bearer(Vec<Credential>),
    /// A key in a header.
    ApiKey(Vec<ApiKey>),
}

/// How operators authenticate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admin {
    /// With credentials, or with a [`Session`] that they got for them.
    Credentials(Authentication),
    /// At Cloudflare Access, which stands in front of the Worker.
    Access(Access),
}

/// A caller that was authenticated. Only this module makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller<'c> {
    credential: Option<&'c str>,
    person: Option<String>,
    presented_in: PresentedIn,
}

/// Where a caller put its credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PresentedIn {
    /// In a header, or nowhere, because none are required.
    Header,
    /// In the query string, as `access_token` (RFC 6750 section 2.3).
    Query,
    /// In the cookie of a [`Session`].
    Cookie,
}

/// Why a caller was not authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unauthenticated {
    /// The kind of credentials that are required.
    pub challenge: Challenge,
    /// What is wrong with what the caller presented.
    pub fault: CredentialFault,
}

/// The kind of credentials that a rejected caller must present (RFC 9110 section 11.6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Challenge {
    /// HTTP Basic.
    Basic,
    /// HTTP Bearer.
    Bearer,
    /// A key in a header.
    ApiKey,
    /// A token of Cloudflare Access.
    Access,
    /// Any of these, which a page asks its reader for. A browser must not ask on its own.
    Page(AuthType),
}

/// What is wrong with what a caller presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialFault {
    /// There are no credentials of the required kind.
    Missing,
    /// The credentials match none of the accepted ones.
    Wrong,
}

impl Authentication {
    /// Reads `auth_type` and `auth`. There is no default: `auth_type = "none"` must be explicit.
    pub(crate) fn read(
        table: &mut Table,
        bindings: &Bindings,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let auth_type = table.required_name("auth_type", mistakes);
        let (path, auth) = (table.path_of("auth"), table.take("auth"));
        let (auth_type, auth) = match (auth_type?, auth) {
            (AuthType::Access, _) => {
                mistakes.note(table.path_of("auth_type"), Mistake::OnlyForAdmin);
                return None;
            }
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
            AuthType::None | AuthType::Access => Self::None,
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

    /// Authenticates the caller. Every credential is compared, so the time this takes does not reveal
    /// which one nearly matched.
    ///
    /// # Errors
    ///
    /// The credentials are missing or wrong.
    pub fn verify(&self, head: &impl RequestHead) -> Result<Caller<'_>, Unauthenticated> {
        let of = |challenge| move |fault| Unauthenticated { challenge, fault };
        match self {
            Self::None => Ok(Caller::none()),
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

    /// The credentials that are accepted.
    pub fn credentials(&self) -> impl Iterator<Item = &Credential> {
        let (credentials, keys): (&[Credential], &[ApiKey]) = match self {
            Self::None => (&[], &[]),
            Self::Basic(credentials) | Self::Bearer(credentials) => (credentials, &[]),
            Self::ApiKey(keys) => (&[], keys),
        };
        credentials.iter().chain(keys.iter().map(|key| &key.credential))
    }
}

impl Admin {
    /// The `auth_type` of the configuration.
    #[must_use]
    pub fn auth_type(&self) -> AuthType {
        match self {
            Self::Credentials(authentication) => authentication.auth_type(),
            Self::Access(_) => AuthType::Access,
        }
    }
}

impl AuthType {
    /// Reads an `auth` with which the Worker authenticates itself. Returns the header's name in lower case
    /// and its value, or `None` if there is nothing to present.
    pub(crate) fn read_header(
        self,
        table: Table,
        bindings: &Bindings,
        mistakes: &mut Mistakes,
    ) -> Option<(String, Secret)> {
        let mut secrets = Secrets { bindings, mistakes };
        match self {
            Self::None | Self::Access => None,
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
            Challenge::Access => jwt::challenge(),
            Challenge::Page(_) => session::challenge(),
        }
    }
}

impl Challenge {
    /// The `auth_type` that requires these credentials.
    #[must_use]
    pub fn auth_type(self) -> AuthType {
        match self {
            Self::Basic => AuthType::Basic,
            Self::Bearer => AuthType::Bearer,
            Self::ApiKey => AuthType::ApiKey,
            Self::Access => AuthType::Access,
            Self::Page(auth_type) => auth_type,
        }
    }
}

impl<'c> Caller<'c> {
    /// A caller without credentials, where none are required.
    fn none() -> Self {
        Self { credential: None, person: None, presented_in: PresentedIn::Header }
    }

    /// The binding of the secret that matched, or `None` if no credentials are required.
    #[must_use]
    pub fn credential(&self) -> Option<&'c str> {
        self.credential
    }

    /// The address of the person, or the name of the service, if a token says who it is.
    #[must_use]
    pub fn person(&self) -> Option<&str> {
        self.person.as_deref()
    }

    /// Who it is, as far as that is known: a person, or the binding of a secret.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.person().or(self.credential)
    }

    /// Where the caller put its credentials.
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

/// The credentials in the `Authorization` header, if it has this scheme (RFC 9110 section 11.6.2).
fn authorization(head: &impl RequestHead, scheme: &str) -> Result<String, CredentialFault> {
    let header = head.header("authorization").ok_or(CredentialFault::Missing)?;
    match header.split_once(' ') {
        Some((found, credentials)) if found.eq_ignore_ascii_case(scheme) => {
            Ok(credentials.trim_matches(' ').to_owned())
        }
        _ => Err(CredentialFault::Missing),
    }
}

/// Checks that a secret that is sent verbatim in a header is ASCII.
fn check_ascii(path: String, binding: &str, secret: &str, mistakes: &mut Mistakes) {
    if !secret.is_ascii() {
        mistakes.note(path, Mistake::SecretNotAscii { binding: binding.to_owned() });
    }
}
