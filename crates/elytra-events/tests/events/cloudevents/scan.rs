//! What is found to be JSON quickly, `serde_json` finds to be JSON too; and the other way round.

use elytra_events::http::{Mode, decode};
use elytra_events::{CloudEvent, Data};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::value::RawValue;
use test_support::{Head, decode_one, event, property};

use super::properties::json_value;

/// Whether `serde_json` takes the text for JSON, however deep it is.
fn is_json(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok()
}

/// Decodes this as the data of an event in all modes, and checks that it is accepted if it is JSON, and
/// kept as it is.
#[track_caller]
fn check(data: &str) {
    let trimmed = data.trim_matches([' ', '\t', '\n', '\r']);
    let event = event(&format!(r#""data":{data}"#));
    let structured = CloudEvent::from_json(&event);
    // Such data may also close the event and open what is a part of it.
    assert_eq!(structured.is_ok() && is_json(data), is_json(data), "{data}");
    assert!(structured.is_err() || is_json(&event), "{data}");
    let batch = format!("[{event},{event}]");
    let decoded = decode(Mode::Batch, &Head::default(), batch.as_bytes(), 9);
    assert!(decoded.is_err() || is_json(&batch), "{data}");
    assert!(decoded.is_ok() || !is_json(data), "{data}");
    if is_json(data) {
        let event = structured.unwrap();
        let Some(Data::Json(found)) = event.data() else { panic!("{:?}", event.data()) };
        assert_eq!(found, trimmed);
    }
    let head = Head::default().with_event().with("content-type", "application/json");
    let binary = decode_one(Mode::Binary, &head, data.as_bytes());
    assert_eq!(binary.is_ok(), is_json(data) || data.is_empty(), "{data}");
}

#[test]
fn a_table() {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let objects = |depth: usize| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    let mut texts: Vec<String> = [
        // Strings: escapes, what they may not hold, and where they end.
        r#""""#,
        r#""\"""#,
        r#""\\""#,
        r#""\\\""#,
        r#""\u00e4\uD83D\ude00""#,
        r#""\ud800""#,
        r#""\u12""#,
        r#""\u12g4""#,
        r#""\x""#,
        "\"\u{1f}\"",
        "\"\u{20}\u{7f}\u{80}\"",
        "\"\n\"",
        r#"""#,
        r#""\"#,
        "'a'",
        // Numbers.
        "0",
        "-0",
        "-",
        "00",
        "01",
        "-01",
        "1.",
        ".5",
        "1.5",
        "1e5",
        "1E+5",
        "1e-05",
        "1e",
        "1e+",
        "+1",
        "1.5.5",
        "0x1",
        "1 2",
        "9007199254740993",
        "1e400",
        "NaN",
        "Infinity",
        // Literals.
        "true",
        "false",
        "null",
        "True",
        "tru",
        "truee",
        "nul",
        "n",
        // Structure.
        "{}",
        "[]",
        "{ }",
        "[ ]",
        "[1,]",
        "[,1]",
        "[1 1]",
        "[1,,1]",
        r#"{"a":1,}"#,
        r#"{"a"}"#,
        r#"{"a":}"#,
        "{a:1}",
        r#"{"a":1 "b":2}"#,
        r#"{"a":1,"a":2}"#,
        "{1:2}",
        "[1}",
        r#"{"a":1]"#,
        "[[]",
        "[]]",
        "{}}",
        r#"{"a":[{"b":{}}]}"#,
        " \t\n\r[ \t\n\r1 \t\n\r, \t\n\r2 \t\n\r] \t\n\r",
        "[\u{a0}1]",
        "\u{feff}1",
        "",
        " ",
        ",",
        ":",
        "1,\"x\":2",
        r#"1}, {"a":1"#,
    ]
    .map(str::to_owned)
    .to_vec();
    // As deep as is looked at quickly, and deeper.
    texts.extend(
        [63, 64, 65, 66, 127, 128, 129, 100_000]
            .into_iter()
            .flat_map(|depth| [deep(depth), objects(depth)]),
    );
    // Strings that end at each place of a chunk, and what is special in them at each.
    for length in 0..20 {
        let plain = "x".repeat(length);
        texts.push(format!(r#""{plain}""#));
        texts.push(format!(r#""{plain}ä{plain}""#));
        texts.push(format!(r#""{plain}\"{plain}""#));
        texts.push(format!("\"{plain}\u{1}{plain}\""));
        texts.push(format!("\"{plain}!\u{1f}{plain}\""));
        texts.push(format!(r#"{{"{plain}":"{plain}","{plain}\u0041":1}}"#));
        texts.push(format!(r#""{plain}"#));
    }
    for text in &texts {
        check(text);
    }
}

#[test]
fn of_any_json() {
    property((json_value(), any::<bool>()), |(value, is_pretty)| {
        check(&if is_pretty { format!("{value:#}") } else { value.to_string() });
    });
}

#[test]
fn of_damaged_json() {
    let damage = select(vec![
        "", "\"", "\\", "{", "}", "[", "]", ",", ":", "0", "-", "e", ".", "\u{1}", " ",
    ]);
    property((json_value(), any::<Index>(), damage), |(value, place, damage)| {
        let mut text: Vec<char> = value.to_string().chars().collect();
        let place = place.index(text.len());
        text.splice(place..=place, damage.chars());
        check(&text.into_iter().collect::<String>());
    });
}

#[test]
fn of_any_text() {
    property(r#"[\[\]{}",:\\ 0-9eE+.ntrufals-]{0,30}"#, |text| check(&text));
}
