//! HTTP Basic (RFC 7617): `{ username, password }`.

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;

use super::credential::{Credential, Secret, accept};
use super::{Caller, CredentialFault, REALM, authorization};
use crate::request::RequestHead;
use crate::vars::{Mistake, NamedSecret, Secrets, Table};

/// Padding is optional, because some senders leave it out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads credentials that callers present.
pub(super) fn read(table: Table, secrets: &mut Secrets<'_, '_>) -> Option<Credential> {
    let ((_, username), (name, password)) = user_pass(table, secrets)?;
    Some(Credential::user_pass(&name, username, password))
}

/// Reads credentials that the Worker presents to a destination, as a header.
pub(super) fn read_header(table: Table, secrets: &mut Secrets<'_, '_>) -> Option<(String, Secret)> {
    let ((_, username), (_, password)) = user_pass(table, secrets)?;
    let user_pass = BASE64_STANDARD.encode(format!("{username}:{password}"));
    Some(("authorization".to_owned(), Secret::new(format!("Basic {user_pass}"))))
}

/// Finds the accepted user name and password that the caller presents.
pub(super) fn verify<'c>(
    accepted: &'c [Credential],
    head: &impl RequestHead,
) -> Result<Caller<'c>, CredentialFault> {
    let encoded = authorization(head, "basic")?;
    let user_pass = BASE64.decode(encoded).map_err(|_| CredentialFault::Wrong)?;
    accept(accepted.iter().map(|credential| (credential, Some(&*user_pass))))
}

/// The challenge (RFC 7617 section 2).
pub(super) fn challenge() -> String {
    format!("Basic {REALM}, charset=\"UTF-8\"")
}

fn user_pass<'b>(
    mut table: Table,
    secrets: &mut Secrets<'b, '_>,
) -> Option<(NamedSecret<'b>, NamedSecret<'b>)> {
    let username = secrets.secret(&mut table, "username");
    if let Some((binding, username)) = &username
        && username.contains(':')
    {
        let mistake = Mistake::ColonInUsername(binding.clone());
        secrets.mistakes.note(table.path_of("username"), mistake);
    }
    let password = secrets.secret(&mut table, "password");
    table.finish(secrets.mistakes);
    username.zip(password)
}
