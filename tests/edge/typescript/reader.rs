//! The reader in JavaScript, compared with the Worker's own: what it accepts, what it says of the rest, and what it
//! reads in an event.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::Stdio;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use edge::{Receiver, Settings, Shop, event, tools};
use elytra_events::{CloudEvent, Data, DataRef, MAX_ATTRIBUTES, NotWhole};
use serde_json::{Value, json};

use super::{Project, with};
use crate::delivery::delicate;
use crate::durability::large;

#[test]
fn tables_of_the_reader() {
    let project = Project::new();
    let mut node = tools().node().unwrap();
    let output = node.args(["--test", "events.test.mjs"]).current_dir(project.path()).output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("# pass 17"), "{said}");
}

/// What the reader in JavaScript makes of a task for `read.mjs`.
#[track_caller]
fn read(project: &Project, task: &Value) -> Value {
    let mut node = tools().node().unwrap();
    let mut node = node
        .arg("read.mjs")
        .current_dir(project.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    node.stdin.take().unwrap().write_all(task.to_string().as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The same by the reader in Rust.
fn expected(text: &str) -> Value {
    let event = match CloudEvent::from_json(text) {
        Ok(event) => event,
        Err(invalid) => {
            let violations = invalid.violations.iter().map(|violation| {
                json!([violation.attribute, violation.code(), violation.problem.to_string()])
            });
            return json!({ "id": invalid.id, "violations": violations.collect::<Value>() });
        }
    };
    let (json, base64) = match event.data() {
        None => (None, None),
        Some(Data::Json(text)) => (Some(text), None),
        Some(Data::Base64(text)) => (None, Some(text)),
    };
    let object = event.object();
    let core = event.core_attributes().map(|(name, value)| json!([name, value]));
    let extensions = event.extensions().map(|(name, value)| json!([name, value.to_text()]));
    let nanoseconds = event.time().map(|time| {
        let instant = time.instant();
        let seconds = i128::from(instant.timestamp()) * 1_000_000_000;
        (seconds + i128::from(instant.timestamp_subsec_nanos())).to_string()
    });
    json!({
        "text": event.as_json(),
        "attributes": core.chain(extensions).collect::<Value>(),
        "data": json,
        "data_base64": base64,
        "event_type": event.event_type().map(|name| name.to_string()),
        "operation": event.operation().map(|name| name.to_string()),
        "object": {
            "type": object.type_,
            "id": object.id.map(|id| id.to_string()),
            "has_data": object.data.is_some(),
        },
        "nanoseconds": nanoseconds,
        "key": event.dataref().map(|DataRef { key, .. }| key.to_owned()),
    })
}

/// What may differ: the order of attributes, and what is said of text that is not JSON.
fn comparable(mut read: Value) -> Value {
    if let Some(attributes) = read["attributes"].as_array_mut() {
        attributes.sort_by_key(ToString::to_string);
    }
    for violation in read["violations"].as_array_mut().into_iter().flatten() {
        if ["not_json", "no_body"].contains(&violation[1].as_str().unwrap()) {
            violation[2] = Value::Null;
        }
    }
    read
}

/// Checks that both readers make the same of these texts.
#[track_caller]
pub(super) fn check(project: &Project, texts: &[String]) {
    let found = read(project, &json!({ "texts": texts }));
    let found = found["texts"].as_array().unwrap();
    assert_eq!(found.len(), texts.len());
    for (text, found) in texts.iter().zip(found) {
        let start: String = text.chars().take(2_000).collect();
        let (found, expected) = (comparable(found.clone()), comparable(expected(text)));
        assert!(found == expected, "{start}\nJavaScript: {found}\nRust: {expected}");
    }
}

/// Values of one attribute, valid and invalid ones: sorted out by the reader in Rust.
const VALUES: [(&str, &[&str]); 6] = [
    (
        "time",
        &[
            "1985-04-12t23:20:50.52z",
            "0000-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59-23:59",
            "2024-02-29T00:00:00Z",
            "2000-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2025-04-31T00:00:00Z",
            "2025-01-01T00:00:00.99999999999999999999Z",
            "2025-01-01T00:00:00.Z",
            "2025-01-01T00:00:00,5Z",
            "1990-12-31T23:59:60Z",
            "1990-12-31T15:59:60-08:00",
            "2017-01-01T05:29:60+05:30",
            "2016-12-31T23:59:60+01:00",
            "2016-12-31T23:58:60Z",
            "2025-13-01T00:00:00Z",
            "2025-00-01T00:00:00Z",
            "2025-01-01T24:00:00Z",
            "2025-01-01T00:60:00Z",
            "2025-01-01T00:00:61Z",
            "2025-01-01T00:00:00+24:00",
            "2025-01-01T00:00:00+00:60",
            "2025-01-01T00:00:00",
            "2025-01-01",
            "2025-1-01T00:00:00Z",
            "",
            "2025-01-01 00:00:00Z",
            "2025-01-01T00:00:00ZZ",
            "２025-01-01T00:00:00Z",
            "2025-01-01T00:00:00😀",
        ],
    ),
    (
        "source",
        &[
            "elytra-pim",
            "https://github.com/cloudevents/spec/pull/123",
            "mailto:a@b.c",
            "urn:uuid:6e8bc430",
            "/a/b",
            "1-555-123-4567",
            "//host/path?query#fragment",
            "?x=1",
            "#",
            "a%20b",
            "a b",
            "ä",
            "a%2",
            "%zz",
            "http://[::1",
            "http://[::1]",
            "http://[::1]:80/",
            "http://[1:2:3:4:5:6:7:8]",
            "http://[1:2:3:4:5:6:7::]",
            "http://[1:2:3:4:5:6:7:8::]",
            "http://[1::2::3]",
            "http://[::ffff:1.2.3.4]",
            "http://[1.2.3.4::]",
            "http://[::1.2.3.04]",
            "http://[::256.1.1.1]",
            "http://[12345::]",
            "http://[v1.a:b]",
            "http://[v.a]",
            "http://[]",
            "1:b",
            "./1:b",
            "a/1:b",
            "<",
            "a:b:c",
            "//a:b",
            "//a:1",
            "//u@h:1",
            "//a@b@c",
            "///",
            "a?b?c/d",
            "a#b#c",
            "a[b]",
            "http://h/[",
            "a\\b",
            "^",
            "{}",
            "//h:",
            ":",
            ":a",
            "a'(b)!*",
            "",
        ],
    ),
    (
        "dataschema",
        &[
            "urn:elytra:product",
            "https://e.example/a#1",
            "/a",
            "a",
            "1a:b",
            "a+b-c.d:e",
            "urn:a b",
            "a:",
            "ä:b",
        ],
    ),
    (
        "datacontenttype",
        &[
            "application/json",
            "Application/JSON",
            "a/json \t;\tx=y ; z=1 ",
            "a/json; x=\"y;/\\\"z\\\\\"",
            "a/json; x=\"\"",
            "a/json;; x=y;",
            "!#$%&'*+-.^_`|~/9",
            " a/b",
            "",
            "application",
            "/json",
            "application/",
            "a/b/c",
            "application /json",
            "a/b, c/d",
            "a/b; x",
            "a/b; x=",
            "a/b; =y",
            "a/b; x=\"y",
            "a/b; x=\"y\" z",
            "a/b x=y",
            "ä/b",
            "a/b;x=ä",
            "a/b;x=\"ä\"",
        ],
    ),
    (
        "subject",
        &[
            "x",
            "",
            "a\nb",
            "é\u{7f}",
            "a😀\u{9f}",
            "\u{fdcf}\u{fdf0}",
            "\u{fdd0}",
            "\u{fdef}",
            "\u{fffe}",
            "😀\u{10ffff}",
            "\u{fffd}",
            "\u{1fffe}",
            "\u{0}",
        ],
    ),
    (
        "dataref",
        &[
            "kv:CLAIMS/a#/data",
            "kv:CLAIMS/a/b#/data_base64",
            "kv:CLAIMS/a\u{2028}#/data",
            "kv:OTHER/a#/data",
            "x",
        ],
    ),
];

/// Whole members. Each `·` is half of a surrogate pair, escaped.
const MEMBERS: &[&str] = &[
    r#""time":null,"subject":null,"x":null"#,
    r#""data_base64":null,"data":1"#,
    r#""x":"""#,
    r#""007":true"#,
    r#""subj\u0065ct":"x""#,
    r#""x":-0"#,
    r#""x":2147483647,"y":-2147483648"#,
    r#""x":2147483648"#,
    r#""x":-2147483649"#,
    r#""x":1.0"#,
    r#""x":1e3"#,
    r#""x":{}"#,
    r#""x":[1]"#,
    r#""subject":1.5"#,
    r#""time":{}"#,
    r#""x":"\ud800""#,
    r#""x":"\ud83d\ude00""#,
    r#""":1"#,
    r#""event_type":1"#,
    r#""é":1"#,
    r#""__proto__":1"#,
    r#""constructor":"x","tostring":1"#,
    r#""id":"2""#,
    r#""i\u0064":"2""#,
    r#""x":1,"x":1,"x":1"#,
    r#""y":[],"y":{}"#,
    r#""data":1,"data":2"#,
    r#""data_base64":"","data_base64":"""#,
    r#""data":1,"data_base64":"""#,
    r#""data_base64":"?","data":null"#,
    r#""data_base64":"Zg==""#,
    r#""data_base64":"Zh==""#,
    r#""data_base64":"Zg""#,
    r#""data_base64":"Zg=""#,
    r#""data_base64":"====""#,
    r#""data_base64":"Zm 9v""#,
    r#""data_base64":"Zm9\/""#,
    r#""data_base64":1"#,
    r#""data_base64":"\ud800""#,
    r#""eventtype":"product_text","operation":"modify""#,
    r#""eventtype":"","operation":"""#,
    r#""eventtype":5,"operation":false"#,
    r#""eventtype":null"#,
    r#""Bad":1,"time":"now","x":1.5,"y":{},"subject":"""#,
    r#""data":{"objectId":9007199254740993,"objectType":"product","objectData":{"a":1}}"#,
    r#""data":{"objectId":-0,"objectData":null,"objectType":null}"#,
    r#""data":{"objectId":1.0}"#,
    r#""data":{"objectId":"\u0041","object\u0054ype":"\ud800"}"#,
    r#""data":{"objectId":1,"objectId":2}"#,
    r#""data":{"a":1,"a":2,"objectId":1}"#,
    r#""data":{"a":{"objectId":2},"objectId":[1]}"#,
    r#""data": { "objectId" : "a" , "objectData" : false } "#,
    r#""data":"{\"objectId\":1}""#,
    r#""data":[]"#,
    r#""dataref":"kv:CLAIMS/a#/data","data":null"#,
    r#""dataref":5"#,
];

#[test]
fn the_reader_agrees_with_the_workers() {
    let values = VALUES.iter().flat_map(|(name, values)| {
        values.iter().map(move |value| match *name {
            "source" => with(r#""x":1"#).replace(r#""s""#, &json!(value).to_string()),
            _ => with(&format!("{}:{}", json!(name), json!(value))),
        })
    });
    let types = [
        "com.elytra.",
        "com.elytra",
        "com.elytra.a.b_c",
        "com.example.product",
        "Com.elytra.product",
    ];
    let types = types.map(|type_| with(r#""x":1"#).replace("com.elytra.product", type_));
    let versions = ["0.3", "1.0.2", " 1.0", "\\\"", ""]
        .map(|version| with(r#""x":1"#).replace("1.0", version));
    let others = [
        "",
        " \n",
        "{}",
        "{",
        "[",
        "null",
        "true",
        "-1.5e3",
        "[1,",
        "[{}]",
        "\"{}\"",
        "{} {}",
        "{}x",
        "<html>",
        "id=1",
        "{'id':1}",
        "{\"id\":1,}",
        "{\"x\":NaN}",
        "{\"x\":01}",
        "{\"x\":\"a\nb\"}",
        "\u{feff}{}",
        "\u{a0}",
        "{\"a\":1]",
        "{\"a\" 1}",
        "{\"a\":\"\\u12\"}",
        "{\"a\":1 \"b\":2}",
        "{,}",
        "{\"a\":-}",
        "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":[1,]}",
        "{\"a\":tru}",
        "{\"specversion\":1.0,\"id\":1,\"source\":\"\",\"type\":true}",
    ];
    let attributes = |count: usize| {
        let extensions: Vec<_> = (4..count).map(|n| format!(r#""x{n}":{n}"#)).collect();
        with(&extensions.join(","))
    };
    let mut texts: Vec<_> = values.chain(types).chain(versions).collect();
    texts.extend(others.map(str::to_owned));
    texts.extend(MEMBERS.iter().map(|members| with(members)));
    texts.extend([attributes(MAX_ATTRIBUTES), attributes(MAX_ATTRIBUTES + 1)]);
    texts.extend([event("e1", "product"), delicate("product"), large("e1", 200_000)]);
    let long = "x".repeat(300);
    texts.push(with(&format!(r#""A{long}":1,"x{long}":{{}}"#)));

    // And what comes of them if a byte is lost, doubled or replaced.
    let mut random = fastrand::Rng::with_seed(19);
    let sound: Vec<_> =
        MEMBERS.iter().map(|members| with(members)).filter(|text| text.is_ascii()).collect();
    for _ in 0..4_000 {
        let mut text = random.choice(&sound).unwrap().clone().into_bytes();
        let at = random.usize(..text.len());
        match random.u8(..3) {
            0 => drop(text.remove(at)),
            1 => text.insert(at, text[at]),
            _ => text[at] = *random.choice(b"{}[]\",:\\ u0123456789eE+-.tfnax\t\n\x01=").unwrap(),
        }
        let text = String::from_utf8(text).unwrap();
        // Rust calls half a pair in a name no JSON, and JavaScript calls it a bad name.
        if !text.to_ascii_lowercase().contains("\\ud8") {
            texts.push(text);
        }
    }
    check(&Project::new(), &texts);
}

#[test]
fn a_dataref_is_followed_as_in_rust() {
    let dataref = r#""dataref":"kv:CLAIMS/a#/data""#;
    let messages = [
        with(&format!(r#""subject":"a","n":1,{dataref}"#)),
        with(dataref),
        with(&format!(r#"{dataref},"data":1"#)),
        with(r#""x":1"#),
    ];
    let stored = [
        with(r#""n":1,"data":[1, 2],"subject":"a""#),
        with(r#""n":"1","data":null,"subject":"a""#),
        with(r#""n":true,"data":1,"subject":"a""#),
        with(r#""subject":"a","data":1"#),
        with(r#""data":1"#),
        with(r#""data_base64":"AA==","dataref":"kv:CLAIMS/other#/data""#),
        with(r#""data":1"#).replace("e1", "e2"),
        "{}".to_owned(),
        String::new(),
    ];
    let pairs: Vec<_> = messages
        .iter()
        .flat_map(|message| stored.iter().map(|stored| (message.clone(), stored.clone())))
        .collect();
    let found = read(&Project::new(), &json!({ "datarefs": pairs }));
    for ((message, stored), found) in pairs.iter().zip(found["datarefs"].as_array().unwrap()) {
        let event = CloudEvent::from_json(message).unwrap();
        let expected = match event.whole(stored) {
            Ok(whole) => json!({ "whole": whole.as_json() }),
            // The event has all of its data.
            Err(NotWhole::NoDataref) => json!({ "whole": message }),
            Err(NotWhole::NotAnEvent) => json!({ "error": "not_an_event" }),
            Err(NotWhole::OtherAttributes) => json!({ "error": "other_attributes" }),
        };
        assert_eq!(*found, expected, "{message}\n{stored}");
    }
}

/// A receiver that sends every event to the shop twice, once in each mode.
fn receiver_with(shop: &Shop) -> Receiver {
    let url = shop.url();
    let vars = format!(
        r#"
        [vars.WEBHOOK]
        auth_type = "bearer"
        auth = {{ token = "TOKEN" }}

        [vars.SUBSCRIPTION_STRUCTURED]
        webhook = {{ url = "{url}/structured", allow_insecure = true }}

        [vars.SUBSCRIPTION_BINARY]
        webhook = {{ url = "{url}/binary", allow_insecure = true, mode = "binary" }}
        "#
    );
    let settings = Settings::new(vars).with_secret("TOKEN", "right-token");
    Receiver::start(&settings.with_webhooks().with_kv("CLAIMS"))
}

/// What an HTTP destination gets in either mode is the event that was sent to the Worker.
#[test]
fn calls_of_the_worker_are_read() {
    let shop = Shop::open();
    let receiver = receiver_with(&shop);
    let json = r#""datacontenttype":"application/json""#;
    let events = [
        delicate("product"),
        large("large", 200_000).replacen('{', &format!("{{{json},"), 1),
        with(&format!(r#""flag":true,"count":-42,{json},"data":[1.50]"#)),
        with(&format!(r#""subject":"100 % \"Größe\" 😀",{json},"data":null"#)),
        with(r#""datacontenttype":"text/plain","data":"Größe\n""#),
        with(r#""datacontenttype":"image/png","data_base64":"AP97fQ==""#),
        with(r#""operation":"modify""#),
    ];
    let mut sent = BTreeMap::new();
    for (number, text) in events.iter().enumerate() {
        let text = text.replacen(r#""id":"e1""#, &format!(r#""id":"event {number}""#), 1);
        let answer = receiver.post(text.as_str()).send();
        assert_eq!(answer.status, 202, "{}", answer.body);
        sent.insert(CloudEvent::from_json(&text).unwrap().id().to_owned(), text);
    }
    assert_eq!(sent.len(), events.len());

    let orders = shop.orders(2 * events.len());
    let requests = orders.iter().map(|order| {
        // Node's `Request` has the others of its own.
        let is_kept = |name: &str| !["host", "content-length", "transfer-encoding"].contains(&name);
        let headers: Vec<_> = order.headers.iter().filter(|(name, _)| is_kept(name)).collect();
        json!({ "headers": headers, "body": BASE64_STANDARD.encode(&order.body) })
    });
    let task = json!({ "requests": requests.collect::<Value>() });
    let found = read(&Project::new(), &task);
    for (order, found) in orders.iter().zip(found["requests"].as_array().unwrap()) {
        let mut attributes = found["attributes"].as_array().unwrap().iter();
        let id = attributes.find(|attribute| attribute[0] == "id").unwrap();
        let expected = expected(&sent[id[1].as_str().unwrap()]);
        let (mut found, mut expected) = (comparable(found.clone()), comparable(expected));
        if order.path == "/binary" {
            // Only structured mode keeps the text.
            (found["text"], expected["text"]) = (Value::Null, Value::Null);
        }
        assert!(found == expected, "{}\nfound: {found}\nsent: {expected}", order.path);
    }
}
