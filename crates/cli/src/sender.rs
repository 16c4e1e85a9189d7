//! The credentials of a sender: the configuration names the secrets, and a file or the environment has them.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use elytra_webhooks_check::{Presented, Sender, sender};
use elytra_webhooks_operator::Base;

use crate::dotenv::dotenv;
use crate::{Error, Host, Result};

/// Which receiver is meant, and where its secrets are.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Configured {
    /// The configuration; if not given, the `wrangler.toml` of the project
    #[arg(long, short, value_name = "FILE")]
    pub config: Option<String>,
    /// The environment of the configuration; if not given, its top level
    #[arg(long, short, value_name = "NAME")]
    pub env: Option<String>,
    /// The secrets; if not given, `.dev.vars`, or `.production.vars` if deployed
    #[arg(long, value_name = "FILE")]
    pub secrets_file: Option<String>,
}

/// A value of a secret, for each of the names of [`Presented`].
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credentials {
    Bearer { token: String },
    Basic { username: String, password: String },
    ApiKey { api_key: String, header_name: String },
}

impl Configured {
    /// What the configuration says of senders.
    ///
    /// # Errors
    /// It cannot be read, or has mistakes.
    pub(crate) fn sender(&self, host: &impl Host) -> Result<Sender> {
        let path = self.config(host);
        let text = host.read(&path).map_err(|cause| Error::file("read", &path, &cause))?;
        sender(&String::from_utf8_lossy(&text), self.env.as_deref())
            .map_err(|report| Error::mistakes(&report, &path))
    }

    fn config(&self, host: &impl Host) -> String {
        self.config.clone().unwrap_or_else(|| host.default_config())
    }

    /// The first of these credentials whose secrets are all known. `None` if none are needed.
    ///
    /// # Errors
    /// No secrets are known, or a file that was named cannot be read.
    pub(crate) fn credentials(
        &self,
        host: &impl Host,
        base: &Base,
        presented: &[Presented],
    ) -> Result<Option<Credentials>> {
        let Some(first) = presented.first() else { return Ok(None) };
        let file = self.secrets_file(host, base);
        let secrets = self.secrets(host, &file)?;
        let value = |name: &String| {
            let set = host.variable(name).filter(|value| !value.is_empty());
            set.or_else(|| secrets.get(name).cloned())
        };
        let known = |presented: &Presented| {
            Some(match presented {
                Presented::Bearer { token } => Credentials::Bearer { token: value(token)? },
                Presented::Basic { username, password } => {
                    Credentials::Basic { username: value(username)?, password: value(password)? }
                }
                Presented::ApiKey { api_key, header_name } => Credentials::ApiKey {
                    api_key: value(api_key)?,
                    header_name: header_name.clone(),
                },
            })
        };
        if let Some(found) = presented.iter().find_map(known) {
            if found.is_sent_as_it_is() {
                return Ok(Some(found));
            }
            let names = first.names().join(" or ");
            return Err(Error::usage(format!(
                "{names} has characters that a header cannot have, such as a line break: look at {file}"
            )));
        }
        let names = first.names();
        let (it, is) = if names.len() == 1 { ("it", "is") } else { ("them", "are") };
        let names = names.join(" and ");
        Err(Error::usage(format!(
            "{names} {is} neither in {file} nor in the environment: write {it} there, name another file with \
             --secrets-file, or set the variables"
        )))
    }

    /// The file with the secrets, beside the configuration.
    fn secrets_file(&self, host: &impl Host, base: &Base) -> String {
        if let Some(file) = &self.secrets_file {
            return file.clone();
        }
        let name = match (base.is_loopback(), &self.env) {
            (true, None) => ".dev.vars".to_owned(),
            // As wrangler finds it.
            (true, Some(env)) => {
                let own = beside(&self.config(host), &format!(".dev.vars.{env}"));
                if host.is_file(&own) {
                    return own;
                }
                ".dev.vars".to_owned()
            }
            (false, env) => format!(".{}.vars", env.as_deref().unwrap_or("production")),
        };
        beside(&self.config(host), &name)
    }

    fn secrets(&self, host: &impl Host, file: &str) -> Result<BTreeMap<String, String>> {
        let text = match host.read(file) {
            Ok(text) => text,
            Err(_) if self.secrets_file.is_none() => return Ok(BTreeMap::new()),
            Err(cause) => return Err(Error::file("read", file, &cause)),
        };
        Ok(dotenv(&String::from_utf8_lossy(&text)))
    }
}

fn beside(config: &str, name: &str) -> String {
    let folder = Path::new(config).parent().unwrap_or_else(|| Path::new(""));
    folder.join(name).to_string_lossy().into_owned()
}

impl Credentials {
    /// Whether a header can have them as they are.
    fn is_sent_as_it_is(&self) -> bool {
        let is_visible = |text: &str| {
            text.chars().all(|c| matches!(c, ' '..='~')) && text.trim() == text && !text.is_empty()
        };
        match self {
            Self::Bearer { token } => is_visible(token),
            Self::Basic { .. } => true,
            Self::ApiKey { api_key, .. } => is_visible(api_key),
        }
    }

    /// The header that presents them.
    pub(crate) fn header(&self) -> (String, String) {
        let authorization = |value| ("authorization".to_owned(), value);
        match self {
            Self::Bearer { token } => authorization(format!("Bearer {token}")),
            Self::Basic { username, password } => {
                let encoded = BASE64_STANDARD.encode(format!("{username}:{password}"));
                authorization(format!("Basic {encoded}"))
            }
            Self::ApiKey { api_key, header_name } => {
                (header_name.to_ascii_lowercase(), api_key.clone())
            }
        }
    }
}
