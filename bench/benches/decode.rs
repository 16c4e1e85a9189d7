//! Decoding and validating events, beside the official SDK doing the same where it can.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot run should stop")]

#[expect(dead_code, reason = "other benchmarks use more of it")]
mod support;

use std::hint::black_box;

use cloudevents::Data;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use elytra_events::http::{Mode, decode};
use http::{HeaderMap, HeaderName, HeaderValue};
use support::event::{data, event, headers};
use support::head::Head;

fn structured(c: &mut Criterion) {
    for (name, bytes) in [("structured 0.6 KB", 600), ("structured 100 KB", 100_000)] {
        let event = event(bytes);
        let headers = Head(Vec::new());
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
        let ours = Head(headers());
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
    let batch = support::event::batch(100, 600);
    let headers = Head(Vec::new());
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
