//! An HTTP server: the field `webhook`, which has the format of Elytra's own `WebhookConfig`.
//!
//! Its events go to the queue bound as `DELIVERIES`, and the Worker calls the server when it consumes the
//! queue.

use fluent_uri::Uri;

use super::call::{CallSettings, Callee, look_up_queues};
use crate::auth::{AuthType, Secret};
use crate::ledger::Key;
use crate::platform::Target;
use crate::vars::{Bindings, Mistake, Mistakes, Table};

const FIELD: &str = "webhook";

/// An example value for the field.
pub(super) const EXAMPLE: &str = "{ url = \"<URL>\" }";

/// An HTTP server.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpDestination {
    /// The absolute URI that is called. It is `https` unless the configuration allows `http`.
    pub url: String,
    /// The header that authenticates the Worker, if any: its name in lower case and its value.
    pub credential: Option<(String, Secret)>,
    /// How the server is called.
    pub call: CallSettings,
}

impl HttpDestination {
    /// Reads `webhook`.
    pub(super) fn read(
        table: &mut Table,
        bindings: &Bindings,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let path = table.path_of(FIELD);
        let value = table.take(FIELD)?;
        look_up_queues(&path, bindings, mistakes);
        let mut table = Table::new(path, value, mistakes)?;
        let allow_insecure = table.boolean("allow_insecure", mistakes).unwrap_or(false);
        let url = read_url(&mut table, allow_insecure, mistakes);
        let call = CallSettings::read(&mut table, mistakes);
        let credential = read_credential(&mut table, bindings, mistakes);
        table.finish(mistakes);
        Some(Self { url: url?, credential, call: call? })
    }

    /// Its [`holder`](super::Destination::holder). The URL is hashed, because it may contain a secret.
    pub(super) fn holder(&self, subscription: &str) -> String {
        /// How many characters of a digest are enough to distinguish URLs.
        const DIGEST_CHARACTERS: usize = 16;

        let digest = Key::of(&["url", &self.url]);
        let digest = digest.as_str().get(..DIGEST_CHARACTERS).unwrap_or_default();
        format!("webhook/{subscription}/{digest}")
    }

    /// How it is called.
    pub(super) fn callee(&self) -> Callee<'_> {
        Callee {
            field: FIELD,
            target: Target::Url(&self.url),
            credential: self.credential.as_ref(),
            settings: &self.call,
        }
    }
}

/// Reads `url`: an absolute URI with a host, without credentials or a fragment.
fn read_url(table: &mut Table, allow_insecure: bool, mistakes: &mut Mistakes) -> Option<String> {
    let path = table.path_of("url");
    let url = table.required_string("url", mistakes)?;
    let is_secure = |scheme: &str| scheme.eq_ignore_ascii_case("https");
    let is_http = |scheme: &str| scheme.eq_ignore_ascii_case("http");
    // The URL is not repeated, because it may contain a secret.
    let mistake = match Uri::parse(&*url) {
        Err(_) => Mistake::BadUrl,
        Ok(uri) => match (uri.scheme().as_str(), uri.authority()) {
            (_, None) => Mistake::BadUrl,
            (_, Some(authority)) if authority.host().is_empty() => Mistake::BadUrl,
            (_, Some(authority)) if authority.has_userinfo() => Mistake::CredentialsInUrl,
            (_, Some(authority)) if authority.port_to_u16().is_err() => Mistake::BadUrl,
            _ if uri.has_fragment() => Mistake::FragmentInUrl,
            (scheme, _) if is_secure(scheme) || (is_http(scheme) && allow_insecure) => {
                return Some(url);
            }
            (scheme, _) if is_http(scheme) => Mistake::InsecureUrl,
            _ => Mistake::BadUrl,
        },
    };
    mistakes.note(path, mistake);
    None
}

/// Reads `auth_type` and `auth`: the header that authenticates the Worker.
fn read_credential(
    table: &mut Table,
    bindings: &Bindings,
    mistakes: &mut Mistakes,
) -> Option<(String, Secret)> {
    let has_auth_type = table.has("auth_type");
    let auth_type = table.name("auth_type", mistakes);
    let (path, type_path) = (table.path_of("auth"), table.path_of("auth_type"));
    let auth = table.take("auth");
    if has_auth_type && auth_type.is_none() {
        return None;
    }
    let auth_type = auth_type.unwrap_or(AuthType::None);
    let auth = match (auth_type, auth) {
        (AuthType::None, None) => return None,
        (AuthType::Access, _) => {
            mistakes.note(type_path, Mistake::OnlyForAdmin);
            return None;
        }
        // If a secret is named, it is meant to be sent, so only `auth_type` is missing.
        (AuthType::None, Some(_)) if !has_auth_type => {
            mistakes.note(type_path, Mistake::AuthWithoutType);
            return None;
        }
        (AuthType::None, Some(_)) => {
            mistakes.note(path, Mistake::AuthWithNone);
            return None;
        }
        (_, None) => {
            mistakes.note(path, Mistake::Missing);
            return None;
        }
        (_, Some(auth)) => Table::new(path, auth, mistakes)?,
    };
    auth_type.read_header(auth, bindings, mistakes)
}
