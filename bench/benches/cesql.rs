//! CESQL: what it costs to compile an expression once, and to decide on each event.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run should stop")]

use std::hint::black_box;

use cesql::Expression;
use criterion::{Criterion, criterion_group, criterion_main};
use elytra_events::CloudEvent;
use elytra_webhooks::filter::{DataPaths, View};

const EVENT: &str = r#"{"specversion":"1.0","id":"385d27ef-ac6d-4d93-904b-ea9801fc1bde","source":"elytra-pim","type":"com.elytra.product.attribute.value","subject":"product/4711","time":"2025-12-31T04:19:30.860984129+01:00","eventtype":"product_attribute_value","operation":"modify","locale":"de","sequence":12,"data":{"objectId":4711}}"#;

/// What is measured: its name, and an expression.
const EXPRESSIONS: [(&str, &str); 7] = [
    ("one comparison", "operation = 'modify'"),
    // The typical one, and the same with each kind of no.
    (
        "three comparisons and a LIKE",
        "operation = 'modify' AND locale = 'de' AND sequence > 10 AND type LIKE 'com.elytra.%'",
    ),
    (
        "the same, refused by the first comparison",
        "operation = 'remove' AND locale = 'de' AND sequence > 10 AND type LIKE 'com.elytra.%'",
    ),
    (
        "the same, refused by the LIKE",
        "operation = 'modify' AND locale = 'de' AND sequence > 10 AND type LIKE 'com.other.%'",
    ),
    (
        "the same, with a missing attribute",
        "operation = 'modify' AND locale = 'de' AND missing > 10 AND type LIKE 'com.elytra.%'",
    ),
    (
        "a set of ten",
        "eventtype IN ('a','b','c','d','e','f','g','h','i','product_attribute_value')",
    ),
    (
        "functions",
        "CONCAT_WS('/', LEFT(subject, 7), LOWER(locale)) = 'product/de' AND LENGTH(TRIM(subject)) > 8",
    ),
];

fn matches(c: &mut Criterion) {
    let event = CloudEvent::from_json(EVENT).unwrap();
    let paths = DataPaths::default();
    let view = View::new(&event, &paths);
    let mut group = c.benchmark_group("matches");
    for (name, text) in EXPRESSIONS {
        let expression = Expression::parse(text).unwrap();
        group.bench_function(name, |b| b.iter(|| black_box(&expression).matches(black_box(&view))));
    }
}

fn evaluate(c: &mut Criterion) {
    let event = CloudEvent::from_json(EVENT).unwrap();
    let paths = DataPaths::default();
    let view = View::new(&event, &paths);
    let mut group = c.benchmark_group("evaluate");
    for (name, text) in EXPRESSIONS {
        let expression = Expression::parse(text).unwrap();
        group.bench_function(name, |b| {
            b.iter(|| black_box(&expression).evaluate(black_box(&view)));
        });
    }
}

fn parse(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    for (name, text) in EXPRESSIONS {
        group.bench_function(name, |b| b.iter(|| Expression::parse(black_box(text)).unwrap()));
    }
}

/// Patterns that take an exponential time elsewhere.
fn like(c: &mut Criterion) {
    let mut group = c.benchmark_group("LIKE");
    let text = EVENT.replace("product/4711", &"a".repeat(10_000));
    let event = CloudEvent::from_json(&text).unwrap();
    let paths = DataPaths::default();
    let view = View::new(&event, &paths);
    for pattern in ["%a%a%a%a%a%a%a%a%b", "%a_a_a%b%", "a%b", "%ab%"] {
        let expression = Expression::parse(&format!("subject LIKE '{pattern}'")).unwrap();
        group.bench_function(format!("{pattern} of 10,000 a"), |b| {
            b.iter(|| black_box(&expression).evaluate(black_box(&view)));
        });
    }
}

criterion_group!(benches, matches, evaluate, parse, like);
criterion_main!(benches);
