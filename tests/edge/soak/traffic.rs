//! The requests, each derived only from the seed and its number, so that the verdict can recreate
//! them.

use std::time::Duration;

use elytra_events::http::{Headers, Mode, decode};
use fastrand::Rng;

use crate::payload::{binary, structured};
use crate::profile::{Profile, pause};
use crate::typical;

/// The most events in a batch of the soak, and how many a batch of a bulk edit has.
const MAX_BATCH_EVENTS: usize = 20;
const BULK_EVENTS: usize = 100;

/// How many of a hundred requests are sent twice at the same moment, and how many are sent again
/// later.
const PERCENT_AT_ONCE: u8 = 5;
const PERCENT_LATER: u8 = 5;

/// How much later at most, in requests.
const MAX_REQUESTS_LATER: usize = 1_000;

/// How many events there are per object, including those that are not mirrored.
const EVENTS_PER_OBJECT: usize = 20;

/// All requests of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Traffic {
    profile: Profile,
    seed: u32,
    events: usize,
}

/// A request, to be sent until it is acknowledged.
#[derive(Debug)]
pub(crate) struct Request {
    /// Its number, from 0.
    pub(crate) index: usize,
    pub(crate) headers: Fields,
    pub(crate) body: Vec<u8>,
    pub(crate) events: Vec<Event>,
    pub(crate) repeat: Repeat,
    /// How long the client waits before it sends it for the first time.
    pub(crate) pause: Duration,
}

/// The headers of a request, with names in lower case.
#[derive(Debug, Default)]
pub(crate) struct Fields(pub(crate) Vec<(String, String)>);

/// An event as its destinations should get it.
#[derive(Debug)]
pub(crate) struct Event {
    /// Elytra's event type, which subscriptions select.
    pub(crate) event_type: &'static str,
    /// Its JSON text.
    pub(crate) text: String,
}

/// Whether and when a request is sent again, even if it was acknowledged.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Repeat {
    Never,
    /// By another client at the same moment.
    AtOnce,
    /// After this many other requests.
    Later(usize),
}

impl Traffic {
    pub(crate) fn new(profile: Profile, seed: u32, events: usize) -> Self {
        Self { profile, seed, events }
    }

    /// The requests, the same for every call.
    pub(crate) fn requests(self) -> impl Iterator<Item = Request> {
        let mut left = self.events;
        (0..).map_while(move |index| {
            let request = (left > 0).then(|| Request::new(self, index, left))?;
            left -= request.events.len();
            Some(request)
        })
    }

    /// The event with this id, as it was sent.
    pub(crate) fn event(self, id: &str) -> Option<Event> {
        let (index, place) = id.split_once('/').unwrap_or((id, "0"));
        let (index, place) = (index.parse().ok()?, place.parse().ok()?);
        if self.profile == Profile::Bulk {
            // One of many in its batch. Making the others would take long.
            return Some(self.edit(index, place));
        }
        let request = Request::new(self, index, self.events);
        request.events.into_iter().nth(place)
    }

    /// An event of a bulk edit, at this place in the request with this number.
    fn edit(self, index: usize, place: usize) -> Event {
        let mut rng = self.rng(index * BULK_EVENTS + place);
        typical::edit(&mut rng, &id(index, place), self.objects())
    }

    /// The random generator for what has this number.
    fn rng(self, number: usize) -> Rng {
        Rng::with_seed(u64::from(self.seed) << 32 | number as u64)
    }

    fn objects(self) -> usize {
        self.events.div_ceil(EVENTS_PER_OBJECT)
    }
}

/// The id of an event in a batch. A slash, which keys encode.
fn id(index: usize, place: usize) -> String {
    format!("{index}/{place}")
}

impl Request {
    /// The request with this number, with at most `limit` events.
    fn new(traffic: Traffic, index: usize, limit: usize) -> Self {
        let mut rng = traffic.rng(index);
        match traffic.profile {
            Profile::Soak => Self::mixed(&mut rng, traffic, index, limit),
            Profile::Quiet => {
                let pause = pause(&mut rng);
                let event = typical::any(&mut rng, &index.to_string(), traffic.objects());
                let (headers, body) = single(&event);
                let (events, repeat) = (vec![event], Repeat::Never);
                Self { index, headers, body, events, repeat, pause }
            }
            Profile::Bulk => {
                let places = 0..BULK_EVENTS.min(limit);
                let events: Vec<_> = places.map(|place| traffic.edit(index, place)).collect();
                let (headers, body) = batch(&events);
                let (repeat, pause) = (Repeat::Never, Duration::ZERO);
                Self { index, headers, body, events, repeat, pause }
            }
        }
    }

    /// A request of the soak.
    fn mixed(rng: &mut Rng, traffic: Traffic, index: usize, limit: usize) -> Self {
        let objects = traffic.objects();
        let mode = rng.choice(MODES).expect("there are modes");
        let repeat = Repeat::random(rng);
        let (headers, body, events) = match mode {
            Mode::Structured => {
                let event = structured(rng, &index.to_string(), objects);
                let (headers, body) = single(&event);
                (headers, body, vec![event])
            }
            Mode::Binary => {
                let (event_type, headers, body) = binary(rng, &index.to_string(), objects);
                let text = read_binary(&headers, &body);
                (headers, body, vec![Event { event_type, text }])
            }
            Mode::Batch => {
                let count = rng.usize(2..=MAX_BATCH_EVENTS).min(limit);
                let events: Vec<_> =
                    (0..count).map(|place| structured(rng, &id(index, place), objects)).collect();
                let (headers, body) = batch(&events);
                (headers, body, events)
            }
        };
        Self { index, headers, body, events, repeat, pause: Duration::ZERO }
    }
}

/// The headers and body of one event.
fn single(event: &Event) -> (Fields, Vec<u8>) {
    (Fields::of_type("application/cloudevents+json"), event.text.clone().into_bytes())
}

/// The headers and body of a batch.
fn batch(events: &[Event]) -> (Fields, Vec<u8>) {
    let texts: Vec<_> = events.iter().map(|event| event.text.as_str()).collect();
    let body = format!("[\n {} ]", texts.join(" ,\n")).into_bytes();
    (Fields::of_type("application/cloudevents-batch+json"), body)
}

/// Four single events per batch.
const MODES: [Mode; 5] =
    [Mode::Structured, Mode::Structured, Mode::Binary, Mode::Binary, Mode::Batch];

/// The JSON text that the receiver makes from a binary event.
fn read_binary(headers: &Fields, body: &[u8]) -> String {
    let events = decode(Mode::Binary, headers, body, 1).expect("the event is valid");
    events.first().expect("it is one event").as_json().to_owned()
}

impl Repeat {
    fn random(rng: &mut Rng) -> Self {
        match rng.u8(..100) {
            0..PERCENT_AT_ONCE => Self::AtOnce,
            percent if percent < PERCENT_AT_ONCE + PERCENT_LATER => {
                Self::Later(rng.usize(1..=MAX_REQUESTS_LATER))
            }
            _ => Self::Never,
        }
    }
}

impl Fields {
    pub(crate) fn of_type(content_type: &str) -> Self {
        Self::default().with("content-type", content_type)
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.push((name.to_owned(), value.into()));
        self
    }
}

impl Headers for Fields {
    fn header(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
    }

    fn ce_headers(&self) -> Vec<(String, String)> {
        let headers = self.0.iter();
        let headers = headers.filter_map(|(name, value)| Some((name.strip_prefix("ce-")?, value)));
        headers.map(|(name, value)| (name.to_owned(), value.clone())).collect()
    }
}
