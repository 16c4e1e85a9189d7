//! Sessions: an operator who has signed in gets a cookie, which a browser presents from then on.
//!
//! Nothing is stored. The cookie says when it expires, and is signed with a key that is derived from the credential:
//! whoever replaces the secret ends its sessions.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

use super::{Authentication, Caller, PresentedIn, REALM};
use crate::request::RequestHead;

/// The name of the cookie. Browsers take a name with this prefix only from the host itself, over HTTPS
/// (draft-ietf-httpbis-rfc6265bis section 4.1.3.2).
pub const SESSION_COOKIE: &str = "__Host-session";

/// How long a session lasts, in milliseconds: eight hours.
pub const SESSION_MS: u64 = 8 * 3_600_000;

/// The longest value of the cookie, in bytes.
const MAX_VALUE_BYTES: usize = 128;

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session<'c> {
    /// Whose it is.
    pub caller: Caller<'c>,
    /// When it ends, in milliseconds since 1970.
    pub expires_at: u64,
}

impl<'c> Session<'c> {
    /// Begins a session for a caller with a credential. Returns it, and the value of its cookie. `None` if no credentials
    /// are required.
    #[must_use]
    pub fn begin(
        authentication: &Authentication,
        caller: Caller<'c>,
        now: u64,
    ) -> Option<(Self, String)> {
        let expires_at = now.saturating_add(SESSION_MS);
        let mut credentials = authentication.credentials();
        let credential = credentials.find(|one| Some(one.name()) == caller.credential())?;
        let signature = credential.sign(&signed(expires_at))?;
        let value = format!("{expires_at}.{}", URL_SAFE_NO_PAD.encode(signature));
        Some((Self { caller, expires_at }, value))
    }

    /// The session that a browser presents. `None` if there is none, it has expired, or its credential is not accepted any
    /// more. `now` is in milliseconds since 1970.
    #[must_use]
    pub fn presented(
        authentication: &'c Authentication,
        head: &impl RequestHead,
        now: u64,
    ) -> Option<Self> {
        let cookies = head.header("cookie")?;
        let value = cookies
            .split(';')
            .find_map(|cookie| cookie.trim().strip_prefix(SESSION_COOKIE)?.strip_prefix('='))
            .filter(|value| value.len() <= MAX_VALUE_BYTES)?;
        let (expires_at, signature) = value.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let expires_at: u64 = expires_at.parse().ok()?;
        let mut found = None;
        // Each credential is compared, so the time this takes does not say which one it was.
        for credential in authentication.credentials() {
            let expected = credential.sign(&signed(expires_at))?;
            let is_equal: bool = expected.ct_eq(&*signature).into();
            found = found.or(is_equal.then_some(credential));
        }
        // A cookie of a day from now was not signed here: clocks differ by less.
        let is_current = now < expires_at && expires_at - now <= 2 * SESSION_MS;
        let credential = found.filter(|_| is_current)?;
        let caller = Caller {
            credential: Some(credential.name()),
            person: None,
            presented_in: PresentedIn::Cookie,
        };
        Some(Self { caller, expires_at })
    }

    /// `Set-Cookie` for the value of a session's cookie, or for its end.
    #[must_use]
    pub fn set_cookie(value: Option<&str>) -> String {
        let seconds = if value.is_some() { SESSION_MS / 1_000 } else { 0 };
        format!(
            "{SESSION_COOKIE}={}; Path=/; Max-Age={seconds}; HttpOnly; Secure; SameSite=Strict",
            value.unwrap_or_default()
        )
    }
}

/// What is signed.
fn signed(expires_at: u64) -> String {
    format!("elytra-webhooks session until {expires_at}")
}

/// The challenge for a page, which asks its reader for the credentials. With `Basic`, the browser would ask too, and keep
/// what it gets.
pub(super) fn challenge() -> String {
    format!("Session {REALM}")
}
