//! Consumes `DELIVERIES` and `DEAD_LETTERS`.

use futures_util::{StreamExt as _, stream};
use js_sys::{JSON, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use worker::worker_sys::{Message, MessageBatch};
use worker::{Env, console_error};

use super::bound::BoundEnv;
use super::executor::Means;
use super::{clock, config, write};
use crate::delivery::{Disposition, Received, consume, wait};
use crate::limits::MAX_CONNECTIONS;

/// Consumes a batch. Several messages are handled at a time, so that one slow message does not
/// block the others.
///
/// # Errors
///
/// The batch has no messages. This must be an error, because unsettled messages would count as
/// acknowledged.
pub(super) async fn consume_batch(
    batch: &MessageBatch,
    env: &Env,
    means: Means,
) -> Result<(), JsValue> {
    let queue = String::from(batch.queue()?);
    let messages = batch.messages()?;
    let messages = messages.iter().map(JsCast::unchecked_into);
    let config = config(env);
    let ledger = config.ok().and_then(|config| config.stores.ledger);
    let bound = BoundEnv::new(env, means, ledger);
    let Ok(config) = config else {
        console_error!(
            "{} messages are waiting because the configuration is broken",
            messages.len()
        );
        let later =
            async |message| settle(&message, wait(&received(&message, &queue), &bound).await);
        stream::iter(messages).for_each_concurrent(MAX_CONNECTIONS, later).await;
        return Ok(());
    };
    stream::iter(messages)
        .for_each_concurrent(MAX_CONNECTIONS, async |message| {
            let started = clock::now();
            let (disposition, mut line) =
                consume(&received(&message, &queue), config, &bound).await;
            settle(&message, disposition);
            line.took(clock::now().saturating_sub(started));
            write(line.level(), &line.to_json());
        })
        .await;
    Ok(())
}

/// The text of a message and how often it was delivered, which the `worker` crate does not expose.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "100 at most")]
fn received(message: &Message, queue: &str) -> Received {
    let attempts = Reflect::get(message, &JsValue::from_str("attempts"));
    let attempts = attempts.ok().and_then(|attempts| attempts.as_f64()).unwrap_or(1.0);
    // A body that is not text is not ours, and is stored as JSON.
    let text = message.body().ok().and_then(|body| {
        body.as_string().or_else(|| JSON::stringify(&body).ok().and_then(|json| json.as_string()))
    });
    Received { text, attempts: attempts as u32, queue: queue.to_owned() }
}

fn settle(message: &Message, disposition: Disposition) {
    let settled = match disposition {
        Disposition::Ack => message.ack(),
        Disposition::Retry { delay_seconds } => {
            let options = Object::new();
            let delay = JsValue::from(u32::try_from(delay_seconds).unwrap_or(u32::MAX));
            Reflect::set(&options, &JsValue::from_str("delaySeconds"), &delay)
                .and_then(|_| message.retry(options.into()))
        }
    };
    if let Err(error) = settled {
        console_error!("a message could be neither acknowledged nor retried: {error:?}");
    }
}
