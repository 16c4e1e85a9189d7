//! A request that was refused.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A request that was refused. Texts are cut like others in the log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal<'r> {
    /// When it came, in milliseconds since 1970.
    pub at: u64,
    /// The code in the answer.
    pub code: Cow<'r, str>,
    /// The status of the answer.
    pub status: u16,
    /// What the answer says.
    pub detail: Cow<'r, str>,
    /// All violations, and whatever else only the log says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Cow<'r, str>>,
    /// The method of the request.
    pub method: Cow<'r, str>,
    /// The path of the request, if there is something at it. Of any other path nothing is said, since a token may be in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Cow<'r, str>>,
    /// The mode of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Cow<'r, str>>,
    /// How callers authenticate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_type: Option<Cow<'r, str>>,
    /// The name of the secret that the caller presented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Cow<'r, str>>,
    /// The IP address that Cloudflare saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_address: Option<Cow<'r, str>>,
    /// `User-Agent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<Cow<'r, str>>,
    /// The request's `cf-ray`, which Workers Logs have too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ray: Option<Cow<'r, str>>,
    /// `id` of the event, if it was one and could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'r, str>>,
    /// `source` of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Cow<'r, str>>,
    /// `type` of the event.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<Cow<'r, str>>,
}

/// A refusal and its number, which grows with time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredRefusal {
    /// Its number.
    pub seq: u64,
    /// The refusal.
    pub refusal: Refusal<'static>,
}
