//! A key in a header: `{ api_key, header_name }`.

use super::credential::{Credential, Secret, accept};
use super::{Caller, CredentialFault, REALM, check_ascii};
use crate::request::RequestHead;
use crate::vars::{Mistake, NamedSecret, Secrets, Table};

/// The header that an API key comes in, unless the configuration names another one.
pub const DEFAULT_API_KEY_HEADER: &str = "api-key";

/// The headers that the Worker or the connection sets. A key for a destination cannot be sent in any of
/// them, nor in a header that begins with [`TAKEN_PREFIX`].
pub const TAKEN_HEADERS: [&str; 8] = [
    "content-length",
    "content-type",
    "host",
    "idempotency-key",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "user-agent",
];

/// What the headers begin with that have an event's attributes, in lower case.
pub const TAKEN_PREFIX: &str = "ce-";

/// An API key and the header it comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The header's name, in lower case.
    pub header_name: String,
    /// The key.
    pub credential: Credential,
}

/// Reads a key that callers present.
pub(super) fn read(table: Table, secrets: &mut Secrets<'_, '_>) -> Option<ApiKey> {
    let (header_name, (name, key)) = api_key(table, secrets)?;
    Some(ApiKey { header_name, credential: Credential::secret(&name, key) })
}

/// Reads a key that the Worker presents to a destination, as a header.
pub(super) fn read_header(table: Table, secrets: &mut Secrets<'_, '_>) -> Option<(String, Secret)> {
    let (path, key_path) = (table.path_of("header_name"), table.path_of("api_key"));
    let (header_name, (binding, key)) = api_key(table, secrets)?;
    check_ascii(key_path, &binding, key, secrets.mistakes);
    if TAKEN_HEADERS.contains(&&*header_name) || header_name.starts_with(TAKEN_PREFIX) {
        secrets.mistakes.note(path, Mistake::TakenHeader(header_name));
        return None;
    }
    Some((header_name, Secret::new(key)))
}

/// Finds the accepted key that the caller presents.
pub(super) fn verify<'c>(
    accepted: &'c [ApiKey],
    head: &impl RequestHead,
) -> Result<Caller<'c>, CredentialFault> {
    let presented: Vec<_> =
        accepted.iter().map(|key| (key, head.header(&key.header_name))).collect();
    accept(
        presented
            .iter()
            .map(|(key, presented)| (&key.credential, presented.as_deref().map(str::as_bytes))),
    )
}

/// The challenge for an API key. No standard defines a scheme for it.
pub(super) fn challenge() -> String {
    format!("ApiKey {REALM}")
}

/// The header's name in lower case, and the key.
fn api_key<'b>(
    mut table: Table,
    secrets: &mut Secrets<'b, '_>,
) -> Option<(String, NamedSecret<'b>)> {
    let key = secrets.header_secret(&mut table, "api_key");
    let header_name = table.string("header_name", secrets.mistakes);
    let header_name = header_name.unwrap_or_else(|| DEFAULT_API_KEY_HEADER.to_owned());
    if header_name.is_empty() || !header_name.chars().all(is_token_character) {
        let mistake = Mistake::BadHeaderName(header_name.clone());
        secrets.mistakes.note(table.path_of("header_name"), mistake);
    }
    table.finish(secrets.mistakes);
    Some((header_name.to_ascii_lowercase(), key?))
}

/// Whether a header's name may contain this character (RFC 9110 section 5.6.2).
fn is_token_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}
