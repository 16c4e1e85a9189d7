//! How long it takes to deliver to a healthy HTTP server, alone and while deliveries to another one go on
//! that is healthy too, never answers, or is not there.
//!
//! There is no queue: a driver in the same workerd hands over batches of one message each.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Value, json};

use crate::event::{event, id};
use crate::lab::{Lab, Sink, get};
use crate::load::{Body, Load};
use crate::process::{Process, free_address};
use crate::receiver::with_webhooks;
use crate::silence::Silence;
use crate::statistics::Spread;
use crate::table::{Table, cell, spread};
use crate::workerd::{Binding, EXTRA_HANDLERS, Worker, Workerd};
use crate::{Arguments, say};
use elytra_webhooks::message::DeliveryMessage;

/// What this part is called.
pub(crate) const NAME: &str = "deliveries";

/// How long a server may take.
const TIMEOUT_MS: u64 = 1_000;

/// How many deliveries to the other server are under way, and how many begin in a second: with that many,
/// each that is never answered is followed by the next.
const OTHERS: usize = 64;

/// How many deliveries to the healthy server are under way.
const CONNECTIONS: usize = 4;

/// The other server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Other {
    None,
    Healthy,
    Silent,
    Refusing,
}

const OTHER_SERVERS: [Other; 4] = [Other::None, Other::Healthy, Other::Silent, Other::Refusing];

/// The latencies of the healthy server, round by round.
#[derive(Debug, Serialize)]
pub(crate) struct Latencies {
    beside: Other,
    deliveries: usize,
    p50_ms: Vec<f64>,
    p99_ms: Vec<f64>,
}

/// What is there in all rounds.
struct Scene<'a> {
    lab: &'a Lab,
    workerd: Process,
    silent: Silence,
    /// The servers that answer, to be kept running.
    _servers: [Sink; 3],
}

/// Measures the latencies, round by round.
pub(crate) fn deliveries(lab: &Lab, arguments: &Arguments, upload: &Worker) -> Vec<Latencies> {
    if !arguments.has(NAME) {
        return Vec::new();
    }
    say(NAME);
    let scene = Scene::set(lab, upload);
    let deliveries = scene.calibrate(arguments.seconds);
    let mut latencies: Vec<_> = OTHER_SERVERS
        .into_iter()
        .map(|beside| Latencies { beside, deliveries, p50_ms: Vec::new(), p99_ms: Vec::new() })
        .collect();
    for _ in 0..arguments.rounds {
        for latencies in &mut latencies {
            let (p50, p99) = scene.deliver_beside(latencies.beside, deliveries);
            latencies.p50_ms.push(p50);
            latencies.p99_ms.push(p99);
        }
    }
    latencies
}

impl<'a> Scene<'a> {
    fn set(lab: &'a Lab, upload: &Worker) -> Self {
        let servers = ["queues", "healthy", "other"].map(|name| Sink::start(lab, name));
        let [queues, healthy, other] = &servers;
        let silent = Silence::start();
        let webhook = |address: SocketAddr| -> Value {
            json!({
                "url": format!("http://{address}/"),
                "allow_insecure": true,
                "timeout_ms": TIMEOUT_MS,
            })
        };
        let receiver = with_webhooks(
            upload,
            &[
                ("SHOP", webhook(healthy.address())),
                ("HEALTHY", webhook(other.address())),
                ("SILENT", webhook(silent.address())),
                ("REFUSING", webhook(free_address())),
            ],
        );
        let mut driver = lab.helper("driver.js", include_str!("workers/driver.js"));
        let binding = Binding::Service("receiver".to_owned());
        driver.bindings.push(("RECEIVER".to_owned(), binding));
        driver.compatibility_flags.push(EXTRA_HANDLERS.to_owned());
        let workerd = Workerd::new(driver, Some(queues.address())).with("receiver", receiver);
        let workerd = lab.start_workerd("deliveries", &workerd);
        Self { lab, workerd, silent, _servers: servers }
    }

    /// How many deliveries take about this long; the first ones warm everything up.
    fn calibrate(&self, seconds: f64) -> usize {
        let body = self.message("shop");
        let mut deliveries = 100;
        loop {
            let taken = self.load(&body, CONNECTIONS).send(deliveries).seconds;
            if taken >= seconds / 4.0 {
                return ((deliveries as f64 * seconds / taken) as usize).max(100);
            }
            deliveries *= 2;
        }
    }

    /// The latencies of so many deliveries to the healthy server, beside others.
    #[track_caller]
    fn deliver_beside(&self, other: Other, deliveries: usize) -> (f64, f64) {
        let body = other.subscription().map(|subscription| self.message(subscription));
        let mut others = body.as_ref().map(|body| {
            let others = self.load(body, OTHERS).keep_sending(OTHERS);
            self.wait_until_under_way(other);
            others
        });
        let before = self.batches();
        let body = self.message("shop");
        let answers = self.load(&body, CONNECTIONS).send(deliveries);
        let told = &answers.statuses;
        assert_eq!(
            told.get(&200),
            Some(&deliveries),
            "each is delivered beside {other:?}: {told:?}"
        );
        if let Some(others) = &mut others {
            assert!(others.goes_on(), "the deliveries to {other:?} went on to the end");
        }
        other.check(&before, &self.batches());
        drop(others);
        self.wait_until_idle();
        (answers.p50_ms, answers.p99_ms)
    }

    fn message(&self, subscription: &str) -> Body {
        let message = DeliveryMessage {
            subscription: subscription.into(),
            accepted_at: 0,
            ..DeliveryMessage::default()
        };
        let text = message.print(&event(&id(0), 1_000, true));
        Body::File(self.lab.write(&format!("{subscription}.message"), &text))
    }

    fn load<'b>(&'b self, body: &'b Body, connections: usize) -> Load<'b> {
        self.lab.load(self.workerd.address(), &[], body, connections)
    }

    /// What became of all batches so far.
    fn batches(&self) -> Value {
        serde_json::from_str(&get(self.workerd.address(), "/")).unwrap()
    }

    /// Waits until the other server has as many deliveries as it gets.
    #[track_caller]
    fn wait_until_under_way(&self, other: Other) {
        let before = self.batches();
        wait_until(|| match other {
            Other::Silent => self.silent.open() >= OTHERS / 2,
            Other::None | Other::Healthy | Other::Refusing => {
                other.batches_since(&before, &self.batches()) > 0
            }
        });
    }

    /// Waits until nothing hangs any more.
    #[track_caller]
    fn wait_until_idle(&self) {
        wait_until(|| self.silent.open() == 0);
    }
}

impl Other {
    fn subscription(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Healthy => Some("healthy"),
            Self::Silent => Some("silent"),
            Self::Refusing => Some("refusing"),
        }
    }

    /// What becomes of its batches.
    fn fate(self) -> &'static str {
        if matches!(self, Self::None | Self::Healthy) { "acknowledged" } else { "retried" }
    }

    fn batches_since(self, before: &Value, after: &Value) -> u64 {
        let count = |batches: &Value, fate: &str| batches[fate].as_u64().unwrap();
        count(after, self.fate()) - count(before, self.fate())
    }

    /// Every message was settled, and none failed beside a server that is healthy.
    #[track_caller]
    fn check(self, before: &Value, after: &Value) {
        assert_eq!(before["neither"], after["neither"], "every message is settled");
        assert!(
            self.fate() == "retried" || before["retried"] == after["retried"],
            "beside {self:?} nothing fails"
        );
    }

    fn name(self) -> &'static str {
        match self {
            Self::None => "alone",
            Self::Healthy => "beside one that is healthy too",
            Self::Silent => "beside one that never answers",
            Self::Refusing => "beside one that refuses connections",
        }
    }
}

#[track_caller]
fn wait_until(is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(30), "it does not come to that");
        thread::sleep(Duration::from_millis(10));
    }
}

/// The latencies as a table.
pub(crate) fn table(latencies: &[Latencies]) -> Table {
    let mut table = Table::new(["a delivery to a healthy server", ">p50 ms", ">p99 ms"]);
    for Latencies { beside, p50_ms, p99_ms, .. } in latencies {
        table.row([
            beside.name().to_owned(),
            cell(Spread::of(p50_ms.iter().copied()), spread),
            cell(Spread::of(p99_ms.iter().copied()), spread),
        ]);
    }
    table
}
