//! The secrets that fields name by their bindings.

use super::ADMIN;
use super::bindings::{Binding, Bindings};
use super::error::Mistake;
use super::table::{Mistakes, Table};
use crate::names::nearest;

/// Looks up the secrets that the fields of a credential name.
pub(crate) struct Secrets<'b, 'm> {
    pub(crate) bindings: &'b Bindings,
    pub(crate) mistakes: &'m mut Mistakes,
}

/// A secret that a field names. It is kept for as long as the configuration is read.
pub(crate) struct SecretUse {
    /// The field.
    pub(crate) path: String,
    /// The binding that holds the secret.
    pub(crate) binding: String,
    /// The secret itself.
    pub(crate) secret: String,
}

/// A secret, behind the name of its binding.
pub(crate) type NamedSecret<'b> = (String, &'b str);

impl<'b> Secrets<'b, '_> {
    /// A secret that comes in a header as it is.
    pub(crate) fn header_secret(
        &mut self,
        table: &mut Table,
        field: &'static str,
    ) -> Option<NamedSecret<'b>> {
        let (binding, secret) = self.secret(table, field)?;
        if secret.trim() != secret || secret.chars().any(char::is_control) {
            self.mistakes.note(table.path_of(field), Mistake::SecretNotSendable { binding });
            return None;
        }
        Some((binding, secret))
    }

    /// The binding a field names, and the secret it holds.
    pub(crate) fn secret(
        &mut self,
        table: &mut Table,
        field: &'static str,
    ) -> Option<NamedSecret<'b>> {
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
