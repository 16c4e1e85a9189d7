//! What would happen to a request, and why. This forwards nothing, and does not ask the ledger.

mod explanation;

use std::slice;

use serde_json::value::RawValue;

pub use explanation::{
    DataSize, Explained, ExplainedEvent, ExplainedViolation, Explanation, Reason, SubscriptionMatch,
};

use elytra_events::http::{self, Headers, Mode};
use elytra_events::{CloudEvent, InvalidEvents, MAX_VIOLATIONS};

use crate::config::Config;
use crate::large::check_datarefs;
use crate::names::suggestion;
use crate::plan::{DoesNotFit, Plan};
use crate::subscription::Subscription;
use crate::trace::Trace;

/// The subscription with this name, or all of them.
///
/// # Errors
///
/// There is no such subscription. The text says so, and suggests the nearest name.
pub fn choose<'c>(name: Option<&str>, config: &'c Config) -> Result<Vec<&'c Subscription>, String> {
    let all = config.subscriptions.iter();
    let Some(name) = name else { return Ok(all.collect()) };
    let chosen: Vec<_> = all.filter(|subscription| subscription.name == name).collect();
    if chosen.is_empty() {
        let names = config.subscriptions.iter().map(|subscription| &*subscription.name);
        return Err(format!("unknown subscription {name:?}{}", suggestion(name, names)));
    }
    Ok(chosen)
}

/// Explains what these subscriptions would do with the events of a request.
///
/// # Errors
///
/// The batch has too many events.
pub fn explain(
    mode: Mode,
    headers: &impl Headers,
    body: &[u8],
    config: &Config,
    subscriptions: &[&Subscription],
    trace: &mut Trace<'_>,
) -> Result<Explanation, InvalidEvents> {
    let explainer = Explainer { config, subscriptions };
    let decoded = http::decode(mode, headers, body, config.receiver.max_batch_events)
        .and_then(|events| check_datarefs(&events, mode).map(|()| events))
        .inspect_err(|invalid| trace.invalid(invalid));
    match decoded {
        Ok(events) => {
            trace.events(&events, None);
            let valid = events.iter().map(|event| explainer.valid(event)).collect();
            Ok(Explanation::new(mode, valid, Vec::new()))
        }
        Err(too_many @ InvalidEvents::TooMany { .. }) => Err(too_many),
        Err(InvalidEvents::Invalid(invalid)) => {
            let elements = elements(mode, body).unwrap_or_default();
            let mut left = MAX_VIOLATIONS;
            let events = if elements.is_empty() {
                invalid.iter().map(|event| Explained::invalid(event, &mut left)).collect()
            } else {
                // Explain the valid events of the batch too.
                elements.iter().map(|json| explainer.element(json.get(), &mut left)).collect()
            };
            Ok(Explanation::new(mode, events, invalid))
        }
    }
}

/// The elements of a batch, if the body is one.
fn elements(mode: Mode, body: &[u8]) -> Option<Vec<&RawValue>> {
    if mode == Mode::Batch { serde_json::from_slice(body).ok() } else { None }
}

struct Explainer<'c> {
    config: &'c Config,
    subscriptions: &'c [&'c Subscription],
}

impl Explainer<'_> {
    /// Explains an element. `left` is how many violations may still be listed in the answer.
    fn element(&self, json: &str, left: &mut usize) -> Explained {
        match CloudEvent::from_json(json) {
            Ok(event) => match check_datarefs(slice::from_ref(&event), Mode::Structured) {
                Err(InvalidEvents::Invalid(invalid)) => invalid
                    .first()
                    .map_or_else(|| self.valid(&event), |one| Explained::invalid(one, left)),
                _ => self.valid(&event),
            },
            Err(invalid) => Explained::invalid(&invalid, left),
        }
    }

    fn valid(&self, event: &CloudEvent<'_>) -> Explained {
        let view = self.config.subscriptions.view(event);
        let plan = Plan::new(&self.config.subscriptions, slice::from_ref(event));
        let claims_ttl = self.config.stores.claims_expiration_ttl;
        let too_large = match plan.fit(Mode::Structured, claims_ttl, self.config.receiver.times) {
            Err(DoesNotFit::EventsTooLarge(too_large)) => too_large,
            Err(DoesNotFit::TooManyWrites(_)) | Ok(_) => Vec::new(),
        };
        let verdicts = self.subscriptions.iter().map(|subscription| {
            let mut verdict = SubscriptionMatch::new(&subscription.name, subscription.wants(&view));
            let too_large = too_large.iter().find(|event| event.subscription == subscription.name);
            verdict.too_large = too_large.map(ToString::to_string);
            verdict
        });
        Explained::Valid(Box::new(ExplainedEvent::new(event, verdicts.collect())))
    }
}
