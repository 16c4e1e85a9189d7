//! Looks up the secrets whose bindings the configuration names.

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

/// A field and the secret that it names. It is dropped once the configuration has been read.
pub(crate) struct SecretUse {
    /// The field.
    pub(crate) path: String,
    /// The binding that holds the secret.
    pub(crate) binding: String,
    /// The secret itself.
    pub(crate) secret: String,
}

/// The name of a secret's binding, and the secret.
pub(crate) type NamedSecret<'b> = (String, &'b str);

impl<'b> Secrets<'b, '_> {
    /// Looks up a secret that is sent verbatim in a header.
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

    /// Looks up the secret whose binding a field names.
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
                // User names may be shared.
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

    /// The mistake for a secret that is not set, with the most similar one. A secret that another var names
    /// is not suggested: its owner could then call this Worker too, or a webhook would receive it.
    fn not_set(&self, path: &str, binding: &str, field: &str) -> Mistake {
        let own = path.split('.').next().unwrap_or_default();
        let is_taken = |name: &str| {
            let quoted = format!("{name:?}");
            let mut others = self.bindings.iter().filter(|(var, _)| *var != own);
            others.any(|(_, var)| matches!(var, Binding::Json(json) if json.contains(&quoted)))
        };
        let texts = self.bindings.iter().filter(|(_, found)| matches!(found, Binding::Text(_)));
        // For an operator, only names that begin with ADMIN are suggested, because an unused secret may be
        // meant for a sender.
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
