//! The credentials of an operator. They come from variables or from a prompt, never from an argument, which every
//! other user of the machine could read.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

const TOKEN: &str = "ELYTRA_ADMIN_TOKEN";
const USERNAME: &str = "ELYTRA_ADMIN_USERNAME";
const PASSWORD: &str = "ELYTRA_ADMIN_PASSWORD";
const API_KEY: &str = "ELYTRA_ADMIN_API_KEY";
const API_KEY_HEADER: &str = "ELYTRA_ADMIN_API_KEY_HEADER";

/// The header of an API key, unless another one is named: the Worker's own default.
const DEFAULT_API_KEY_HEADER: &str = "api-key";

/// What the variables are called, for each `auth_type` of `[vars.ADMIN]`.
pub const VARIABLES: &str = "ELYTRA_ADMIN_TOKEN (bearer), ELYTRA_ADMIN_USERNAME and \
     ELYTRA_ADMIN_PASSWORD (basic), or ELYTRA_ADMIN_API_KEY (apikey)";

/// The credentials of an operator, as the header that presents them. `Debug` does not show them.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    kind: Kind,
    header: String,
    value: String,
}

/// The `auth_type` of credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bearer,
    Basic,
    ApiKey,
}

/// What to ask the operator for, because no variable has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    kind: Kind,
    /// The user name, or the header of the API key.
    beside: String,
}

/// What the variables say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// All of the credentials.
    Complete(Credentials),
    /// Something is missing.
    Missing(Missing),
}

/// Why the credentials cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadCredentials {
    /// Several kinds are set. These are the variables.
    Several(&'static str, &'static str),
    /// A variable is set, but not the one that it belongs to.
    Alone(&'static str, &'static str),
    /// The value of this variable cannot be in a header.
    NotInHeader(&'static str),
    /// The user name has a colon, which would end it.
    Colon,
    /// Nothing was entered for this variable.
    Empty(&'static str),
}

impl fmt::Display for BadCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Several(one, other) => {
                write!(f, "{one} and {other} are both set: unset the one that is not meant")
            }
            Self::Alone(one, other) => write!(f, "{one} is set, but not {other}: set both"),
            Self::NotInHeader(name) => {
                write!(f, "{name} has characters that a header cannot have")
            }
            Self::Colon => write!(f, "{USERNAME} must not have a colon"),
            Self::Empty(name) => write!(f, "{name} is empty"),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, header, value: _ } = self;
        f.debug_struct("Credentials")
            .field("kind", kind)
            .field("header", header)
            .finish_non_exhaustive()
    }
}

impl Credentials {
    /// Reads the credentials from the variables that `variable` finds. An empty one counts as not set.
    ///
    /// # Errors
    ///
    /// The variables contradict each other, or cannot be sent.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Asked, BadCredentials> {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let (token, api_key) = (set(TOKEN), set(API_KEY));
        let (username, password) = (set(USERNAME), set(PASSWORD));
        let kinds = [
            (TOKEN, token.is_some()),
            (USERNAME, username.is_some()),
            (API_KEY, api_key.is_some()),
        ];
        let mut named = kinds.iter().filter(|(_, is_set)| *is_set).map(|(name, _)| *name);
        if let (Some(one), Some(other)) = (named.next(), named.next()) {
            return Err(BadCredentials::Several(one, other));
        }
        if username.is_none() && password.is_some() {
            return Err(BadCredentials::Alone(PASSWORD, USERNAME));
        }
        let header = set(API_KEY_HEADER);
        let (kind, beside, secret) = match (token, username) {
            (Some(token), _) => (Kind::Bearer, String::new(), Some(token)),
            (None, Some(username)) => (Kind::Basic, username, password),
            (None, None) if api_key.is_some() || header.is_some() => {
                let header = header.unwrap_or_else(|| DEFAULT_API_KEY_HEADER.to_owned());
                (Kind::ApiKey, header, api_key)
            }
            (None, None) => (Kind::Bearer, String::new(), None),
        };
        let missing = Missing { kind, beside };
        match secret {
            Some(secret) => Ok(Asked::Complete(missing.complete(&secret)?)),
            None => Ok(Asked::Missing(missing)),
        }
    }

    /// The header that presents them, in lower case, and its value.
    #[must_use]
    pub fn header(&self) -> (&str, &str) {
        (&self.header, &self.value)
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }
}

impl Missing {
    /// What to ask for, and the variable that would have answered.
    #[must_use]
    pub fn prompt(&self) -> String {
        let variable = self.kind.secret();
        match self.kind {
            Kind::Bearer => format!("Token of the operator ({variable}): "),
            Kind::Basic => format!("Password of the operator ({variable}): "),
            Kind::ApiKey => format!("API key of the operator ({variable}): "),
        }
    }

    /// The credentials with this secret.
    ///
    /// # Errors
    ///
    /// It cannot be sent.
    pub fn complete(&self, secret: &str) -> Result<Credentials, BadCredentials> {
        let Self { kind, beside } = self;
        if secret.is_empty() {
            return Err(BadCredentials::Empty(kind.secret()));
        }
        let (header, value) = match kind {
            Kind::Bearer => ("authorization".to_owned(), format!("Bearer {secret}")),
            Kind::Basic if beside.contains(':') => return Err(BadCredentials::Colon),
            Kind::Basic => {
                let encoded = BASE64_STANDARD.encode(format!("{beside}:{secret}"));
                ("authorization".to_owned(), format!("Basic {encoded}"))
            }
            Kind::ApiKey => (beside.to_ascii_lowercase(), secret.to_owned()),
        };
        // RFC 9110 section 5.6.2.
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if header.is_empty() || !header.chars().all(is_token) {
            return Err(BadCredentials::NotInHeader(API_KEY_HEADER));
        }
        let is_sent_as_it_is = |secret: &str| {
            secret.chars().all(|c| matches!(c, ' '..='~')) && secret.trim() == secret
        };
        if *kind != Kind::Basic && !is_sent_as_it_is(secret) {
            return Err(BadCredentials::NotInHeader(kind.secret()));
        }
        Ok(Credentials { kind: *kind, header, value })
    }
}

impl Kind {
    /// The kind with this scheme in `WWW-Authenticate`.
    pub(crate) fn of_challenge(challenge: &str) -> Option<Self> {
        let scheme = challenge.split_whitespace().next()?.to_ascii_lowercase();
        Some(match &*scheme {
            "bearer" => Self::Bearer,
            "basic" => Self::Basic,
            "apikey" => Self::ApiKey,
            _ => return None,
        })
    }

    /// The variable of the secret.
    pub(crate) fn secret(self) -> &'static str {
        match self {
            Self::Bearer => TOKEN,
            Self::Basic => PASSWORD,
            Self::ApiKey => API_KEY,
        }
    }

    /// The variables to set.
    pub(crate) fn variables(self) -> &'static str {
        match self {
            Self::Bearer => "ELYTRA_ADMIN_TOKEN",
            Self::Basic => "ELYTRA_ADMIN_USERNAME and ELYTRA_ADMIN_PASSWORD",
            Self::ApiKey => {
                "ELYTRA_ADMIN_API_KEY and, unless it is api-key, ELYTRA_ADMIN_API_KEY_HEADER"
            }
        }
    }

    /// The `auth_type` in the configuration.
    pub(crate) fn auth_type(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Basic => "basic",
            Self::ApiKey => "apikey",
        }
    }
}
