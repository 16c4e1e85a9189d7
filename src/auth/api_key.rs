//! A key in a header: `{ api_key, header_name }`.

use super::credential::{Credential, Secret, accept};
use super::{Caller, CredentialFault, REALM, check_ascii};
use crate::request::RequestHead;
use crate::vars::{Mistake, NamedSecret, Secrets, Table};

/// The header of an API key, unless the configuration names another.
pub const DEFAULT_API_KEY_HEADER: &str = "api-key";

/// Headers that are the Worker's own, and the connection's: no key can be presented to a destination in them,
/// nor in one that begins with `ce-`.
const TAKEN_HEADERS: [&str; 8] = [
    "content-length",
    "content-type",
    "host",
    "idempotency-key",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "user-agent",
];

/// An API key and the header it comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The header's name, in lower case.
    pub header_name: String,
    /// The key.
    pub credential: Credential,
}

/// Reads a key that is accepted.
pub(super) fn read(table: Table, secrets: &mut Secrets<'_, '_>) -> Option<ApiKey> {
    let (header_name, (name, key)) = api_key(table, secrets)?;
    Some(ApiKey { header_name, credential: Credential::secret(&name, key) })
}

/// Reads one that is presented to a destination, as a header.
pub(super) fn read_header(table: Table, secrets: &mut Secrets<'_, '_>) -> Option<(String, Secret)> {
    let (path, key_path) = (table.path_of("header_name"), table.path_of("api_key"));
    let (header_name, (binding, key)) = api_key(table, secrets)?;
    check_ascii(key_path, &binding, key, secrets.mistakes);
    if TAKEN_HEADERS.contains(&&*header_name) || header_name.starts_with("ce-") {
        secrets.mistakes.note(path, Mistake::TakenHeader(header_name));
        return None;
    }
    Some((header_name, Secret::new(key)))
}

/// Finds out whose key stands in its header.
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

/// What is asked for. There is no scheme for it in any standard.
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
    if header_name.is_empty() || !header_name.chars().all(is_of_name) {
        let mistake = Mistake::BadHeaderName(header_name.clone());
        secrets.mistakes.note(table.path_of("header_name"), mistake);
    }
    table.finish(secrets.mistakes);
    Some((header_name.to_ascii_lowercase(), key?))
}

/// Whether the name of a header may have this character (RFC 9110 section 5.6.2).
fn is_of_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}
