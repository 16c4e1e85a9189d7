//! HTTP Bearer (RFC 6750): `{ token }`.

use super::credential::{Credential, Secret, accept};
use super::{Caller, CredentialFault, PresentedIn, REALM, authorization, check_ascii};
use crate::request::RequestHead;
use crate::vars::{NamedSecret, Secrets, Table};

/// The query parameter that may carry the token (RFC 6750 section 2.3).
pub(crate) const ACCESS_TOKEN: &str = "access_token";

/// Reads a token that callers present.
pub(super) fn read(table: Table, secrets: &mut Secrets<'_, '_>) -> Option<Credential> {
    let (name, token) = token(table, secrets)?;
    Some(Credential::secret(&name, token))
}

/// Reads a token that the Worker presents to a destination, as a header.
pub(super) fn read_header(table: Table, secrets: &mut Secrets<'_, '_>) -> Option<(String, Secret)> {
    let path = table.path_of("token");
    let (binding, token) = token(table, secrets)?;
    check_ascii(path, &binding, token, secrets.mistakes);
    Some(("authorization".to_owned(), Secret::new(format!("Bearer {token}"))))
}

/// Finds the accepted token that the caller presents in the header or, if there is none, in the query
/// string.
pub(super) fn verify<'c>(
    accepted: &'c [Credential],
    head: &impl RequestHead,
) -> Result<Caller<'c>, CredentialFault> {
    let (token, presented_in) = presented(head)?;
    let pairs = accepted.iter().map(|credential| (credential, Some(token.as_bytes())));
    accept(pairs).map(|caller| Caller { presented_in, ..caller })
}

/// The challenge (RFC 6750 section 3).
pub(super) fn challenge(fault: CredentialFault) -> String {
    match fault {
        CredentialFault::Missing => format!("Bearer {REALM}"),
        CredentialFault::Wrong => format!("Bearer {REALM}, error=\"invalid_token\""),
    }
}

fn token<'b>(mut table: Table, secrets: &mut Secrets<'b, '_>) -> Option<NamedSecret<'b>> {
    let token = secrets.header_secret(&mut table, "token");
    table.finish(secrets.mistakes);
    token
}

fn presented(head: &impl RequestHead) -> Result<(String, PresentedIn), CredentialFault> {
    match authorization(head, "bearer") {
        Ok(token) => Ok((token, PresentedIn::Header)),
        Err(fault) => {
            let query = head.query();
            let parameters = form_urlencoded::parse(query.as_bytes());
            let mut tokens = parameters.filter(|(name, _)| name == ACCESS_TOKEN);
            match (tokens.next(), tokens.next()) {
                (Some((_, token)), None) => Ok((token.into_owned(), PresentedIn::Query)),
                // A parameter must not be repeated (RFC 6749 section 3.1).
                (Some(_), Some(_)) => Err(CredentialFault::Wrong),
                (None, _) => Err(fault),
            }
        }
    }
}
