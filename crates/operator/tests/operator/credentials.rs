//! The credentials in the variables.

use elytra_webhooks_operator::{Asked, Credentials};

const TOKEN: &str = "ELYTRA_ADMIN_TOKEN";
const USERNAME: &str = "ELYTRA_ADMIN_USERNAME";
const PASSWORD: &str = "ELYTRA_ADMIN_PASSWORD";
const API_KEY: &str = "ELYTRA_ADMIN_API_KEY";
const HEADER: &str = "ELYTRA_ADMIN_API_KEY_HEADER";

/// The names of variables, and their values.
type Variables = &'static [(&'static str, &'static str)];

/// The header with the credentials, the prompt, or the error.
fn read(variables: &[(&str, &str)]) -> String {
    let found = |name: &str| {
        let found = variables.iter().find(|(found, _)| *found == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    match Credentials::read(found) {
        Ok(Asked::Complete(credentials)) => {
            let (name, value) = credentials.header();
            format!("{name}: {value}")
        }
        Ok(Asked::Missing(missing)) => missing.prompt(),
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn the_variables_say_which_kind_it_is() {
    let cases: [(&str, Variables, &str); 16] = [
        ("bearer", &[(TOKEN, "t")], "authorization: Bearer t"),
        ("basic", &[(USERNAME, "u"), (PASSWORD, "p:q")], "authorization: Basic dTpwOnE="),
        ("UTF-8: RFC 7617", &[(USERNAME, "ü"), (PASSWORD, "ß")], "authorization: Basic w7w6w58="),
        ("apikey", &[(API_KEY, "k")], "api-key: k"),
        ("another header", &[(API_KEY, "k"), (HEADER, "X-Key")], "x-key: k"),
        ("nothing", &[], "Token of the operator (ELYTRA_ADMIN_TOKEN): "),
        ("no value", &[(TOKEN, "")], "Token of the operator (ELYTRA_ADMIN_TOKEN): "),
        (
            "a user name alone asks for the password",
            &[(USERNAME, "u")],
            "Password of the operator (ELYTRA_ADMIN_PASSWORD): ",
        ),
        (
            "a header alone asks for the key",
            &[(HEADER, "x-key")],
            "API key of the operator (ELYTRA_ADMIN_API_KEY): ",
        ),
        (
            "whose password?",
            &[(PASSWORD, "p")],
            "error: ELYTRA_ADMIN_PASSWORD is set, but not ELYTRA_ADMIN_USERNAME: set both",
        ),
        (
            "left over from another Worker",
            &[(TOKEN, "t"), (API_KEY, "k")],
            "error: ELYTRA_ADMIN_TOKEN and ELYTRA_ADMIN_API_KEY are both set: unset the one that is \
             not meant",
        ),
        (
            "a header would end there",
            &[(TOKEN, "t\r\nx: y")],
            "error: ELYTRA_ADMIN_TOKEN has characters that a header cannot have",
        ),
        (
            "a header loses the space, and then the secret is wrong",
            &[(API_KEY, "k ")],
            "error: ELYTRA_ADMIN_API_KEY has characters that a header cannot have",
        ),
        (
            "not ASCII",
            &[(TOKEN, "ü")],
            "error: ELYTRA_ADMIN_TOKEN has characters that a header cannot have",
        ),
        (
            "no name of a header",
            &[(API_KEY, "k"), (HEADER, "x: y")],
            "error: ELYTRA_ADMIN_API_KEY_HEADER has characters that a header cannot have",
        ),
        (
            "the colon ends the user name: RFC 7617 section 2",
            &[(USERNAME, "a:b"), (PASSWORD, "p")],
            "error: ELYTRA_ADMIN_USERNAME must not have a colon",
        ),
    ];
    for (why, variables, expected) in cases {
        assert_eq!(read(variables), expected, "{why}");
    }
}

#[test]
fn what_is_entered_completes_them() {
    let asked = |variables: Variables| {
        let found = |name: &str| {
            let found = variables.iter().find(|(found, _)| *found == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        match Credentials::read(found).unwrap() {
            Asked::Missing(missing) => missing,
            Asked::Complete(credentials) => panic!("{credentials:?}"),
        }
    };
    let entered = asked(&[(USERNAME, "u")]).complete("p").unwrap();
    assert_eq!(entered.header(), ("authorization", "Basic dTpw"));
    let entered = asked(&[(HEADER, "x-key")]).complete("k").unwrap();
    assert_eq!(entered.header(), ("x-key", "k"));
    let error = asked(&[]).complete("").unwrap_err();
    assert_eq!(error.to_string(), "ELYTRA_ADMIN_TOKEN is empty");
}

#[test]
fn they_are_not_in_debug() {
    let read = Credentials::read(|name| (name == TOKEN).then(|| "secret".to_owned())).unwrap();
    let debug = format!("{read:?}");
    assert_eq!(debug, "Complete(Credentials { kind: Bearer, header: \"authorization\", .. })");
}
