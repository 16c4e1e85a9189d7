//! HTTP servers that are down for longer than Elytra would wait.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use edge::{Asked, Reply, Shop};

use super::{PATIENT, Stage, product, webhook};

const HOUR: u64 = 3_600;

/// A stage whose subscription `shop` calls a server.
fn stage(shop: &Shop) -> Stage {
    let vars = format!(
        r#"
        [vars.SUBSCRIPTION_SHOP.webhook]
        url = "{}"
        allow_insecure = true
        timeout_ms = 60_000
        "#,
        shop.url()
    );
    Stage::new(webhook(PATIENT).with_webhooks().with_vars(&vars))
}

/// An HTTP server is down for an hour, and its subscription has no `retry`
/// | 202, before the server is called
/// | it is retried until the server is back, and delivered once
#[test]
fn a_server_that_is_down_for_an_hour() {
    let shop = Shop::open();
    let stage = stage(&shop);
    // Seconds since the first attempt, as the receiver's clock shows them.
    let clock = Arc::new(AtomicU64::new(0));
    let seen_by_shop = Arc::clone(&clock);
    shop.answer(move |order| match seen_by_shop.load(Ordering::SeqCst) {
        HOUR.. => Reply::status(204),
        _ if order.before % 2 == 0 => Reply::status(503),
        _ => Reply::hang_up(),
    });

    let ids: Vec<_> = (0..50).map(|id| id.to_string()).collect();
    for id in &ids {
        stage.send(&product(id), 202, "accepted");
    }
    // The queue: when a message is due, and how often it has been delivered.
    let mut waiting: BTreeMap<u64, Vec<(String, u32)>> = BTreeMap::new();
    let messages = stage.sink.take_messages("DELIVERIES").into_iter();
    waiting.insert(0, messages.map(|message| (message, 1)).collect());
    while let Some((due, batch)) = waiting.pop_first() {
        let now = clock.swap(due, Ordering::SeqCst);
        stage.receiver.advance(due - now);
        let handed_out: Vec<_> =
            batch.iter().map(|(message, attempts)| (&**message, *attempts)).collect();
        let asked = stage.receiver.consume(&handed_out);
        for ((message, attempts), asked) in batch.into_iter().zip(asked) {
            if let Asked::Retry(seconds) = asked {
                waiting.entry(due + seconds).or_default().push((message, attempts + 1));
            }
        }
    }

    let orders = shop.orders_so_far();
    let failed = orders.iter().filter(|order| order.before < 11).count();
    assert_eq!(failed, 11 * ids.len(), "more than the five retries of Elytra");
    // An order is the last of its event if the server took it.
    let mut arrived = BTreeMap::new();
    for order in &orders {
        arrived.insert(order.id().to_owned(), (order.before, order.text().to_owned()));
    }
    assert_eq!(arrived.len(), ids.len());
    for (id, (before, text)) in &arrived {
        assert_eq!(*text, product(id), "byte for byte");
        // Attempts after 0, 1, 3, ..., 2,047 seconds fail, and the one after 4,095 does not.
        assert_eq!(*before, 12, "{id} is not sent again after it arrived");
    }
    assert!(stage.sink.take_messages("DEAD_LETTERS").is_empty());
    assert!(stage.receiver.kv_of("DEAD").is_empty());
}
