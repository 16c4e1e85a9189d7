//! CESQL's evaluator: any expression for any event ends within its bound, and as a filter it decides
//! what the evaluation says.
#![no_main]

use cesql::{Expression, MAX_COST, Value};
use elytra_events::CloudEvent;
use elytra_webhooks::filter::{DataPaths, View};
use libfuzzer_sys::fuzz_target;

/// A JSON string of what an attribute may hold of this text.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars().filter(|character| !character.is_control()) {
        if let '"' | '\\' = character {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted + "\""
}

// A line each: the expression, the subject and how often it is repeated, three extensions.
fuzz_target!(|input: &str| {
    let mut lines = input.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    let Ok(expression) = Expression::parse(line()) else { return };
    let (subject, repeat) = (line(), line().parse::<usize>().unwrap_or(1));
    let (extension, integer, boolean) = (line(), line().parse::<i32>(), line().parse::<bool>());
    let mut json =
        String::from(r#"{"specversion":"1.0","id":"1","source":"s","type":"com.elytra.product""#);
    if !subject.is_empty() {
        // Some are long enough to be too costly.
        json += &format!(r#","subject":{}"#, quoted(&subject.repeat(repeat % 50_000)));
    }
    json += &format!(r#","a":{}"#, quoted(extension));
    json += &integer.map_or(String::new(), |integer| format!(r#","n":{integer}"#));
    json += &boolean.map_or(String::new(), |boolean| format!(r#","b":{boolean}"#));
    json += "}";
    // Some characters no attribute may hold.
    let Ok(event) = CloudEvent::from_json(&json) else { return };
    let paths = DataPaths::default();
    let view = View::new(&event, &paths);

    let evaluation = expression.evaluate(&view);
    assert!(evaluation.cost <= MAX_COST);
    let is_match = evaluation.value == Value::Boolean(true) && evaluation.errors.is_empty();
    match expression.matches(&view) {
        Ok(()) => assert!(is_match),
        Err(refusal) => assert!(!is_match && !refusal.to_string().contains('\n')),
    }
    let again = Expression::parse(&expression.to_string()).expect("it was printed to be read");
    assert_eq!(again.evaluate(&view), evaluation);
});
