//! With the local queue and its retries: servers that are down for a while, next to others.

use std::collections::BTreeMap;
use std::thread;

use edge::{Asked, Receiver, Reply, Shop, Sink, wait_until};

use super::{PATIENT, Stage, product, send_batch, settings, subscription, timeout};

/// Delays of a second.
const SHORT: &str = "retry = { max_retries = 90, initial_delay = 100, max_delay = 1_000 }";

#[test]
fn down_for_a_while() {
    let shop = Shop::open();
    let vars = subscription("SHOP", &shop, &(timeout(PATIENT) + SHORT));
    let receiver = Receiver::start(&settings().with_vars(&vars));
    let address = shop.address();
    drop(shop);

    // At first there is no server.
    let ids: Vec<_> = (0..20).map(|n| n.to_string()).collect();
    send_batch(&receiver, &ids.iter().map(|id| &**id).collect::<Vec<_>>());
    wait_until("each event was tried", || {
        let log = receiver.log(0);
        let is_tried =
            |id: &String| log.iter().any(|line| line["id"] == *id && line["outcome"] == "retried");
        ids.iter().all(is_tried).then_some(())
    });
    // Then it is overloaded, then its connections break, and then it works.
    let shop = Shop::open_at(address);
    shop.answer(|order| match order.before {
        0 => Reply::status(503),
        1 => Reply::hang_up(),
        _ => Reply::status(204),
    });
    let _ = shop.orders(3 * ids.len());
    wait_until("each event is delivered", || {
        let log = receiver.log(0);
        let delivered = log.iter().filter(|line| line["outcome"] == "delivered");
        (delivered.count() == ids.len()).then_some(())
    });
    // After that, nothing is left.
    assert_eq!(receiver.post(product("last")).send().status, 202);
    let orders = shop.orders(3 * ids.len() + 3);
    let mut times = BTreeMap::new();
    for order in &orders {
        assert_eq!(order.text(), product(order.id()));
        *times.entry(order.id().to_owned()).or_insert(0) += 1;
    }
    let expected = ids.into_iter().chain(["last".to_owned()]).map(|id| (id, 3));
    assert_eq!(times, expected.collect());
    assert!(receiver.kv_of("DEAD").is_empty());
}

#[test]
fn a_dead_one_beside_a_healthy_one() {
    let (shop, dead, sink) = (Shop::open(), Shop::open(), Sink::start());
    let vars = [
        subscription("DEAD", &dead, &timeout(PATIENT)),
        subscription("HEALTHY", &shop, &timeout(PATIENT)),
    ];
    let receiver = Receiver::start(&settings().with_vars(&vars.concat()).with_sink(&sink));
    let stage = Stage { receiver, sink, shop };
    dead.answer(|_| Reply::status(503).held());
    let messages = stage.send_all(&["1", "2", "3", "4", "5"]);
    let (dead_ones, healthy): (Vec<_>, Vec<_>) =
        messages.into_iter().partition(|message| message.contains(r#""subscription":"dead""#));
    assert_eq!((dead_ones.len(), healthy.len()), (5, 5));

    // As many as the Worker gets at a time, and those of the dead server come first.
    for dead_count in [5, 3, 1] {
        let batch = [&dead_ones[..dead_count], &healthy[..6 - dead_count]].concat();
        thread::scope(|scope| {
            let asked = scope.spawn(|| stage.consume(&batch));
            // All events of the healthy server arrive while every call to the dead one hangs.
            let _ = stage.shop.orders(6 - dead_count);
            let _ = dead.orders(dead_count);
            wait_until("the healthy one's messages are settled", || {
                let log = stage.receiver.log(0);
                let delivered = log.iter().filter(|line| line["outcome"] == "delivered").count();
                (delivered >= 6 - dead_count).then_some(())
            });
            assert!(!asked.is_finished());
            dead.release();
            let asked = asked.join().unwrap();
            assert_eq!(asked[..dead_count], vec![Asked::Retry(1); dead_count]);
            assert_eq!(asked[dead_count..], vec![Asked::Ack; 6 - dead_count]);
        });
        dead.hold();
        let _ = (dead.take_orders(), stage.shop.take_orders());
    }
}

/// If the handler returns without an error, unsettled messages count as acknowledged.
#[test]
fn a_batch_that_cannot_be_read_is_handed_out_again() {
    let stage = Stage::with(settings(), "");
    assert!(!stage.receiver.acknowledges_unreadable());
}
