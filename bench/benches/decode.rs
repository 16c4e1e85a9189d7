//! Decoding and validating events, beside the official SDK doing the same where it can.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot run should stop")]

use std::fmt::Write as _;
use std::hint::black_box;

use cloudevents::Data;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use elytra_webhooks::cloudevents::{Headers, Mode, decode};
use http::{HeaderMap, HeaderName, HeaderValue};

/// An event that is about `bytes` large, with data like that of a product.
fn event(bytes: usize) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"385d27ef-ac6d-4d93-904b-ea9801fc1bde","source":"elytra-pim","type":"com.elytra.product.attribute.value","datacontenttype":"application/json","time":"2025-12-31T04:19:30.860984129+01:00","eventtype":"product_attribute_value","operation":"modify","data":{}}}"#,
        data(bytes.saturating_sub(290))
    )
}

/// JSON of about this size: an object with a list of attributes in it.
fn data(bytes: usize) -> String {
    let mut data = String::from(r#"{"objectId":4711,"objectType":"product","objectData":["#);
    let mut number = 0;
    while data.len() < bytes {
        let separator = if number == 0 { "" } else { "," };
        write!(
            data,
            r#"{separator}{{"attribute":"width_{number}","language":"de","value":"Größe {number} \"mm\"","number":{number}.25,"inherited":false}}"#
        )
        .unwrap();
        number += 1;
    }
    data + "]}"
}

/// The same event's headers in binary mode.
fn headers() -> Vec<(String, String)> {
    [
        ("content-type", "application/json"),
        ("content-length", "1000"),
        ("host", "example.com"),
        ("ce-specversion", "1.0"),
        ("ce-id", "385d27ef-ac6d-4d93-904b-ea9801fc1bde"),
        ("ce-source", "elytra-pim"),
        ("ce-type", "com.elytra.product.attribute.value"),
        ("ce-time", "2025-12-31T04:19:30.860984129+01:00"),
        ("ce-eventtype", "product_attribute_value"),
        ("ce-operation", "modify"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

struct OurHeaders(Vec<(String, String)>);

impl Headers for OurHeaders {
    fn header(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
    }

    fn ce_headers(&self) -> Vec<(String, String)> {
        let named = self.0.iter();
        named
            .filter_map(|(name, value)| Some((name.strip_prefix("ce-")?.to_owned(), value.clone())))
            .collect()
    }
}

fn structured(c: &mut Criterion) {
    for (name, bytes) in [("structured 0.6 KB", 600), ("structured 100 KB", 100_000)] {
        let event = event(bytes);
        let headers = OurHeaders(Vec::new());
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Bytes(event.len() as u64));
        group.bench_function("elytra-webhooks", |b| {
            b.iter(|| {
                decode(Mode::Structured, &headers, black_box(event.as_bytes()), 100).unwrap().len()
            });
        });
        group.bench_function("cloudevents-sdk", |b| {
            b.iter(|| {
                serde_json::from_slice::<cloudevents::Event>(black_box(event.as_bytes())).unwrap()
            });
        });
    }
}

fn binary(c: &mut Criterion) {
    for (name, bytes) in [("binary 0.6 KB", 310), ("binary 100 KB", 100_000)] {
        let data = data(bytes);
        let ours = OurHeaders(headers());
        let theirs: HeaderMap = headers()
            .into_iter()
            .map(|(name, value)| {
                (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(&value).unwrap())
            })
            .collect();
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Bytes(data.len() as u64));
        group.bench_function("elytra-webhooks", |b| {
            b.iter(|| decode(Mode::Binary, &ours, black_box(data.as_bytes()), 100).unwrap().len());
        });
        // Ours hands over the event in the JSON format as well; theirs has to be asked for it, and
        // then does not check that the data is JSON, but prints it as base64.
        let to_event = || {
            let body = black_box(data.as_bytes()).to_vec();
            cloudevents::binding::http::to_event(&theirs, body).unwrap()
        };
        group.bench_function("cloudevents-sdk, data as base64", |b| {
            b.iter(|| serde_json::to_string(&to_event()).unwrap());
        });
        // What it takes to have the same event from it as from ours.
        group.bench_function("cloudevents-sdk, data as JSON", |b| {
            b.iter(|| {
                let mut event = to_event();
                let (_, _, data) = event.take_data();
                let Some(Data::Binary(bytes)) = data else { panic!("the data is bytes") };
                let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
                event.set_data("application/json", json);
                serde_json::to_string(&event).unwrap()
            });
        });
    }
}

fn batch(c: &mut Criterion) {
    let events: Vec<_> = (0..100).map(|_| event(600)).collect();
    let batch = format!("[{}]", events.join(","));
    let headers = OurHeaders(Vec::new());
    let mut group = c.benchmark_group("batch of 100 x 0.6 KB");
    group.throughput(Throughput::Bytes(batch.len() as u64));
    group.bench_function("elytra-webhooks", |b| {
        b.iter(|| decode(Mode::Batch, &headers, black_box(batch.as_bytes()), 100).unwrap().len());
    });
    group.bench_function("cloudevents-sdk", |b| {
        b.iter(|| {
            serde_json::from_slice::<Vec<cloudevents::Event>>(black_box(batch.as_bytes())).unwrap()
        });
    });
}

criterion_group!(benches, structured, binary, batch);
criterion_main!(benches);
