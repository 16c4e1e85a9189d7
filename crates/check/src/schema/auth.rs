//! `auth_type` and `auth`.

use elytra_events::Known as _;
use elytra_webhooks::auth::{AuthType, DEFAULT_API_KEY_HEADER, TAKEN_HEADERS, TAKEN_PREFIX};
use serde_json::{Map, Value, json};

use super::build::{Field, and, cases, ignoring_case, matching, string, when, with, without};

/// Who presents the secrets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Presents {
    /// A caller. `auth` can be a list.
    Caller,
    /// The Worker. `auth` is one table, and a key cannot come in any header.
    Worker,
}

/// The fields of `ADMIN` for Cloudflare Access.
pub(super) const OF_ACCESS: [&str; 2] = ["team_domain", "aud"];

/// The characters of a header's name (RFC 9110 section 5.6.2).
const HEADER_NAME: &str = r"^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$";

/// The fields of `auth` for a type, those that are required and the others; `None` if there is no `auth`.
fn fields(auth_type: AuthType) -> Option<(&'static [&'static str], &'static [&'static str])> {
    match auth_type {
        AuthType::None | AuthType::Access => None,
        AuthType::Basic => Some((&["username", "password"], &[])),
        AuthType::Bearer => Some((&["token"], &[])),
        AuthType::ApiKey => Some((&["api_key"], &["header_name"])),
    }
}

/// The field `auth`, whatever the type. [`depends_on_type`] says which of its fields are for which type.
pub(super) fn auth(presents: Presents, description: &str) -> Value {
    let header_name = matching(
        HEADER_NAME,
        "For \"apikey\": the header that the key comes in. Default: \"api-key\".",
    );
    let header_name = with(header_name, "default", DEFAULT_API_KEY_HEADER.into());
    let header_name = match presents {
        Presents::Caller => header_name,
        Presents::Worker => with(
            header_name,
            "not",
            json!({ "description": "a header that is taken", "pattern": taken() }),
        ),
    };
    let properties: [Field; 5] = [
        ("token", string("For \"bearer\": the name of the secret that is the token.")),
        ("username", string("For \"basic\": the name of the secret that is the user name.")),
        ("password", string("For \"basic\": the name of the secret that is the password.")),
        ("api_key", string("For \"apikey\": the name of the secret that is the key.")),
        ("header_name", header_name),
    ];
    let properties: Map<_, _> =
        properties.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    let one = json!({ "properties": properties, "additionalProperties": false });
    match presents {
        Presents::Worker => and(json!({ "type": "object", "description": description }), one),
        Presents::Caller => {
            let list = json!({
                "type": ["object", "array"],
                "description": description,
                "items": and(json!({ "type": "object" }), one.clone()),
                "minItems": 1,
            });
            and(list, one)
        }
    }
}

/// Which headers a destination's key cannot come in.
fn taken() -> String {
    let names: Vec<_> = TAKEN_HEADERS.iter().map(|name| ignoring_case(name)).collect();
    format!("^({}.*|({})$)", ignoring_case(TAKEN_PREFIX), names.join("|"))
}

/// What each of these types requires and forbids.
pub(super) fn depends_on_type(types: &[AuthType]) -> Value {
    let case = |auth_type: &AuthType| {
        let then = match fields(*auth_type) {
            None => without(&["auth"]),
            Some((required, others)) => {
                let known: Vec<_> = required.iter().chain(others).collect();
                let one = json!({ "required": required, "propertyNames": { "enum": known } });
                let auth = with(one.clone(), "items", one);
                json!({ "required": ["auth"], "properties": { "auth": auth } })
            }
        };
        (when("auth_type", auth_type.as_str()), then)
    };
    cases(types.iter().map(case).collect())
}

/// What each type of an operator's authentication requires and forbids.
pub(super) fn depends_on_type_of_operators(types: &[AuthType]) -> Value {
    let case = |auth_type: &AuthType| {
        let condition = when("auth_type", auth_type.as_str());
        let then = if *auth_type == AuthType::Access {
            with(without(&["auth"]), "required", json!(OF_ACCESS))
        } else {
            and(without(&OF_ACCESS), depends_on_type(&[*auth_type]))
        };
        (condition, then)
    };
    cases(types.iter().map(case).collect())
}
