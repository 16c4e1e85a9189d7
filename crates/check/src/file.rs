//! The file as TOML, with the position of everything in it.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::environment::Environment;
use crate::report::Findings;
use crate::{Scope, rules};

/// A value, and where it is in the text, in bytes.
pub(crate) type Value<'t> = Spanned<DeValue<'t>>;

/// Where something is in the text, in bytes.
pub(crate) type Span = Range<usize>;

/// A file that is TOML.
pub(crate) struct File<'t> {
    pub(crate) root: DeTable<'t>,
}

impl<'t> File<'t> {
    /// Parses the text. If it is not TOML, notes every place where it is not.
    pub(crate) fn parse(text: &'t str, findings: &mut Findings<'_>) -> Option<Self> {
        let (root, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let message = format!("not TOML: {}", error.message());
            let help = "Correct the line; https://toml.io shows how TOML is written.";
            findings.mistake(error.span().unwrap_or_default(), "", message, help);
        }
        errors.is_empty().then(|| Self { root: root.into_inner() })
    }

    /// The names in `[env.<name>]`, and their tables.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&str, &Value<'t>)> {
        let tables = self.root.get("env").and_then(|env| env.get_ref().as_table());
        tables.into_iter().flatten().map(|(name, table)| (&**name.get_ref(), table))
    }

    /// The environments to check.
    pub(crate) fn environments<'f>(
        &'f self,
        scope: Scope<'_>,
        findings: &mut Findings<'_>,
    ) -> Vec<Environment<'f>> {
        let top = Environment::top_level(&self.root);
        let named: Vec<_> = self
            .named()
            .filter_map(|(name, table)| {
                let own = table.get_ref().as_table()?;
                Some(Environment::named(name, table.span(), own, &self.root))
            })
            .collect();
        match scope {
            Scope::TopLevel => vec![top],
            Scope::All => {
                let has_vars = |environment: &Environment<'_>| environment.own("vars").is_some();
                let is_base = !has_vars(&top) && named.iter().any(has_vars);
                let top = (!is_base).then_some(top);
                top.into_iter().chain(named).collect()
            }
            Scope::Environment(name) => {
                let found: Vec<_> =
                    named.into_iter().filter(|other| other.name == Some(name)).collect();
                if found.is_empty() {
                    let nearest = rules::nearest(name, self.named().map(|(name, _)| name));
                    let message =
                        format!("there is no [env.{name}]{}", rules::did_you_mean(nearest));
                    let help = "Name an environment of the file, or add its table.";
                    findings.mistake(0..0, "env", message, help);
                }
                found
            }
        }
    }
}
