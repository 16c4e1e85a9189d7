//! What to do about a configuration error that the Worker finds.

use elytra_events::{Known as _, Operation};
use elytra_webhooks::config::{BindingKind, ConfigError, Mistake};

use crate::environment::{Environment, texts};

/// What to do about it, in one or two sentences.
pub(crate) fn of(error: &ConfigError, environment: &Environment<'_>) -> String {
    if let Some(remedy) = not_inherited(error, environment) {
        return remedy;
    }
    let field = error.path.rsplit('.').next().unwrap_or_default();
    let text = match &error.mistake {
        Mistake::Missing => "Add it.",
        Mistake::NotATable => match field {
            "kv" | "r2" => "Write it as a table, such as { binding = \"EVENTS\" }.",
            "webhook" => "Write it as a table, such as { url = \"https://shop.example.com\" }.",
            "auth" => "Write it as a table, such as { token = \"ELYTRA_TOKEN\" }.",
            _ => "Write it as a table.",
        },
        Mistake::TooLarge { .. } => "Move part of it to a second subscription.",
        Mistake::UnknownVar { .. } => {
            "Rename it. The Worker reads WEBHOOK, ADMIN, JOURNAL and SUBSCRIPTION_<NAME>, and no other table."
        }
        Mistake::UnknownField { .. }
            if OF_SUBSCRIPTION.contains(&field) && error.path.matches('.').count() > 1 =>
        {
            "Move it to the table of the subscription itself."
        }
        Mistake::UnknownField { .. } => {
            "Rename or remove it. docs/configuration.md has all fields."
        }
        Mistake::OutOfRange { .. } => unit(field),
        Mistake::WrongType { .. }
        | Mistake::NotBetween { .. }
        | Mistake::BadUrl
        | Mistake::BadPath
        | Mistake::BadTeamDomain
        | Mistake::BadHeaderName(_) => "Change the value.",
        Mistake::UnknownName { .. } if error.path.contains(".operations[") => {
            let names = Operation::ALL.iter().map(|one| one.as_str());
            return format!("Correct the name: one of {}.", names.collect::<Vec<_>>().join(", "));
        }
        Mistake::UnknownName { .. } => "Correct the name. docs/configuration.md has all names.",
        Mistake::UnknownRetryPolicy { .. } => {
            "Write retry = \"elytra\", a table, or no retry at all, which retries for about a day."
        }
        Mistake::WithoutBodies => "Remove it, or keep the texts with bodies = true.",
        Mistake::LongerThanTheEvent { .. } => "Lower it, or raise retention_days.",
        Mistake::NoMethods => "Add a method, or remove the field.",
        Mistake::AuthWithNone => "Remove it, or choose another auth_type.",
        Mistake::AuthWithoutType => "Add auth_type.",
        Mistake::NoCredentials => "Add a credential, such as { token = \"ELYTRA_TOKEN\" }.",
        Mistake::ColonInUsername(_) => "Choose a user name without a colon.",
        Mistake::SecretNotSet { .. } | Mistake::OperatorSecretNotSet { .. } => {
            "Name a secret, and put it with `npx wrangler secret put <NAME>`."
        }
        Mistake::SecretEmpty { .. }
        | Mistake::SecretNotSendable { .. }
        | Mistake::SecretNotAscii { .. } => {
            "Put another secret with `npx wrangler secret put <NAME>`."
        }
        Mistake::NoSubscriptions => "Add a table such as [vars.SUBSCRIPTION_SHOP].",
        Mistake::BadSubscriptionName => "Rename the table.",
        Mistake::SameSubscriptionName { .. } => "Rename one of the two tables.",
        Mistake::NoDestination(_) => "Add one of these fields.",
        Mistake::SeveralDestinations(_) => {
            "Keep one of them, and write a second subscription for the other."
        }
        Mistake::OnlyWithObjectKeys => "Remove it, or add key = \"object\".",
        Mistake::ReservedBinding(_) => "Bind a queue or a namespace of your own, and name that.",
        Mistake::InsecureUrl => "Write https, or allow_insecure = true if this is a test.",
        Mistake::CredentialsInUrl => {
            "Remove them from the URL, and use auth_type and auth. Replace the password: it was in a file."
        }
        Mistake::FragmentInUrl => "Remove # and what follows it.",
        Mistake::NotForService(_) => "Remove it, or use webhook instead of service.",
        Mistake::TakenHeader(_) => "Choose another header.",
        Mistake::AdminWithNone => "Choose \"basic\", \"bearer\", \"apikey\" or \"access\".",
        Mistake::OnlyForAdmin => "Choose \"none\", \"basic\", \"bearer\" or \"apikey\".",
        Mistake::Danger(_) => "Change one of the two values.",
        Mistake::Filter(_) => "Correct the filter. docs/filters.md shows how they are written.",
        Mistake::NoBinding { .. } => "Correct the name, or add the binding to this file.",
        Mistake::WrongBinding { .. } => "Name another binding, or correct its kind in this file.",
    };
    text.to_owned()
}

/// The fields of a subscription that its destination does not have.
const OF_SUBSCRIPTION: [&str; 4] = ["active", "event_types", "operations", "filters"];

/// What to do about a number that is out of its range.
fn unit(field: &str) -> &'static str {
    match field {
        _ if field.ends_with("_ms") || field.ends_with("_delay") => {
            "Change the value, in milliseconds."
        }
        _ if field.ends_with("_seconds") || field.ends_with("_ttl") => {
            "Change the value, in seconds."
        }
        _ if field.ends_with("_days") => "Change the value, in days.",
        _ if field.ends_with("_bytes") => "Change the value, in bytes.",
        _ => "Change the value.",
    }
}

/// What the top level has, but this environment does not inherit.
fn not_inherited(error: &ConfigError, environment: &Environment<'_>) -> Option<String> {
    let name = environment.name?;
    let section = match &error.mistake {
        Mistake::Missing if !error.path.contains('.') => "vars",
        Mistake::NoSubscriptions => "vars",
        Mistake::NoBinding { binding, kind, .. } => {
            let section = section_of(*kind);
            let mut named = Vec::new();
            texts(environment.of_top(section)?, &mut named);
            named.contains(&&**binding).then_some(section)?
        }
        _ => return None,
    };
    environment.of_top(section)?;
    Some(format!(
        "Environments do not inherit {section}: repeat what [env.{name}] needs as [env.{name}.{section}]."
    ))
}

/// Where bindings of this kind are declared.
fn section_of(kind: BindingKind) -> &'static str {
    match kind {
        BindingKind::Queue => "queues",
        BindingKind::Kv => "kv_namespaces",
        BindingKind::R2 => "r2_buckets",
        BindingKind::RateLimit => "ratelimits",
        BindingKind::DurableObject => "durable_objects",
        BindingKind::Service => "services",
    }
}
