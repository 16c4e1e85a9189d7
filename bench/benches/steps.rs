//! The time that each step of the line takes, and the whole line; and how it grows.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot run should stop")]

mod support;

use std::time::Duration;

use criterion::{
    BatchSize, BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
    measurement::WallTime,
};
use support::line::{Answering, Interest};
use support::step::{Authenticating, Decoding, FILTERS, Filtering, Planning};

fn steps(c: &mut Criterion) {
    let authenticating = Authenticating::bearer();
    c.bench_function("authenticate/bearer", |b| b.iter(|| authenticating.run()));

    let mut group = c.benchmark_group("decode");
    for (name, decoding) in [
        ("structured 1 KB", Decoding::structured(1_000)),
        ("structured 105 KB", Decoding::structured(105_000)),
        ("binary 1 KB", Decoding::binary(1_000)),
        ("batch of 100 x 1 KB", Decoding::batch(100)),
        ("240 names of 1 KB", Decoding::long_names(240, 1_000)),
    ] {
        group.throughput(Throughput::Bytes(decoding.bytes() as u64));
        group.bench_function(name, |b| b.iter(|| decoding.run()));
    }
    group.finish();

    let mut group = c.benchmark_group("match");
    for subscriptions in [1, 10, 100, 1_000] {
        let planning = Planning::among(subscriptions);
        let id = BenchmarkId::new("subscriptions", subscriptions);
        group.bench_function(id, |b| b.iter(|| planning.run_match()));
    }
    let planning = Planning::filters(1_000, 1_000, "operation", "modify");
    group.bench_function("subscriptions with exact/1000", |b| b.iter(|| planning.run_match()));
    let planning = Planning::filter_out_of_question();
    group.bench_function("a filter on data, out of question", |b| b.iter(|| planning.run_match()));
    group.finish();

    let mut group = c.benchmark_group("filter");
    for (name, _) in FILTERS {
        let filtering = Filtering::by(name);
        assert!(filtering.run(), "{name} is met");
        group.bench_function(name, |b| b.iter(|| filtering.run()));
    }
    group.finish();

    let planning = Planning::among(10);
    c.bench_function("plan/subscriptions/10", |b| b.iter(|| planning.run()));

    // One that nobody wants stands below, as the first of those that grow.
    let forwarding = Answering::event(1_000, 2, Interest::One);
    let id = BenchmarkId::from_parameter("forwarded 1 KB");
    answer(&mut c.benchmark_group("line"), id, &forwarding);
}

/// What an event costs as everything else grows.
fn scale(c: &mut Criterion) {
    let mut group = c.benchmark_group("scale");
    for subscriptions in [1, 10, 100, 1_000] {
        let answering = Answering::event(1_000, subscriptions, Interest::One);
        group.throughput(Throughput::Elements(1));
        answer(&mut group, BenchmarkId::new("subscriptions", subscriptions), &answering);
    }
    for events in [1, 10, 100] {
        group.throughput(Throughput::Elements(events as u64));
        answer(
            &mut group,
            BenchmarkId::new("events in a batch", events),
            &Answering::batch(events),
        );
    }
    for kilobytes in [1, 10, 100, 1_000] {
        let answering = Answering::event(kilobytes * 1_000, 2, Interest::None);
        group.throughput(Throughput::Bytes(answering.bytes() as u64));
        answer(&mut group, BenchmarkId::new("KB of an event", kilobytes), &answering);
    }
    group.finish();
}

fn answer(group: &mut BenchmarkGroup<'_, WallTime>, id: BenchmarkId, answering: &Answering) {
    group.bench_function(id, |b| {
        b.iter_batched(|| answering.body(), |body| answering.run(body), BatchSize::SmallInput);
    });
}

/// Times wobble more than a longer look would mend.
fn short() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
}

criterion_group!(name = benches; config = short(); targets = steps, scale);
criterion_main!(benches);
