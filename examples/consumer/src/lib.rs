//! A Worker that consumes the queue `elytra-webhooks` fills, and prints a line for each event.
//!
//! Start your own from it: what is to be done with an event goes where `describe` is called.

use std::borrow::Cow;

use elytra_events::CloudEvent;
use worker::{
    Context, Env, MessageBatch, MessageExt as _, Result, console_error, console_log, event,
};

/// The namespace in which the receiver stores events that are too large for a queue.
const CLAIMS: &str = "CLAIMS";

/// Prints every event of the batch and acknowledges it. What cannot be read is retried, until the
/// queue gives it up.
///
/// # Errors
///
/// None: an error here would panic, and end every batch in this isolate. Each message is
/// acknowledged or retried by itself instead.
#[event(queue)]
pub async fn queue(batch: MessageBatch<()>, env: Env, _context: Context) -> Result<()> {
    // Raw, since one message that is no event would make a typed batch fail as a whole.
    for message in batch.raw_iter() {
        match consume(message.body().as_string(), &env).await {
            Ok(line) => {
                console_log!("{line}");
                message.ack();
            }
            Err(why) => {
                console_error!("message {}: {why}", message.id());
                message.retry();
            }
        }
    }
    Ok(())
}

/// Does what is to be done with a message: here, it makes a line of it.
async fn consume(message: Option<String>, env: &Env) -> std::result::Result<String, String> {
    let message = message.ok_or("it is not text")?;
    let event = read(&message)?;
    let Some(dataref) = event.dataref() else { return Ok(describe(&event)) };
    let stored = env.kv(CLAIMS).map_err(|error| error.to_string())?.get(dataref.key).text().await;
    // A namespace may need a minute until it shows everywhere what was stored: try again then.
    let stored = stored.map_err(|error| error.to_string())?.ok_or("its data are not there yet")?;
    let whole = event.whole(&stored).map_err(|error| error.to_string())?;
    Ok(describe(&whole))
}

fn read(json: &str) -> std::result::Result<CloudEvent<'_>, String> {
    CloudEvent::from_json(json).map_err(|invalid| {
        let violations: Vec<_> = invalid.violations.iter().map(ToString::to_string).collect();
        violations.join("; ")
    })
}

/// One line about an event: its id, its type, what was done, and to which object.
fn describe(event: &CloudEvent<'_>) -> String {
    let operation = event.operation();
    let operation = operation.as_ref().map_or("no operation", |name| name.as_str());
    let object = event.object();
    let kind = object.type_.unwrap_or(Cow::Borrowed("object"));
    let id = object.id.map_or_else(|| "unknown".to_owned(), |id| id.to_string());
    format!("event {}: {}, {operation}, {kind} {id}", event.id(), event.type_())
}

#[cfg(test)]
mod tests {
    use elytra_events::CloudEvent;

    use super::describe;

    #[track_caller]
    fn described(rest: &str, expected: &str) {
        let json = format!(
            r#"{{"specversion":"1.0","id":"e1","source":"elytra-pim","type":"com.elytra.product"{rest}}}"#
        );
        let event = CloudEvent::from_json(&json).unwrap();
        assert_eq!(describe(&event), expected);
    }

    #[test]
    fn a_line_names_the_event_and_its_object() {
        described(
            r#","operation":"modify","data":{"objectId":4711,"objectType":"product"}"#,
            "event e1: com.elytra.product, modify, product 4711",
        );
    }

    #[test]
    fn an_event_without_data_has_a_line_too() {
        described("", "event e1: com.elytra.product, no operation, object unknown");
    }
}
