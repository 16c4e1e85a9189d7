//! How a report reads.

use elytra_webhooks_conformance::{
    Answer, NoAnswer, Options, Paint, Presented, Report, Run, Verdict,
};
use serde_json::{Value, json};

use crate::support::{answer, options, run, status};

fn everything() -> Report {
    run(&options(), |_| answer(202, &[("allow", "POST")]))
}

#[test]
fn a_table_with_a_second_line_for_what_is_not_right() {
    let text = everything().print(None, Paint::None);
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("       case ") && lines[0].ends_with("  level   section"));
    let at = |id: &str| lines.iter().position(|line| line.contains(&format!("  {id} "))).unwrap();

    let right = lines[at("structured")];
    assert!(
        right.starts_with("right  structured ") && right.ends_with("MUST    HTTP binding §1.4")
    );
    let wrong = at("id-missing");
    assert!(lines[wrong].starts_with("wrong  id-missing "), "{}", lines[wrong]);
    assert!(lines[wrong].ends_with("  MUST    Core, id"));
    assert_eq!(lines[wrong + 1], "         `id` is required");
    assert_eq!(lines[wrong + 2], "         no `id`: expected a 4xx, got 202");
    let none = at("challenge");
    assert!(lines[none].starts_with("n/a    challenge "));
    assert_eq!(lines[none + 1], "         no credentials were given that could be left out");

    let summary = everything().summary();
    let wrong = summary.wrong_must + summary.wrong_should;
    let last = format!(
        "{} right, {wrong} wrong ({} MUST, {} SHOULD), {} not applicable",
        summary.right, summary.wrong_must, summary.wrong_should, summary.not_applicable
    );
    assert_eq!(lines[lines.len() - 2..], ["", &last]);
}

#[test]
fn it_is_as_wide_as_it_may_be() {
    for columns in [60, 80, 120] {
        for line in everything().print(Some(columns), Paint::None).lines() {
            // A word that is too long stays whole.
            let words = line.split_whitespace().count();
            assert!(line.chars().count() <= columns || words <= 2, "{columns}: {line}");
        }
    }
}

#[test]
fn only_verdicts_are_coloured() {
    let text = everything().print(Some(100), Paint::Ansi);
    for (word, colour) in [("right", 32), ("wrong", 31), ("n/a", 2)] {
        assert!(text.contains(&format!("\n\u{1b}[{colour}m{word}\u{1b}[0m  ")), "{word}");
    }
    let mut plain = text;
    for code in ["\u{1b}[32m", "\u{1b}[31m", "\u{1b}[2m", "\u{1b}[0m"] {
        plain = plain.replace(code, "");
    }
    assert_eq!(plain, everything().print(Some(100), Paint::None));
}

#[test]
fn a_plain_event_that_is_not_accepted() {
    for (answer, advice) in [
        (status(401), "\n    --header 'Authorization: Bearer …'\n"),
        (status(403), "\n    --header 'Authorization: Bearer …'\n"),
        (status(400), "one of those"),
        (status(404), "Check the path"),
        (status(302), "redirects"),
        (status(503), "Try again later"),
        (status(429), "Try again later"),
        (Answer::None(NoAnswer::Failed("connection refused".to_owned())), "is running"),
    ] {
        let report = run(&options(), |_| answer.clone());
        let text = report.print(Some(80), Paint::None);
        assert!(text.contains("so nothing else was tried") && text.contains(advice), "{text}");
        assert!(!text.contains("id-missing"), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&report.json()).unwrap()["meaningful"], false);
    }
}

#[test]
fn json_has_stable_fields() {
    let report = everything();
    let text = report.json();
    assert!(!text.contains('\n'));
    let found: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(found["meaningful"], true);
    let summary = report.summary();
    assert_eq!(
        found["summary"],
        json!({
            "right": summary.right,
            "wrong_must": summary.wrong_must,
            "wrong_should": summary.wrong_should,
            "not_applicable": summary.not_applicable,
        })
    );
    let cases = found["cases"].as_array().unwrap();
    assert_eq!(cases.len(), report.findings().len());
    let case = |id: &str| cases.iter().find(|case| case["id"] == id).unwrap();
    let spec = "https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents";
    assert_eq!(
        *case("id-missing"),
        json!({
            "id": "id-missing",
            "group": "Attributes",
            "level": "MUST",
            "section": "Core, id",
            "link": format!("{spec}/spec.md#id"),
            "says": "`id` is required",
            "verdict": "wrong",
            "request": "no `id`",
            "expected": "a 4xx",
            "got": "202",
            "said": "",
        })
    );
    assert_eq!(
        *case("structured"),
        json!({
            "id": "structured",
            "group": "Structured mode",
            "level": "MUST",
            "section": "HTTP binding §1.4",
            "link": format!("{spec}/bindings/http-protocol-binding.md#14-event-formats"),
            "says": "a plain valid event in JSON is accepted",
            "verdict": "right",
        })
    );
    assert_eq!(case("challenge")["verdict"], "not_applicable");
    assert_eq!(case("challenge")["why"], "no credentials were given that could be left out");
}

#[test]
fn a_run_that_ends_early_says_so() {
    let options = Options { presented: Presented::Something, ..options() };
    let mut run = Run::new(&options);
    assert_eq!((run.done(), run.case().unwrap().id), (0, "structured"));
    run.take(status(202));
    assert_eq!((run.done(), run.case().unwrap().id), (1, "content-type-parameters"));
    let report = run.finish();
    assert_eq!(report.summary().right, 1);
    let left = Verdict::NotApplicable("its requests were not sent".to_owned());
    assert!(report.findings().iter().skip(1).all(|finding| finding.verdict == left));
}
