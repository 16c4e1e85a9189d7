//! Which callers are authenticated, and which secret matched.

use elytra_events::Known as _;
use elytra_webhooks::auth::{ApiKey, Authentication, Credential, CredentialFault};
use proptest::prelude::*;

use crate::support::{Head, property};
use CredentialFault::{Missing, Wrong};

/// Checks the name of the secret that matched, or the fault.
#[track_caller]
fn check(
    why: &str,
    accepted: &Authentication,
    head: &Head,
    expected: Result<&str, CredentialFault>,
) {
    let caller = accepted.verify(head);
    let found = caller.map(|caller| caller.credential().unwrap_or("nobody was asked"));
    let found = found.map_err(|unauthenticated| unauthenticated.fault);
    assert_eq!(found, expected, "{why}");
}

fn authorization(value: &str) -> Head {
    Head::post().with("authorization", value)
}

fn bearer() -> Authentication {
    Authentication::Bearer(vec![
        Credential::secret("TOKEN", "old-token"),
        Credential::secret("TOKEN_NEXT", "new-token"),
    ])
}

#[track_caller]
fn check_bearer(why: &str, value: &str, expected: Result<&str, CredentialFault>) {
    check(why, &bearer(), &authorization(value), expected);
}

#[test]
fn bearer_tokens() {
    check_bearer("right", "Bearer old-token", Ok("TOKEN"));
    check_bearer(
        "the next token during a rotation, whose name is returned",
        "Bearer new-token",
        Ok("TOKEN_NEXT"),
    );
    check_bearer("RFC 9110 11.1: the scheme in any case", "bEaReR old-token", Ok("TOKEN"));
    check_bearer("RFC 9110 11.6.2: 1*SP after the scheme", "Bearer   old-token", Ok("TOKEN"));
    check("no header", &bearer(), &Head::post(), Err(Missing));
    check(
        "a header of another name",
        &bearer(),
        &Head::post().with("api-key", "old-token"),
        Err(Missing),
    );
    check_bearer("wrong", "Bearer other", Err(Wrong));
    check_bearer("an empty header presents nothing", "", Err(Missing));
    check_bearer("the scheme alone", "Bearer", Err(Missing));
    check_bearer("an empty token", "Bearer ", Err(Wrong));
    check_bearer("a prefix of the secret", "Bearer old-toke", Err(Wrong));
    check_bearer("longer than the secret", "Bearer old-token1", Err(Wrong));
    check_bearer("tokens are case-sensitive", "Bearer OLD-TOKEN", Err(Wrong));
    check_bearer("the name of the secret is not the secret", "Bearer TOKEN", Err(Wrong));
    check_bearer("no scheme", "old-token", Err(Missing));
    check_bearer(
        "RFC 6750 3.1: no bearer credentials, no error code",
        "Basic old-token",
        Err(Missing),
    );
    check_bearer("a scheme that only begins with Bearer", "BearerX old-token", Err(Missing));
    check_bearer("RFC 9110 11.4: a space follows the scheme", "Bearer\told-token", Err(Missing));
    check_bearer("no scheme, and a space first", " Bearer old-token", Err(Missing));
    check_bearer("both tokens at once", "Bearer old-token new-token", Err(Wrong));
    let twice = authorization("Bearer other").with("authorization", "Bearer old-token");
    check("a repeated header is not searched", &bearer(), &twice, Err(Wrong));
    let twice = authorization("Basic other").with("authorization", "Bearer old-token");
    check("not even after another scheme", &bearer(), &twice, Err(Missing));
    let nobody = Authentication::Bearer(Vec::new());
    check(
        "without secrets, no token is accepted",
        &nobody,
        &authorization("Bearer "),
        Err(Missing),
    );
}

fn basic() -> Authentication {
    Authentication::Basic(vec![
        Credential::user_pass("PASSWORD", "Aladdin", "open sesame"),
        Credential::user_pass("PASSWORD_NEXT", "Aladdin", "open:sesame::"),
        Credential::user_pass("PASSWORD_ONLY", "", "alone"),
        Credential::user_pass("USERNAME_ONLY", "alone", ""),
        Credential::user_pass("UNICODE", "Jürgen", "ünïcödé€😀"),
    ])
}

#[track_caller]
fn check_basic(why: &str, value: &str, expected: Result<&str, CredentialFault>) {
    check(why, &basic(), &authorization(value), expected);
}

#[test]
fn basic_user_names_and_passwords() {
    check_basic("RFC 7617 section 2", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", Ok("PASSWORD"));
    check_basic(
        "some senders leave the padding out",
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ",
        Ok("PASSWORD"),
    );
    check_basic("the scheme in any case", "BASIC QWxhZGRpbjpvcGVuIHNlc2FtZQ==", Ok("PASSWORD"));
    check_basic(
        "only the first colon separates (Aladdin:open:sesame::)",
        "Basic QWxhZGRpbjpvcGVuOnNlc2FtZTo6",
        Ok("PASSWORD_NEXT"),
    );
    check_basic("no user name (:alone)", "Basic OmFsb25l", Ok("PASSWORD_ONLY"));
    check_basic("no password (alone:)", "Basic YWxvbmU6", Ok("USERNAME_ONLY"));
    check_basic("RFC 7617 2.1: UTF-8", "Basic SsO8cmdlbjrDvG7Dr2PDtmTDqeKCrPCfmIA=", Ok("UNICODE"));
    check("no header: basic senders wait for the challenge", &basic(), &Head::post(), Err(Missing));
    check_basic("an empty header presents nothing", "", Err(Missing));
    check_basic("the scheme alone", "Basic", Err(Missing));
    check_basic("nothing after the scheme", "Basic ", Err(Wrong));
    check_basic("a colon alone", "Basic Og==", Err(Wrong));
    check_basic("no colon (alone)", "Basic YWxvbmU=", Err(Wrong));
    check_basic("another password (Aladdin:x)", "Basic QWxhZGRpbjp4", Err(Wrong));
    check_basic(
        "user names are case-sensitive (aladdin)",
        "Basic YWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        Err(Wrong),
    );
    check_basic("not base64", "Basic Aladdin:open sesame", Err(Wrong));
    check_basic(
        "RFC 7617 requires base64, not base64url",
        "Basic SsO8cmdlbjrDvG7Dr2PDtmTDqeKCrPCfmIA_",
        Err(Wrong),
    );
    check_basic(
        "credentials of another scheme",
        "Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        Err(Missing),
    );
}

fn api_key(header_name: &str, name: &str, key: &str) -> ApiKey {
    ApiKey { header_name: header_name.to_owned(), credential: Credential::secret(name, key) }
}

#[test]
fn api_keys() {
    let one = Authentication::ApiKey(vec![api_key("api-key", "KEY", "s3cret key")]);
    let head = |name, value| Head::post().with(name, value);
    check("right", &one, &head("api-key", "s3cret key"), Ok("KEY"));
    check("header names are case-insensitive", &one, &head("API-Key", "s3cret key"), Ok("KEY"));
    check("no header", &one, &Head::post(), Err(Missing));
    check("another header", &one, &head("x-api-key", "s3cret key"), Err(Missing));
    check("not in Authorization", &one, &authorization("ApiKey s3cret key"), Err(Missing));
    check("wrong", &one, &head("api-key", "other"), Err(Wrong));
    check("empty", &one, &head("api-key", ""), Err(Wrong));
    check("a prefix", &one, &head("api-key", "s3cret"), Err(Wrong));
    check("longer", &one, &head("api-key", "s3cret keys"), Err(Wrong));

    let two = Authentication::ApiKey(vec![
        api_key("api-key", "OLD", "first"),
        api_key("x-next-key", "NEW", "second"),
    ]);
    check("the old header", &two, &head("api-key", "first"), Ok("OLD"));
    check("the new header", &two, &head("x-next-key", "second"), Ok("NEW"));
    check("a key under the other's header", &two, &head("api-key", "second"), Err(Wrong));
    let both = head("api-key", "wrong").with("x-next-key", "second");
    check("any key will do, even after a wrong one", &two, &both, Ok("NEW"));
    let both = head("api-key", "first").with("x-next-key", "wrong");
    check("any key will do, even before a wrong one", &two, &both, Ok("OLD"));
    let both = head("x-next-key", "second").with("api-key", "first");
    check("if two match, the first in the list counts", &two, &both, Ok("OLD"));
}

#[test]
fn none_accepts_every_caller() {
    check("none", &Authentication::None, &Head::post(), Ok("nobody was asked"));
    check(
        "none ignores what is sent",
        &Authentication::None,
        &authorization("Bearer x"),
        Ok("nobody was asked"),
    );
}

#[test]
fn kinds_have_the_names_of_the_configuration() {
    let kinds = [Authentication::None, basic(), bearer(), Authentication::ApiKey(Vec::new())];
    assert_eq!(kinds.map(|kind| kind.auth_type().as_str()), ["none", "basic", "bearer", "apikey"]);
}

#[test]
fn no_debug_text_shows_a_secret() {
    let credential = Credential::user_pass("PASSWORD", "canary", "canary");
    assert_eq!(format!("{credential:?}"), r#"Credential { name: "PASSWORD", .. }"#);
    assert_eq!(credential.name(), "PASSWORD");
    let all = format!("{:?}{:?}", bearer(), api_key("api-key", "KEY", "canary"));
    assert!(!all.contains("canary") && !all.contains("token"), "{all}");
}

/// A secret that HTTP can carry in a header: no control characters, and no space at either end.
fn secret() -> impl Strategy<Value = String> {
    "[!-~]|[!-~][ -~]{0,40}[!-~]"
}

#[test]
fn a_secret_verifies_itself_and_no_other() {
    property((secret(), secret()), |(secret, other)| {
        let is_same = secret == other;
        let credential = || Credential::secret("NAME", &secret);
        let expected = if is_same { Ok("NAME") } else { Err(Wrong) };
        let bearer = Authentication::Bearer(vec![credential()]);
        check("itself", &bearer, &authorization(&format!("Bearer {secret}")), Ok("NAME"));
        check("another", &bearer, &authorization(&format!("Bearer {other}")), expected);
        let key = Authentication::ApiKey(vec![ApiKey {
            header_name: "k".into(),
            credential: credential(),
        }]);
        check("itself", &key, &Head::post().with("k", &secret), Ok("NAME"));
        check("another", &key, &Head::post().with("k", &other), expected);
    });
}

#[test]
fn a_secret_with_one_changed_character_is_rejected() {
    property((secret(), any::<proptest::sample::Index>(), "[!-~]"), |(secret, at, character)| {
        let at = at.index(secret.len());
        let mut changed = secret.clone();
        changed.replace_range(at..=at, &character);
        let accepted = Authentication::Bearer(vec![Credential::secret("NAME", &secret)]);
        let expected = if changed == secret { Ok("NAME") } else { Err(Wrong) };
        check("changed", &accepted, &authorization(&format!("Bearer {changed}")), expected);
    });
}

#[test]
fn no_header_panics() {
    let value = ".{0,40}|(?i:basic) [a-zA-Z0-9+/=]{0,40}|(?i:bearer) .{0,40}|(?i:basic|bearer)";
    property(value, |value| {
        for (accepted, scheme) in [(basic(), "basic "), (bearer(), "bearer ")] {
            let is_presented = value.to_ascii_lowercase().starts_with(scheme);
            let expected = if is_presented { Wrong } else { Missing };
            check("any text", &accepted, &authorization(&value), Err(expected));
        }
    });
}
