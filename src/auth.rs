//! Who is calling: credentials, compared in constant time, before anything of the body is read.

use std::fmt;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::request::RequestHead;

/// The header of an API key, unless the configuration names another.
pub const DEFAULT_API_KEY_HEADER: &str = "api-key";

/// The parameter of the query in which a bearer token may come (RFC 6750 section 2.3).
pub(crate) const ACCESS_TOKEN: &str = "access_token";

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

/// A secret we accept, under the name of its binding. Only its hash is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    name: String,
    sha256: [u8; 32],
}

/// An API key and the header it comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The header's name, in lower case.
    pub header_name: String,
    /// The key.
    pub credential: Credential,
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
pub enum Unauthenticated {
    /// Nothing of the expected kind was presented.
    Missing,
    /// What was presented is not among what is accepted.
    Wrong,
}

impl Authentication {
    /// Finds out who is calling. Every credential is compared, so the time taken does not tell
    /// which one was nearly right.
    ///
    /// # Errors
    ///
    /// The credentials are missing or wrong.
    pub fn verify(&self, head: &impl RequestHead) -> Result<Caller<'_>, Unauthenticated> {
        match self {
            Self::None => Ok(Caller { credential: None, presented_in: PresentedIn::Header }),
            Self::Basic(accepted) => {
                let encoded = authorization(head, "basic")?;
                let user_pass = BASE64.decode(encoded).map_err(|_| Unauthenticated::Wrong)?;
                accept(accepted.iter().map(|credential| (credential, Some(&*user_pass))))
            }
            Self::Bearer(accepted) => {
                let (token, presented_in) = bearer_token(head)?;
                let pairs = accepted.iter().map(|credential| (credential, Some(token.as_bytes())));
                accept(pairs).map(|caller| Caller { presented_in, ..caller })
            }
            Self::ApiKey(accepted) => {
                let presented: Vec<_> =
                    accepted.iter().map(|key| (key, head.header(&key.header_name))).collect();
                accept(presented.iter().map(|(key, presented)| {
                    (&key.credential, presented.as_deref().map(str::as_bytes))
                }))
            }
        }
    }

    /// The `auth_type` of the configuration.
    #[must_use]
    pub fn auth_type(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic(_) => "basic",
            Self::Bearer(_) => "bearer",
            Self::ApiKey(_) => "apikey",
        }
    }
}

impl Credential {
    /// A bearer token or an API key, held by the secret binding of this name.
    #[must_use]
    pub fn secret(name: &str, secret: &str) -> Self {
        Self { name: name.to_owned(), sha256: Sha256::digest(secret).into() }
    }

    /// A user name and a password (RFC 7617 section 2: joined by the first colon, so a password
    /// may hold more of them). It goes by the name of the password's binding.
    #[must_use]
    pub fn user_pass(name: &str, username: &str, password: &str) -> Self {
        Self::secret(name, &format!("{username}:{password}"))
    }

    /// The name of the secret's binding.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("name", &self.name).finish_non_exhaustive()
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

/// Padding is optional: there are senders that leave it out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The credentials of an `Authorization` header of this scheme (RFC 9110 section 11.6.2).
fn authorization(head: &impl RequestHead, scheme: &str) -> Result<String, Unauthenticated> {
    let header = head.header("authorization").ok_or(Unauthenticated::Missing)?;
    match header.split_once(' ') {
        Some((found, credentials)) if found.eq_ignore_ascii_case(scheme) => {
            Ok(credentials.trim_matches(' ').to_owned())
        }
        _ => Err(Unauthenticated::Missing),
    }
}

/// The token of the `Authorization` header, or where there is none, of the query.
fn bearer_token(head: &impl RequestHead) -> Result<(String, PresentedIn), Unauthenticated> {
    match authorization(head, "bearer") {
        Ok(token) => Ok((token, PresentedIn::Header)),
        Err(reason) => {
            let query = head.query();
            let parameters = form_urlencoded::parse(query.as_bytes());
            let mut tokens = parameters.filter(|(name, _)| name == ACCESS_TOKEN);
            match (tokens.next(), tokens.next()) {
                (Some((_, token)), None) => Ok((token.into_owned(), PresentedIn::Query)),
                // A parameter must not be there twice (RFC 6749 section 3.1).
                (Some(_), Some(_)) => Err(Unauthenticated::Wrong),
                (None, _) => Err(reason),
            }
        }
    }
}

/// Compares each credential with what was presented for it; the first that matches is the caller.
fn accept<'c, 'p>(
    credentials: impl Iterator<Item = (&'c Credential, Option<&'p [u8]>)>,
) -> Result<Caller<'c>, Unauthenticated> {
    let mut result = Err(Unauthenticated::Missing);
    for (credential, presented) in credentials {
        let Some(presented) = presented else { continue };
        // Hashes are compared, so neither content nor length of the secret shows in the time.
        let is_equal: bool = Sha256::digest(presented).ct_eq(&credential.sha256).into();
        if is_equal && result.is_err() {
            result = Ok(Caller {
                credential: Some(&*credential.name),
                presented_in: PresentedIn::Header,
            });
        } else if result.is_err() {
            result = Err(Unauthenticated::Wrong);
        }
    }
    result
}
