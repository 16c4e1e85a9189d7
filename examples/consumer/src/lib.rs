//! A Worker that consumes the queue that `elytra-webhooks` fills, and prints a line for each event.
//!
//! Start your own from it: put what you want to do with an event where `describe` is called.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use elytra_events::{CLAIMS, CloudEvent};
use worker::{
    Context, Env, MessageBatch, MessageExt as _, QueueRetryOptionsBuilder, Result, console_error,
    console_log, event,
};

/// The seconds after which what was written to KV is visible everywhere.
const KV_DELAY_SECONDS: u32 = 60;

/// Prints all events of the batch and acknowledges them. Messages that cannot be read are retried until the
/// queue gives up.
///
/// # Errors
///
/// None. An error here would panic, and end every batch in this isolate. Instead, each message is
/// acknowledged or retried on its own.
#[event(queue)]
pub async fn queue(batch: MessageBatch<()>, env: Env, _context: Context) -> Result<()> {
    // A typed batch would fail as a whole if one message is not an event.
    for message in batch.raw_iter() {
        match consume(message.body().as_string(), &env).await {
            Ok(line) => {
                console_log!("{line}");
                message.ack();
            }
            Err(why) => {
                console_error!("message {}: {why}", message.id());
                if why.is::<NotThereYet>() {
                    // Without a delay, the message would use up its retries too soon.
                    let options = QueueRetryOptionsBuilder::new();
                    let options = options.with_delay_seconds(KV_DELAY_SECONDS).build();
                    message.retry_with_options(&options);
                } else {
                    message.retry();
                }
            }
        }
    }
    Ok(())
}

/// Handles a message: here, it describes the event in a line.
async fn consume(
    message: Option<String>,
    env: &Env,
) -> std::result::Result<String, Box<dyn Error>> {
    let message = message.ok_or("it is not text")?;
    let event = CloudEvent::from_json(&message)?;
    let Some(dataref) = event.dataref() else { return Ok(describe(&event)) };
    let stored = env.kv(CLAIMS)?.get(dataref.key).text().await?;
    let stored = stored.ok_or(NotThereYet)?;
    Ok(describe(&event.whole(&stored)?))
}

/// The whole event is not visible in KV yet.
#[derive(Debug)]
struct NotThereYet;

impl fmt::Display for NotThereYet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the whole event is not in CLAIMS yet")
    }
}

impl Error for NotThereYet {}

/// One line about an event: its id, its type, and what happened to which object.
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
