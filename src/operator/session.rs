//! What the console is told about its session.

use serde::Serialize;

use crate::auth::{Admin, AuthType, Authentication};
use crate::when::to_rfc3339;
use elytra_events::Known as _;

/// What a page must know to ask for credentials, and who has signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SessionView {
    /// The `auth_type` of the configuration.
    pub auth_type: &'static str,
    /// The headers that an API key may be in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub header_names: Vec<String>,
    /// Whether somebody has signed in.
    pub signed_in: bool,
    /// Who: the address of a person, or the binding of a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// When the session ends, in RFC 3339, if it is one of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_time: Option<String>,
    /// Whether the configuration is broken, so that only the mistakes can be seen.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_broken: bool,
}

impl SessionView {
    /// Nobody has signed in.
    pub(crate) fn new(admin: &Admin, is_broken: bool) -> Self {
        let mut header_names: Vec<_> = match admin {
            Admin::Credentials(Authentication::ApiKey(keys)) => {
                keys.iter().map(|key| key.header_name.clone()).collect()
            }
            _ => Vec::new(),
        };
        header_names.dedup();
        Self {
            auth_type: AuthType::as_str(admin.auth_type()),
            header_names,
            signed_in: false,
            operator: None,
            expires_time: None,
            is_broken,
        }
    }

    /// Somebody has. `expires_at` is in milliseconds since 1970.
    pub(crate) fn signed_in(self, operator: &str, expires_at: Option<u64>) -> Self {
        let expires_time = expires_at.map(to_rfc3339);
        Self { signed_in: true, operator: Some(operator.to_owned()), expires_time, ..self }
    }
}

/// An operator has signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignedIn {
    /// The binding of the secret.
    pub operator: String,
    /// When the session ends, in RFC 3339.
    pub expires_time: String,
}

impl SignedIn {
    /// Until this time, in milliseconds since 1970.
    pub(crate) fn new(operator: &str, expires_at: u64) -> Self {
        Self { operator: operator.to_owned(), expires_time: to_rfc3339(expires_at) }
    }
}
