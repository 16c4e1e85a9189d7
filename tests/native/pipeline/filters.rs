//! What a sender and the log learn about an event that filters keep out.

use super::{Expected, Memory, Request, WEBHOOK, ask, check_answer, configure};

#[test]
fn an_event_that_is_filtered_out_has_its_reason() {
    let config = configure(
        WEBHOOK,
        &[
            ("A", r#"{"filters":[{"exact":{"data.objectData.locale":"de"}}],"queue":"QUEUE"}"#),
            (
                "B",
                r#"{"filters":[{"not":{"prefix":{"subject":"import/"}}}],"kv":{"binding":"KV"}}"#,
            ),
        ],
    );
    let memory = Memory::default();
    let members = r#""subject":"import/7","data":{"objectId":4711,"objectType":"product","objectData":{"locale":"en"}}"#;
    let reasons = [
        r#"filters[0].exact: data.objectData.locale is \"en\", not \"de\""#,
        r#"filters[0].not.prefix: subject is \"import/7\", and begins with \"import/\""#,
    ];
    let [a, b] = reasons;
    let body = format!(
        r#"{{"code":"ignored","id":"1","detail":"no subscription wants this event","reasons":[{{"subscription":"a","code":"filter_not_matched","message":"{a}"}},{{"subscription":"b","code":"filter_not_matched","message":"{b}"}}]}}"#
    );
    let log = format!(
        r#"{{"outcome":"ignored","code":"ignored","status":200,"mode":"structured","id":"1","source":"s","type":"t","subject":"import/7","object_type":"product","object_id":"4711","reasons":["a: {a}","b: {b}"],"auth_type":"bearer","credential":"TOKEN","milliseconds":0}}"#
    );
    let expected = Expected { status: 200, headers: "", body: &body, log: &log };
    let answer = ask(Ok(&config), Request::event(members), &memory);
    check_answer("the same words", &answer, &expected);
    assert!(memory.held().is_empty());

    let members = r#""subject":"import/7","data":{"objectData":{"locale":"de"}}"#;
    let answer = ask(Ok(&config), Request::event(members), &memory);
    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(memory.held().len(), 1, "{:?}", memory.held());
    assert!(answer.body.contains(r#""subscriptions":["a"]"#), "{answer:?}");
}
