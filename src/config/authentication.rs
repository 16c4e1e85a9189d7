//! `auth_type` and `auth`: which secrets callers are asked for. `auth` names their bindings.

use elytra_events::names;
use serde_json::Value;

use super::ADMIN;
use super::bindings::{Binding, Bindings};
use super::danger::SecretUse;
use super::error::Mistake;
use super::table::{Mistakes, Table, known_name};
use crate::auth::{ApiKey, Authentication, Credential, DEFAULT_API_KEY_HEADER};
use crate::names::nearest;

names! {
    /// The ways to authenticate, as Elytra's own webhook configuration names them.
    pub(super) enum AuthType {
        None = "none",
        Basic = "basic",
        Bearer = "bearer",
        ApiKey = "apikey",
    }
}

/// Reads `auth_type` and `auth`. There is no default: whoever wants none must write so.
pub(super) fn read(
    table: &mut Table,
    bindings: &Bindings,
    mistakes: &mut Mistakes,
) -> Option<Authentication> {
    let path = table.path_of("auth_type");
    let auth_type = table
        .required_string("auth_type", mistakes)
        .and_then(|name| known_name(path, &name, mistakes));
    let path = table.path_of("auth");
    match (auth_type, table.take("auth")) {
        (Some(AuthType::None), None) => Some(Authentication::None),
        (Some(AuthType::None), Some(_)) => {
            mistakes.note(path, Mistake::AuthWithNone);
            None
        }
        (Some(_), None) => {
            mistakes.note(path, Mistake::Missing);
            None
        }
        (Some(auth_type), Some(auth)) => {
            let tables = credential_tables(path, auth, mistakes).into_iter();
            let mut secrets = Secrets { bindings, mistakes };
            Some(match auth_type {
                AuthType::None => Authentication::None,
                AuthType::Basic => Authentication::Basic(
                    tables
                        .filter_map(|table| secrets.user_pass(table))
                        .map(|((_, username), (name, password))| {
                            Credential::user_pass(&name, username, password)
                        })
                        .collect(),
                ),
                AuthType::Bearer => Authentication::Bearer(
                    tables
                        .filter_map(|table| secrets.token(table))
                        .map(|(name, token)| Credential::secret(&name, token))
                        .collect(),
                ),
                AuthType::ApiKey => Authentication::ApiKey(
                    tables
                        .filter_map(|table| secrets.api_key(table))
                        .map(|(header_name, name, key)| ApiKey {
                            header_name,
                            credential: Credential::secret(&name, key),
                        })
                        .collect(),
                ),
            })
        }
        (None, _) => None,
    }
}

/// `auth` is one table, or a list of them while a secret is being rotated.
fn credential_tables(path: String, auth: Value, mistakes: &mut Mistakes) -> Vec<Table> {
    match auth {
        Value::Array(items) if items.is_empty() => {
            mistakes.note(path, Mistake::NoCredentials);
            Vec::new()
        }
        Value::Array(items) => items
            .into_iter()
            .enumerate()
            .filter_map(|(index, item)| Table::new(format!("{path}[{index}]"), item, mistakes))
            .collect(),
        single => Table::new(path, single, mistakes).into_iter().collect(),
    }
}

/// Looks up the secrets that the fields of a credential name.
pub(super) struct Secrets<'b, 'm> {
    pub(super) bindings: &'b Bindings,
    pub(super) mistakes: &'m mut Mistakes,
}

/// A secret, and the name of its binding.
type Named<'b> = (String, &'b str);

impl<'b> Secrets<'b, '_> {
    /// `{ token }`.
    pub(super) fn token(&mut self, mut table: Table) -> Option<Named<'b>> {
        let token = self.header_secret(&mut table, "token");
        table.finish(self.mistakes);
        token
    }

    /// `{ username, password }`.
    pub(super) fn user_pass(&mut self, mut table: Table) -> Option<(Named<'b>, Named<'b>)> {
        let username = self.secret(&mut table, "username");
        if let Some((binding, username)) = &username
            && username.contains(':')
        {
            let mistake = Mistake::ColonInUsername(binding.clone());
            self.mistakes.note(table.path_of("username"), mistake);
        }
        let password = self.secret(&mut table, "password");
        table.finish(self.mistakes);
        username.zip(password)
    }

    /// `{ api_key, header_name }`: the header's name in lower case, and the key.
    pub(super) fn api_key(&mut self, mut table: Table) -> Option<(String, String, &'b str)> {
        let key = self.header_secret(&mut table, "api_key");
        let header_name = table
            .string("header_name", self.mistakes)
            .unwrap_or_else(|| DEFAULT_API_KEY_HEADER.to_owned());
        if header_name.is_empty() || !header_name.chars().all(is_of_name) {
            let mistake = Mistake::BadHeaderName(header_name.clone());
            self.mistakes.note(table.path_of("header_name"), mistake);
        }
        table.finish(self.mistakes);
        let (name, key) = key?;
        Some((header_name.to_ascii_lowercase(), name, key))
    }

    /// A secret that comes in a header as it is.
    fn header_secret(
        &mut self,
        table: &mut Table,
        field: &'static str,
    ) -> Option<(String, &'b str)> {
        let (binding, secret) = self.secret(table, field)?;
        if secret.trim() != secret || secret.chars().any(char::is_control) {
            self.mistakes.note(table.path_of(field), Mistake::SecretNotSendable { binding });
            return None;
        }
        Some((binding, secret))
    }

    /// The binding a field names, and the secret it holds.
    fn secret(&mut self, table: &mut Table, field: &'static str) -> Option<(String, &'b str)> {
        let path = table.path_of(field);
        let binding = table.required_string(field, self.mistakes)?;
        let mistake = match self.bindings.get(&binding) {
            Some(Binding::Text(secret)) if secret.is_empty() => Mistake::SecretEmpty { binding },
            Some(Binding::Text(secret)) => {
                // Two may well go by the same name.
                if field != "username" {
                    let (binding, secret) = (binding.clone(), secret.clone());
                    self.mistakes.secrets.push(SecretUse { path, binding, secret });
                }
                return Some((binding, secret));
            }
            _ => self.not_set(&path, &binding, field),
        };
        self.mistakes.note(path, mistake);
        None
    }

    /// A secret that is not set, with what may have been meant. One that another var names is not
    /// proposed: whoever has it would get in here too, or a webhook would be sent it.
    fn not_set(&self, path: &str, binding: &str, field: &str) -> Mistake {
        let own = path.split('.').next().unwrap_or_default();
        let is_taken = |name: &str| {
            let quoted = format!("{name:?}");
            let mut others = self.bindings.iter().filter(|(var, _)| *var != own);
            others.any(|(_, var)| matches!(var, Binding::Json(json) if json.contains(&quoted)))
        };
        let texts = self.bindings.iter().filter(|(_, found)| matches!(found, Binding::Text(_)));
        // An operator's is only one that says so: a sender's that no var names yet is not proposed either.
        let may_be_own = |name: &str| own != ADMIN || name.starts_with(ADMIN);
        let free =
            texts.map(|(name, _)| &**name).filter(|name| may_be_own(name) && !is_taken(name));
        match nearest(binding, free) {
            None if own == ADMIN => {
                Mistake::OperatorSecretNotSet { example: format!("ADMIN_{}", field.to_uppercase()) }
            }
            nearest => Mistake::SecretNotSet { nearest: nearest.map(str::to_owned) },
        }
    }
}

/// Whether the name of a header may have this character (RFC 9110 section 5.6.2).
fn is_of_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}
