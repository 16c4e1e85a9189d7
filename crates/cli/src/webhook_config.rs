//! Prints what to register in Elytra: its `WebhookConfig`.

#[cfg(test)]
mod tests;

use elytra_webhooks::destination::RetryPolicy;
use elytra_webhooks_check::{Presented, Sender};
use elytra_webhooks_operator::Base;
use serde_json::{Value, json};

use crate::sender::{Configured, Credentials};
use crate::terminal::{print, say};
use crate::{Error, Host, Result};

/// The path of the receiver.
pub(crate) const PATH: &str = "/webhook";

/// The arguments of `webhook-config`.
#[derive(Debug, clap::Args)]
pub struct WebhookConfigArguments {
    /// The URL of the deployed Worker
    #[arg(long)]
    url: String,
    /// Print the secrets themselves, instead of their names
    #[arg(long)]
    show_secrets: bool,
    /// Print it on one line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    configured: Configured,
}

/// Prints the `WebhookConfig`, so that Elytra sends what an active subscription wants, and nothing else.
///
/// # Errors
/// The URL is not one, the configuration cannot be read or has mistakes, or a secret that is asked for is not known.
pub fn webhook_config(host: &impl Host, arguments: &WebhookConfigArguments) -> Result<()> {
    let WebhookConfigArguments { url, show_secrets, json, configured } = arguments;
    let (base, url) = receiver(url)?;
    let sender = configured.sender(host)?;
    // Whoever replaces a secret gives the new one to Elytra, which is listed last.
    let newest = sender.credentials.last();
    let credentials = match newest {
        Some(newest) if *show_secrets => {
            configured.credentials(host, &base, std::slice::from_ref(newest))?
        }
        _ => None,
    };
    let webhook = webhook(&sender, &url, newest, credentials.as_ref());
    print(host, &if *json { format!("{webhook}\n") } else { format!("{webhook:#}\n") })?;
    if !sender.is_wanted {
        say(host, "no subscription is active, so neither is the webhook");
    } else if newest.is_some() && !show_secrets {
        say(
            host,
            "in place of each secret is its name in < and >: --show-secrets prints the secret itself",
        );
    }
    Ok(())
}

/// The URL of the Worker, and that of its receiver.
pub(crate) fn receiver(url: &str) -> Result<(Base, String)> {
    let base = url.trim_end_matches('/');
    let base = base.strip_suffix(PATH).unwrap_or(base);
    let base = Base::parse(base).map_err(|error| Error::usage(format!("--url: {error}")))?;
    let url = format!("{base}{PATH}");
    Ok((base, url))
}

/// The fields of Elytra's model.
fn webhook(
    sender: &Sender,
    url: &str,
    presented: Option<&Presented>,
    credentials: Option<&Credentials>,
) -> Value {
    let named = |name: &String| format!("<{name}>");
    let named = presented.map(|presented| match presented {
        Presented::Bearer { token } => Credentials::Bearer { token: named(token) },
        Presented::Basic { username, password } => {
            Credentials::Basic { username: named(username), password: named(password) }
        }
        Presented::ApiKey { api_key, header_name } => {
            Credentials::ApiKey { api_key: named(api_key), header_name: header_name.clone() }
        }
    });
    let (auth_type, auth) = match credentials.or(named.as_ref()) {
        None => ("none", Value::Null),
        Some(Credentials::Bearer { token }) => ("bearer", json!({ "token": token })),
        Some(Credentials::Basic { username, password }) => {
            ("basic", json!({ "username": username, "password": password }))
        }
        Some(Credentials::ApiKey { api_key, header_name }) => {
            ("apikey", json!({ "api_key": api_key, "header_name": header_name }))
        }
    };
    // Elytra's default, unless the receiver takes another method only.
    let method = sender.methods.iter().find(|method| **method == "POST").or(sender.methods.first());
    let method = method.map_or_else(|| "post".to_owned(), |method| method.to_ascii_lowercase());
    let RetryPolicy { max_retries, initial_delay, backoff_multiplier, max_delay } =
        RetryPolicy::ELYTRA;
    json!({
        "url": url,
        "method": method,
        "auth_type": auth_type,
        "auth": auth,
        "event_types": sender.event_types,
        "operations": sender.operations,
        "retry": {
            "max_retries": max_retries,
            "initial_delay": initial_delay,
            "backoff_multiplier": backoff_multiplier,
            "max_delay": max_delay,
        },
        "active": sender.is_wanted,
    })
}
