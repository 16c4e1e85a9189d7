//! Asks a running Worker on behalf of an operator: what came, what became of it, what was refused; sends events
//! again, and erases them; deals with those that could not be delivered.
//!
//! What is asked and how the answers read is in the crate `elytra-webhooks-operator`. Here are the arguments, and what
//! is asked in which order.

mod dead_letters;
mod erase;
mod find;
mod replay;
mod watch;

use clap::Args;
use elytra_webhooks_operator::EventFilter;

pub use dead_letters::{DeadLettersArguments, dead_letters};
pub use erase::{ErasureArguments, erase};
pub use find::{EventArguments, EventsArguments, RefusalsArguments, event, events, refusals};
pub use replay::{ReplayArguments, replay};

/// Which events are meant: the parameters of `GET /events`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct EventFlags {
    /// Those with this id
    #[arg(long)]
    id: Option<String>,
    /// Those with this source
    #[arg(long, value_name = "TEXT")]
    source: Option<String>,
    /// Those about this object, such as product/4711
    #[arg(long, value_name = "TYPE/ID")]
    object: Option<String>,
    /// Those with this type, such as com.elytra.product
    #[arg(long = "type", value_name = "TEXT")]
    type_: Option<String>,
    /// Those with this event type, such as product
    #[arg(long, alias = "event_type", value_name = "NAME")]
    event_type: Option<String>,
    /// Those with this operation, such as modify
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,
    /// Those that this subscription wants
    #[arg(long, value_name = "NAME")]
    subscription: Option<String>,
    /// `accepted`, `ignored`, `undelivered`, `under_way` or `duplicate`
    #[arg(long)]
    code: Option<String>,
    /// Those that this secret let in
    #[arg(long, value_name = "NAME")]
    credential: Option<String>,
    /// Those that came at this time or later: RFC 3339, or 90s, 15m, 1h, 7d ago
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Those that came before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

impl EventFlags {
    /// The filter, with fixed times. `now` is in milliseconds since 1970.
    fn filter(&self, now: u64) -> EventFilter {
        let filter = EventFilter {
            id: self.id.clone(),
            source: self.source.clone(),
            object: self.object.clone(),
            type_: self.type_.clone(),
            event_type: self.event_type.clone(),
            operation: self.operation.clone(),
            subscription: self.subscription.clone(),
            code: self.code.clone(),
            credential: self.credential.clone(),
            since: self.since.clone(),
            until: self.until.clone(),
        };
        filter.fixed_at(now)
    }
}
