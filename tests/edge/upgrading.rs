//! What an upgrade promises: this version goes on with what an earlier one has stored.
//!
//! `upgrading/<version>/` is what a Worker of that version left behind, after the scenes of [`record`]: its keys in
//! KV, the tables of its Durable Objects, and the messages in its queues. It was recorded from the real Worker and is
//! never changed. Each test puts it into the storage of today's Worker, sets the clock to the time of the recording,
//! and goes on from there.
//!
//! `RECORD=<version> cargo test --package edge -- upgrading::record` records this checkout as a version. Another one is
//! recorded with `CHECKOUT=<folder>`, where it was built, and where `tests/edge/worker` can dump the ledger.

mod deliveries;
mod journal;
mod later;
mod ledger;
mod letters;
mod record;
mod spool;
mod stored;

use edge::{Answer, Receiver, Settings, Shop, Sink, event};
use serde_json::Value;

use stored::Stored;

/// The versions whose storage is kept, the oldest first. The first of them had eight shards, kept the claims on events
/// on disk, and had no journal.
const VERSIONS: [&str; 2] = ["before-the-journal", LATEST];

/// The latest version that is kept.
const LATEST: &str = "0.1.0";

/// What operators present.
const ADMIN: &str = "Bearer admin-token";

/// Products go to the queue and to KV, documents to the mirror, texts to a service, and prices to a server.
const VARS: &str = r#"
    [vars.WEBHOOK]
    auth_type = "bearer"
    auth = { token = "TOKEN" }
    max_body_bytes = 4_000_000
    time_budget_ms = 10_000
    dedupe_window_seconds = 86_400

    [vars.ADMIN]
    auth_type = "bearer"
    auth = { token = "ADMIN_TOKEN" }

    [vars.SUBSCRIPTION_STREAM]
    event_types = ["product"]
    queue = "EVENTS_QUEUE"

    [vars.SUBSCRIPTION_ARCHIVE]
    event_types = ["product"]
    kv = { binding = "EVENTS_KV", expiration_ttl = 2_592_000 }

    [vars.SUBSCRIPTION_MIRROR]
    event_types = ["document"]
    kv = { binding = "MIRROR", key = "object" }

    [vars.SUBSCRIPTION_SHOP]
    event_types = ["product_text"]

    [vars.SUBSCRIPTION_SHOP.service]
    binding = "SHOP"
    retry = "elytra"
    timeout_ms = 60_000

    [vars.SUBSCRIPTION_SERVER]
    event_types = ["shortcut"]

    [vars.SUBSCRIPTION_SERVER.webhook]
    url = "https://shop.example.com/elytra"
    retry = "elytra"
"#;

const JOURNAL: &str = "
    [vars.JOURNAL]
    retention_days = 7
";

/// The settings that all versions share, whose queues lead to the sink, and whose service is the shop.
fn settings(shop: &Shop, sink: &Sink) -> Settings {
    let namespaces = ["SPOOL", "CLAIMS", "MIRROR"];
    let settings = Settings::new(VARS)
        .with_secret("TOKEN", "right-token")
        .with_secret("ADMIN_TOKEN", "admin-token")
        .with_ledger()
        .with_webhooks()
        .with_service(shop)
        .with_sink(sink);
    namespaces.into_iter().fold(settings, Settings::with_kv)
}

/// Today's receiver, which goes on with what an earlier version has stored.
struct Upgraded {
    version: &'static str,
    receiver: Receiver,
    sink: Sink,
    shop: Shop,
    stored: Stored,
}

impl Upgraded {
    /// It goes on with what this version has stored, but the replay that is running waits: it would send events beside
    /// those of the test.
    #[track_caller]
    fn from(version: &'static str) -> Self {
        let mut stored = Stored::read(version);
        if let Some(replays) = stored.ledger.get_mut("replays") {
            replays["alarm"] = Value::Null;
        }
        Self::with(version, stored)
    }

    /// It goes on with this, which is of a version.
    #[track_caller]
    fn with(version: &'static str, stored: Stored) -> Self {
        let (shop, sink) = (Shop::open(), Sink::start());
        let receiver = Receiver::start(&settings(&shop, &sink).with_vars(JOURNAL));
        stored.restore(&receiver);
        Self { version, receiver, sink, shop, stored }
    }

    /// From each version that is kept.
    fn from_each() -> impl Iterator<Item = Self> {
        VERSIONS.into_iter().map(Self::from)
    }

    /// Elytra sends an event. Checks the status and the code.
    #[track_caller]
    fn send(&self, event: &str, status: u16, code: &str) -> Answer {
        let answer = self.receiver.post(event).send();
        let version = self.version;
        assert_eq!((answer.status, &*answer.code()), (status, code), "{version}: {}", answer.body);
        answer
    }

    /// An operator asks. Checks the code.
    #[track_caller]
    fn ask(&self, method: &str, path: &str, body: &str, code: &str) -> Value {
        let answer = ask(&self.receiver, method, path, body);
        assert_eq!(answer.code(), code, "{}: {path}: {}", self.version, answer.body);
        answer.json()
    }

    /// The message of a queue that is about the event with this id, and how often it was delivered before.
    #[track_caller]
    fn message(&self, queue: &str, id: &str) -> (String, u32) {
        let is_it = |message: &&stored::Message| message.body.contains(&format!(r#""id":"{id}""#));
        let message = self.stored.queues[queue].iter().rfind(is_it).expect("it is in the queue");
        (message.body.clone(), message.attempts)
    }
}

/// Asks as an operator.
#[track_caller]
fn ask(receiver: &Receiver, method: &str, path: &str, body: &str) -> Answer {
    let call = receiver.post(body).method(method).path(path);
    call.header("authorization", ADMIN).header("content-type", "application/json").send()
}

/// Encodes a value for a query.
fn encode(value: &str) -> String {
    form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

/// An event for the queue and KV.
fn product(id: &str) -> String {
    event(id, "product")
}

/// An event for the service.
fn text(id: &str) -> String {
    event(id, "product_text")
}

/// An event with more data than a queue takes.
fn large(id: &str, event_type: &str) -> String {
    let pad = format!(r#""pad":"{}","objectId""#, "x".repeat(200_000));
    event(id, event_type).replace(r#""objectId""#, &pad)
}

/// A state of an object for the mirror. Its time is its id.
fn state(object: u32, time: &str, operation: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"{object} at {time}","source":"elytra-pim","type":"com.elytra.document","time":"{time}","eventtype":"document","operation":"{operation}","data":{{"objectId":{object},"objectType":"document"}}}}"#
    )
}
