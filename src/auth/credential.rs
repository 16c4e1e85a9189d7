//! The secrets that callers present, which are kept as hashes, and those that the Worker sends.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{Caller, CredentialFault};

/// A secret that callers may present, with the name of its binding. Only its hash is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    name: String,
    sha256: [u8; 32],
}

/// A secret that the Worker sends. `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Credential {
    /// A bearer token or an API key from the secret binding `name`.
    #[must_use]
    pub fn secret(name: &str, secret: &str) -> Self {
        Self { name: name.to_owned(), sha256: Sha256::digest(secret).into() }
    }

    /// A user name and a password. Its name is that of the password's binding. The password may contain
    /// colons, because only the first colon separates the two (RFC 7617 section 2).
    #[must_use]
    pub fn user_pass(name: &str, username: &str, password: &str) -> Self {
        Self::secret(name, &format!("{username}:{password}"))
    }

    /// The name of the secret's binding.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The HMAC (RFC 2104) of a message, with a key that is derived from the secret. `None` cannot happen, since HMAC takes
    /// keys of any length.
    pub(super) fn sign(&self, message: &str) -> Option<[u8; 32]> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.sha256).ok()?;
        Some(mac.chain_update(message).finalize().into_bytes().into())
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Secret {
    /// Wraps a secret.
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself, for the header that it is sent in.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Compares each credential with what was presented for it. The caller is the first one that matches.
pub(super) fn accept<'c, 'p>(
    credentials: impl Iterator<Item = (&'c Credential, Option<&'p [u8]>)>,
) -> Result<Caller<'c>, CredentialFault> {
    let mut result = Err(CredentialFault::Missing);
    for (credential, presented) in credentials {
        let Some(presented) = presented else { continue };
        // Hashes are compared, so the time reveals neither the secret's content nor its length.
        let is_equal: bool = Sha256::digest(presented).ct_eq(&credential.sha256).into();
        if is_equal && result.is_err() {
            result = Ok(Caller { credential: Some(&*credential.name), ..Caller::none() });
        } else if result.is_err() {
            result = Err(CredentialFault::Wrong);
        }
    }
    result
}
