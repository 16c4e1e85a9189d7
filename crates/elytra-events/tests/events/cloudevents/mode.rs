//! Which mode a request is in, by its headers (HTTP binding section 3).

use Mode::{Batch, Binary, Structured};
use elytra_events::http::{Mode, UnsupportedMediaType};
use test_support::{Head, property};

fn with_type(content_type: &str) -> Head {
    Head::default().with("content-type", content_type)
}

#[track_caller]
fn check(why: &str, head: &Head, mode: Mode) {
    assert_eq!(Mode::of(head), Ok(mode), "{why}");
}

#[track_caller]
fn refuse(why: &str, head: &Head, content_type: &str) {
    assert_eq!(Mode::of(head), Err(UnsupportedMediaType(content_type.to_owned())), "{why}");
}

#[test]
fn the_content_type_announces_structured_and_batch_mode() {
    let announce = |why, content_type, mode| {
        check(why, &with_type(content_type), mode);
        check(
            "HTTP binding 3: whatever stands beside",
            &with_type(content_type).with_event(),
            mode,
        );
    };
    announce("HTTP binding 3.2", "application/cloudevents+json", Structured);
    announce(
        "no format named: JSON is the one every receiver has",
        "application/cloudevents",
        Structured,
    );
    announce("HTTP binding 3.3", "application/cloudevents-batch+json", Batch);
    let structured = "application/cloudevents+json;charset=utf-8";
    announce("peers refuse it without the space", structured, Structured);
    let batch = "application/cloudevents-batch+json;charset=utf-8";
    announce("a batch likewise", batch, Batch);
    let structured = "APPLICATION/CLOUDEVENTS+JSON; CHARSET=UTF-8";
    announce("RFC 2045 5.1: any case", structured, Structured);
    announce("any case", "Application/CloudEvents-Batch+JSON ; charset=utf-8", Batch);
    announce("RFC 9110 5.6.6: spacing", "\t application/cloudevents+json \t;\tx=y ; ", Structured);
    announce("spacing", " application/cloudevents-batch+json ", Batch);
    announce("a parameter says no mode", "application/cloudevents+json; a=\"-batch\"", Structured);
    announce("a charset decides nothing", "application/cloudevents; charset=utf-8", Structured);
}

#[test]
fn an_unknown_format_is_refused_and_never_taken_for_binary() {
    let content_types = [
        ("HTTP binding 3: a format we cannot read", "application/cloudevents+avro"),
        ("another", "application/cloudevents+protobuf"),
        ("XML", "Application/CloudEvents+XML; charset=utf-8"),
        ("a batch in another format", "application/cloudevents-batch+avro"),
        ("a batch in no format", "application/cloudevents-batch"),
        ("what only begins so", "application/cloudevents+jsonx"),
        ("HTTP binding 3: the prefix announces events", "application/cloudeventsx"),
        ("a suffix too many", "application/cloudevents+json+gzip"),
        ("a repeated header", "application/cloudevents+json, application/cloudevents+json"),
        ("a parameter that is none", "application/cloudevents+json; charset"),
        ("a space before, still announced", " application/cloudevents+avro"),
    ];
    for (why, content_type) in content_types {
        refuse(why, &with_type(content_type), content_type);
        refuse("never binary", &with_type(content_type).with_event(), content_type);
    }
}

#[test]
fn every_other_content_type_is_binary_where_headers_say_so() {
    let content_types = [
        ("JSON data", "application/json"),
        ("JSON of another kind", "application/ld+json"),
        ("text", "text/plain"),
        ("bytes", "application/octet-stream"),
        ("not that prefix: data of a type of its own", "application/cloudevent+json"),
        ("the prefix elsewhere", "text/cloudevents+json"),
        ("what is no media type is a fault of the event", "json"),
        ("a character of two bytes across the prefix's end", "application/cloudeventé"),
        ("empty", ""),
    ];
    for (why, content_type) in content_types {
        check(why, &with_type(content_type).with_event(), Binary);
    }
    check("HTTP binding 3.1: no content type", &Head::default().with_event(), Binary);
    let named = Head::default().with("CE-SpecVersion", "1.0");
    check("HTTP binding 3.1.3: names have no case", &named, Binary);
    check(
        "an empty one announces too, and is told as such",
        &Head::default().with("ce-specversion", ""),
        Binary,
    );
}

#[test]
fn a_structured_event_may_come_as_plain_json() {
    check("what Elytra may send", &with_type("application/json"), Structured);
    check("with its charset", &with_type("Application/JSON; charset=UTF-8"), Structured);
    check("or none, for it is not known", &Head::default(), Structured);
    check("RFC 9110 8.3: an empty one says no more than none", &with_type(""), Structured);
    check("nor does one of white space", &with_type(" \t "), Structured);
    let beside = |name| with_type("application/json").with(name, "1");
    check("ce-id alone is not binary mode", &beside("ce-id"), Structured);
    check("nor a header that only begins so", &beside("ce-specversion-x"), Structured);
    check("nor one without the prefix", &beside("specversion"), Structured);
}

#[test]
fn what_announces_nothing_is_refused() {
    for (why, content_type) in [
        ("text", "text/plain"),
        ("what HTML forms send", "application/x-www-form-urlencoded"),
        ("JSON of another kind", "application/ld+json"),
        ("a parameter alone is not empty", ";charset=utf-8"),
        ("two empty ones, joined", ", "),
        ("a repeated header", "application/json, text/plain"),
        ("no media type", "json"),
    ] {
        refuse(why, &with_type(content_type), content_type);
        let other = with_type(content_type).with("cent", "1").with("x-ce-id", "1");
        refuse("headers that are none of an event", &other, content_type);
    }
}

#[test]
fn some_header_of_an_event_makes_it_binary_so_that_it_is_told_what_is_missing() {
    for name in ["ce-id", "CE-TYPE", "ce-x", "ce-"] {
        check("HTTP binding 3.1", &with_type("text/plain").with(name, "1"), Binary);
    }
}

#[test]
fn modes_have_names() {
    assert_eq!([Binary, Structured, Batch].map(Mode::as_str), ["binary", "structured", "batch"]);
}

#[test]
fn no_content_type_panics() {
    property(r#"[a-z/;="\\ ]{0,20}|.*|application/cloudevents.{0,9}"#, |text| {
        let announces =
            text.trim_start().to_ascii_lowercase().starts_with("application/cloudevents");
        let mode = Mode::of(&with_type(&text).with_event());
        assert_eq!(announces, mode != Ok(Binary), "{text:?} gave {mode:?}");
        let _ = Mode::of(&with_type(&text));
    });
}
