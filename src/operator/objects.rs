//! Resets objects that subscriptions with `key = "object"` mirror.

use super::answer::Reset;
use super::error::OperatorError;
use super::query::OperatorQuery;
use crate::config::Config;
use crate::destination::ObjectDestination;
use crate::names::suggestion;
use crate::platform::{CALL_MS, Platform, within};
use crate::subscription::Subscription;

/// Resets an object, for one subscription or for all that mirror objects.
///
/// # Errors
///
/// There is no such subscription, no object is named, the object is being written, or the ledger
/// failed. What was already reset stays reset.
pub async fn reset(
    query: &OperatorQuery,
    config: &Config,
    platform: &impl Platform,
) -> Result<Reset, OperatorError> {
    let object = query.object.as_deref().unwrap_or_default();
    let named = object.split_once('/').filter(|(type_, id)| !type_.is_empty() && !id.is_empty());
    let Some((object_type, object_id)) = named else {
        let expected = "object: expected <objectType>/<objectId>, such as product/4711";
        return Err(OperatorError::BadQuery(expected.to_owned()));
    };
    let mirrors = || config.subscriptions.iter().filter_map(mirror);
    let is_asked_for = |name: &str| query.subscription.as_ref().is_none_or(|asked| asked == name);
    let chosen: Vec<_> = mirrors().filter(|(name, _)| is_asked_for(name)).collect();
    if let Some(subscription) = query.subscription.as_deref().filter(|_| chosen.is_empty()) {
        let nearest = suggestion(subscription, mirrors().map(|(name, _)| name));
        return Err(OperatorError::BadQuery(format!(
            "no subscription {subscription:?} has key = \"object\"{nearest}"
        )));
    }
    let mut subscriptions = Vec::with_capacity(chosen.len());
    for (name, mirror) in chosen {
        let reset = mirror.reset(name, object_type, object_id, platform);
        let reset = within(platform, CALL_MS, reset).await;
        if !reset.map_err(OperatorError::LedgerFailed)? {
            return Err(OperatorError::ObjectUnderWay);
        }
        subscriptions.push(name.to_owned());
    }
    Ok(Reset { object: object.to_owned(), subscriptions })
}

/// Whether any subscription mirrors objects.
#[must_use]
pub fn has_mirrors(config: &Config) -> bool {
    config.subscriptions.iter().any(|subscription| mirror(subscription).is_some())
}

/// The name of a subscription that mirrors objects, and its destination.
fn mirror(subscription: &Subscription) -> Option<(&str, &ObjectDestination)> {
    Some((&subscription.name, subscription.destination.mirror()?))
}
