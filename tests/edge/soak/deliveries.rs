//! Delivers the events for the HTTP destination: the receiver consumes them while its bindings and
//! the shop keep failing.

use std::collections::{HashSet, VecDeque};
use std::mem;
use std::sync::{Arc, Mutex};

use edge::{Asked, Fault, Receiver, Reply, Shop, Sink};
use fastrand::Rng;

use crate::say;
use crate::scene::{CLAIMS, DEAD, DEAD_LETTERS, DELIVERIES, SERVED_AS, SERVED_PATH, SERVICE};

/// How many messages are delivered at a time, as in the shipped `wrangler.toml`.
const BATCH: usize = 6;

/// How often a queue delivers a message at most.
const MAX_ATTEMPTS: u32 = 101;

/// The bindings that may fail here.
const FRAGILE: [&str; 4] = [CLAIMS, DEAD_LETTERS, DEAD, SERVICE];

/// The texts of the events that arrived, or that are kept as dead letters.
#[derive(Debug, Default)]
pub(crate) struct Delivered {
    /// Those of the webhook.
    pub(crate) ordered: HashSet<String>,
    /// Those of the service.
    pub(crate) served: HashSet<String>,
}

impl Delivered {
    fn len(&self) -> usize {
        self.ordered.len() + self.served.len()
    }
}

/// Hands out all messages until none is left.
pub(crate) fn deliver(
    receiver: &Receiver,
    sink: &Sink,
    shop: &Shop,
    spool: &[String],
    (faults, seed): (f64, u32),
) -> Delivered {
    let delivered = Arc::new(Mutex::new(Delivered::default()));
    let rng = Mutex::new(Rng::with_seed(seed.into()));
    {
        let delivered = Arc::clone(&delivered);
        shop.answer(move |order| {
            let is_right = faults == 0.0 || rng.lock().unwrap().u8(..100) < 70;
            let chance = rng.lock().unwrap().u8(..100);
            if is_right {
                let mut delivered = delivered.lock().unwrap();
                let Delivered { ordered, served } = &mut *delivered;
                let texts = if order.path == SERVED_PATH { served } else { ordered };
                texts.insert(String::from_utf8(order.body.clone()).unwrap());
            }
            match chance {
                _ if is_right => Reply::status(204),
                0..50 => Reply::status(503),
                50..70 => Reply::hang_up(),
                70..85 => Reply::status(404),
                _ => Reply::status(410),
            }
        });
    }
    receiver.fail(&fragile(faults, seed));

    let mut waiting: VecDeque<(String, u32)> = VecDeque::new();
    let spooled = spool.iter().filter(|text| is_delivery(text)).cloned();
    waiting.extend(sink.take_messages(DELIVERIES).into_iter().chain(spooled).map(|text| (text, 1)));
    let (messages, mut calls) = (waiting.len(), 0);
    while !waiting.is_empty() {
        let batch: Vec<_> = waiting.drain(..BATCH.min(waiting.len())).collect();
        let texts: Vec<_> = batch.iter().map(|(text, attempts)| (&**text, *attempts)).collect();
        calls += batch.len();
        for ((text, attempts), asked) in batch.iter().zip(receiver.consume(&texts)) {
            if let Asked::Retry(_) = asked {
                assert!(*attempts < MAX_ATTEMPTS, "the queue gives it up: {text}");
                waiting.push_back((text.clone(), attempts + 1));
            }
        }
        // While `CLAIMS` fails, a new message waits in place of the one that was handed out.
        for queue in [DELIVERIES, DEAD_LETTERS] {
            waiting.extend(sink.take_messages(queue).into_iter().map(|text| (text, 1)));
        }
        drop(shop.take_orders());
    }
    receiver.fail(&[]);

    let mut delivered = mem::take(&mut *delivered.lock().unwrap());
    let at_the_shop = delivered.len();
    for (id, letter) in receiver.kv_of(DEAD) {
        let Some((_, text)) = letter.value.split_once('\n') else { continue };
        let is_served = id.split('/').next() == Some(SERVED_AS);
        let texts = if is_served { &mut delivered.served } else { &mut delivered.ordered };
        texts.insert(text.to_owned());
    }
    say(&format!(
        "of {messages} messages for the webhook and the service, handed out {calls} times, \
         {at_the_shop} events are at the shop, and {} more are dead and kept",
        delivered.len() - at_the_shop,
    ));
    delivered
}

/// Whether this message in the spool is for the HTTP destination.
pub(crate) fn is_delivery(message: &str) -> bool {
    message.starts_with(r#"{"subscription":"#)
}

fn fragile(faults: f64, seed: u32) -> Vec<Fault> {
    let both = |binding| {
        [
            Fault::fail(binding).probability(faults / 2.0, seed),
            Fault::lost(binding).probability(faults / 2.0, seed.wrapping_add(1)),
        ]
    };
    FRAGILE.into_iter().flat_map(both).collect()
}
