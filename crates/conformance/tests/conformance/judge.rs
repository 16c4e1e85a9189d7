//! Judgements: right, wrong, and when neither can be said.

use std::collections::BTreeMap;

use elytra_webhooks_conformance::{
    Answer, Case, Credentials, Method, Mistake, NoAnswer, Options, Presented, Received, Report,
    Verdict, cases,
};

use crate::support::{answer, options, run, status};

fn case(id: &str) -> Case {
    let options = Options { presented: Presented::Something, ..options() };
    cases(&options).into_iter().find(|case| case.id == id).unwrap()
}

#[track_caller]
fn right(id: &str, answers: &[Answer]) {
    assert_eq!(case(id).judge(answers), Verdict::Right, "{id}");
}

#[track_caller]
fn wrong(id: &str, answers: &[Answer], expected: &str, got: &str) {
    match case(id).judge(answers) {
        Verdict::Wrong(mistake) => assert_eq!((&*mistake.expected, &*mistake.got), (expected, got)),
        other => panic!("{id}: {other:?}"),
    }
}

#[track_caller]
fn not_applicable(id: &str, answers: &[Answer], why: &str) {
    match case(id).judge(answers) {
        Verdict::NotApplicable(reason) => assert!(reason.contains(why), "{id}: {reason}"),
        other => panic!("{id}: {other:?}"),
    }
}

#[test]
fn any_2xx_accepts_and_any_4xx_refuses() {
    for accepted in [200, 201, 202, 204] {
        right("structured", &[status(accepted)]);
        wrong("id-missing", &[status(accepted)], "a 4xx", &accepted.to_string());
    }
    for refused in [400, 401, 404, 415, 422] {
        wrong("structured", &[status(refused)], "a 2xx", &refused.to_string());
        right("id-missing", &[status(refused)]);
    }
    for neither in [302, 500, 503] {
        wrong("structured", &[status(neither)], "a 2xx", &neither.to_string());
        wrong("id-missing", &[status(neither)], "a 4xx", &neither.to_string());
        wrong("json-deep", &[status(neither)], "a 2xx or a 4xx", &neither.to_string());
    }
}

#[test]
fn no_answer_is_wrong_whatever_was_asked() {
    for (cause, got) in [
        (NoAnswer::TimedOut, "no answer in time"),
        (NoAnswer::Closed, "no answer: the connection was closed"),
        (NoAnswer::Failed("refused".to_owned()), "no answer: refused"),
    ] {
        for (id, expected) in
            [("structured", "a 2xx"), ("id-missing", "a 4xx"), ("method", "405 or 501")]
        {
            wrong(id, &[Answer::None(cause.clone())], expected, got);
        }
    }
}

#[test]
fn the_status_counts_where_a_specification_names_it() {
    right("unknown-format", &[status(415)]);
    wrong("unknown-format", &[status(400)], "415", "400");
    wrong("unknown-format", &[status(202)], "415", "202");

    let accepted = || status(202);
    right("size-too-large", &[status(413), accepted()]);
    wrong("size-too-large", &[status(400)], "413", "400");
    wrong("size-too-large", &[status(500)], "413", "500");
    wrong("size-too-large", &[Answer::None(NoAnswer::TimedOut)], "413", "no answer in time");
    // It is dead.
    wrong("size-too-large", &[status(413), status(503)], "a 2xx", "503");
    let closed = || Answer::None(NoAnswer::Closed);
    not_applicable("size-too-large", &[closed(), accepted()], "closed, as HTTP allows");
    wrong("size-too-large", &[closed(), closed()], "a 2xx", "no answer: the connection was closed");
    not_applicable("size-too-large", &[accepted(), accepted()], "of this size is accepted");

    right("method", &[status(405)]);
    right("method", &[status(501)]);
    wrong("method", &[status(404)], "405 or 501", "404");
    right("method-allow", &[answer(405, &[("Allow", "PUT, POST")])]);
    wrong("method-allow", &[status(405)], "Allow with POST", "no Allow");
    wrong("method-allow", &[answer(405, &[("allow", "GET")])], "Allow with POST", "Allow: GET");
    not_applicable("method-allow", &[status(404)], "the status is 404");
}

#[test]
fn what_may_be_left_out_is_not_held_against_a_receiver() {
    right("batch", &[status(202)]);
    not_applicable("batch", &[status(415)], "batches are optional");
    wrong("batch", &[status(500)], "a 2xx", "500");
    // Each event has a status of its own there.
    right("batch-invalid-event", &[status(207), status(400)]);

    not_applicable("specversion-old", &[status(202)], "0.3 is accepted too");
    right("specversion-old", &[status(400)]);
    not_applicable("binary-no-data", &[status(400)], "HTTP webhook §2.1");
    right("binary-no-data", &[status(204)]);
    not_applicable("binary-json-broken", &[status(202)], "data are not read");

    // It says nothing about the event.
    not_applicable("structured", &[status(429)], "fewer requests");
    not_applicable("id-missing", &[status(429)], "fewer requests");
}

#[test]
fn successes_say_what_they_should() {
    let with_body = |status: u16, headers: &[(&str, &str)]| match answer(status, headers) {
        Answer::Received(received) => {
            Answer::Received(Received { body: b"{}".to_vec(), ..received })
        }
        none @ Answer::None(_) => none,
    };
    right("success-status", &[status(202)]);
    wrong("success-status", &[status(203)], "200, 201, 202 or 204", "203");
    let json: &[(&str, &str)] = &[("Content-Type", "application/json")];
    right("success-content-type", &[with_body(200, json)]);
    wrong(
        "success-content-type",
        &[with_body(200, &[])],
        "a Content-Type",
        "200 without a Content-Type",
    );
    not_applicable("success-content-type", &[with_body(202, &[])], "the status is 202");
    not_applicable("success-content-type", &[status(200)], "no body");
    right("success-without-payload", &[status(204)]);
    wrong("success-without-payload", &[status(200)], "201, 202 or 204", "200 without a body");
    not_applicable("success-without-payload", &[with_body(200, json)], "has a body");
    wrong("no-redirect", &[status(302)], "no 3xx", "302");
    right("no-redirect", &[status(400)]);
}

#[test]
fn credentials() {
    right("no-credentials", &[status(401)]);
    right("no-credentials", &[status(403)]);
    wrong("no-credentials", &[status(202)], "a 4xx", "202");
    wrong("no-credentials", &[status(302)], "a 4xx", "302");
    right("challenge", &[answer(401, &[("WWW-Authenticate", "Bearer")])]);
    wrong("challenge", &[status(401)], "WWW-Authenticate", "401 without WWW-Authenticate");
    not_applicable("challenge", &[status(403)], "the status is 403");
    assert_eq!(case("no-credentials").requests().next().unwrap().credentials, Credentials::LeftOut);

    // Who presents none is not asked to leave them out.
    let report = run(&options(), |request| {
        assert_eq!(request.credentials, Credentials::Present);
        status(202)
    });
    let why = "no credentials were given that could be left out".to_owned();
    for id in ["no-credentials", "challenge"] {
        assert_eq!(verdict(&report, id), &Verdict::NotApplicable(why.clone()));
    }
}

const ORIGIN: &str = "WebHook-Allowed-Origin";
const RATE: &str = "WebHook-Allowed-Rate";

#[test]
fn consent() {
    let ask = |headers: &[(&str, &str)]| [answer(200, headers)];
    for (origin, rate) in [("elytra.example", "120"), ("*", "*")] {
        let answer = ask(&[(ORIGIN, origin), (RATE, rate)]);
        for id in ["consent-origin", "consent-rate", "consent-whole"] {
            right(id, &answer);
        }
    }
    let expected = "WebHook-Allowed-Origin: elytra.example, or *";
    let got = "WebHook-Allowed-Origin: elytra";
    wrong("consent-origin", &ask(&[(ORIGIN, "elytra")]), expected, got);
    let expected = "WebHook-Allowed-Rate: a positive integer, or *";
    for rate in ["0", "-1", "many", "1.5", ""] {
        let got = format!("WebHook-Allowed-Rate: {rate}");
        wrong("consent-rate", &ask(&[(ORIGIN, "*"), (RATE, rate)]), expected, &got);
    }
    wrong("consent-rate", &ask(&[(ORIGIN, "*")]), expected, "no WebHook-Allowed-Rate");
    let expected = "WebHook-Allowed-Origin beside WebHook-Allowed-Rate";
    wrong("consent-whole", &ask(&[(RATE, "*")]), expected, "no WebHook-Allowed-Origin");
    for id in ["consent-origin", "consent-rate", "consent-whole"] {
        not_applicable(id, &ask(&[]), "the handshake is optional");
        not_applicable(id, &[status(405)], "the handshake is optional");
    }

    right("options", &[status(405)]);
    right("options", &ask(&[("Allow", "POST, OPTIONS")]));
    let expected = "Allow with POST, or 405";
    wrong("options", &ask(&[]), expected, "200, no Allow");
    wrong("options", &[status(404)], expected, "404, no Allow");
}

#[test]
fn the_first_wrong_answer_is_reported_with_what_was_said() {
    let said = "{\n  \"code\": \"ignored\",\u{1b}[31m ".to_owned() + &"x".repeat(500);
    let told = Answer::Received(Received { status: 202, headers: Vec::new(), body: said.into() });
    let verdict = case("specversion-unknown").judge(&[status(400), told]);
    let Verdict::Wrong(Mistake { request, said, .. }) = verdict else { panic!("{verdict:?}") };
    assert_eq!(request, "`2.0`");
    assert!(said.starts_with(r#"{ "code": "ignored",\u{1b}[31m xxx"#), "{said}");
    assert!(said.ends_with("x…") && said.chars().count() == 160, "{said}");

    let verdict = case("specversion-unknown").judge(&[status(202)]);
    assert!(matches!(verdict, Verdict::Wrong(Mistake { request, .. }) if request == "`1.1`"));
    let verdict = case("specversion-unknown").judge(&[status(400)]);
    assert_eq!(verdict, Verdict::NotApplicable("not every request was sent".to_owned()));
}

fn verdict<'r>(report: &'r Report, id: &str) -> &'r Verdict {
    &report.findings().iter().find(|finding| finding.case.id == id).unwrap().verdict
}

/// How many cases of a report have which verdict, by what they expect.
fn wrong_by_expectation(report: &Report) -> BTreeMap<&str, usize> {
    let mut wrong = BTreeMap::new();
    for finding in report.findings() {
        if let Verdict::Wrong(mistake) = &finding.verdict {
            *wrong.entry(&*mistake.expected).or_default() += 1;
        }
    }
    wrong
}

/// A receiver that takes everything is right about what is valid, and wrong about everything else.
#[test]
fn a_receiver_that_answers_200_to_everything() {
    let options = Options { presented: Presented::Something, ..options() };
    let report = run(&options, |_| status(200));
    assert!(report.is_meaningful() && !report.is_right());
    let wrong = wrong_by_expectation(&report);
    assert!(wrong["a 4xx"] > 60, "{wrong:?}");
    assert_eq!(wrong.get("a 2xx"), None, "{wrong:?}");
    for expected in ["415", "405 or 501", "201, 202 or 204", "Allow with POST, or 405"] {
        assert_eq!(wrong[expected], 1, "{expected}");
    }
    for finding in report.findings() {
        let Verdict::Right = finding.verdict else { continue };
        let accepts = ["json-deep", "success-status", "no-redirect"].contains(&finding.case.id)
            || matches!(finding.case.judge(&vec![status(400); 9]), Verdict::Wrong(_));
        // Optional, and taken.
        let takes = ["batch", "binary-no-data"].contains(&finding.case.id);
        assert!(accepts || takes, "{} is right for whoever answers 200", finding.case.id);
    }
}

/// A receiver that refuses everything gets no credit for what it should refuse.
#[test]
fn a_receiver_that_answers_400_to_everything() {
    let mut asked = 0;
    let report = run(&options(), |_| {
        asked += 1;
        status(400)
    });
    assert_eq!(asked, 1);
    assert!(!report.is_meaningful() && !report.is_right());
    assert_eq!(report.summary().right, 0);
    assert_eq!(report.summary().wrong_must, 1);
}

/// One that knows only structured events is not praised for refusing all others.
#[test]
fn a_receiver_that_knows_one_mode() {
    let report = run(&options(), |request| {
        let is_structured = request
            .headers
            .iter()
            .any(|(name, value)| name == "content-type" && value == "application/cloudevents+json");
        let status = if is_structured { 202 } else { 415 };
        answer(status, &[("allow", "POST")])
    });
    assert!(matches!(verdict(&report, "binary"), Verdict::Wrong(_)));
    for (id, needed) in [
        ("binary-id-missing", "binary"),
        ("header-overlong", "binary"),
        ("header-percent", "binary-specversion-unknown"),
        ("header-decoded-once", "header-percent"),
    ] {
        let why = format!("it builds on `{needed}`, which is not right");
        assert_eq!(verdict(&report, id), &Verdict::NotApplicable(why), "{id}");
    }
    let optional = "batches are optional, and not supported".to_owned();
    assert_eq!(verdict(&report, "batch"), &Verdict::NotApplicable(optional));
    let why = "it builds on `batch`, which is not right".to_owned();
    assert_eq!(verdict(&report, "batch-array"), &Verdict::NotApplicable(why));
    assert_eq!(verdict(&report, "unknown-format"), &Verdict::Right);
}

/// What is wrong already is not asked further.
#[test]
fn no_request_is_wasted() {
    let mut others = 0;
    let mut bodies = Vec::new();
    run(&options(), |request| {
        others += usize::from(request.method == Method::Propfind);
        bodies.push(
            String::from_utf8_lossy(request.body.as_deref().unwrap_or_default()).into_owned(),
        );
        status(202)
    });
    assert_eq!(others, 2);
    let asks = |version: &str| {
        let version = format!(r#""specversion":"{version}""#);
        bodies.iter().filter(|body| body.contains(&version)).count()
    };
    assert_eq!((asks("1.1"), asks("2.0")), (1, 0));
}
