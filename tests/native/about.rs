//! What the log says an event is about, which must be what Elytra's model says, wherever it is in `data`.

use elytra_events::CloudEvent;
use elytra_webhooks::about::About;

use crate::support::event;

fn about(members: &str) -> About {
    About::new(&CloudEvent::from_json(&event(members)).unwrap())
}

/// What the log says of this `data`: the type and the id of the object.
fn object(data: &str) -> (Option<String>, Option<String>) {
    let About { object_type, object_id, .. } = about(&format!(r#""data":{data}"#));
    (object_type, object_id)
}

#[test]
fn the_object_is_found_wherever_it_is() {
    let product = (Some("product"), Some("4711"));
    let id_alone = (None, Some("4711"));
    for (why, data, expected) in [
        ("models: as Elytra names them", r#"{"objectId":4711,"objectType":"product"}"#, product),
        ("an id may be a string", r#"{"objectId":"4711","objectType":"product"}"#, product),
        ("before the data", r#"{"objectId":4711,"objectType":"product","objectData":{}}"#, product),
        (
            "behind it",
            r#"{"objectData":{"a":[1]},"objectId":4711,"objectType":"product"}"#,
            product,
        ),
        (
            "around it",
            r#" { "objectId" : 4711 , "objectData":[{}] , "objectType":"product" } "#,
            product,
        ),
        ("between two", r#"{"a":{},"objectId":4711,"objectType":"product","b":[]}"#, product),
        ("one between two", r#"{"objectId":4711,"a":{},"objectType":"product","b":[]}"#, product),
        ("a name with an escape", r#"{"object\u0049d":4711,"objectType":"product"}"#, product),
        ("a text with an escape", r#"{"objectId":4711,"objectType":"pro\u0064uct"}"#, product),
        (
            "quotes in the texts around them",
            r#"{"a":"\\\"\\","objectId":4711,"b":{},"objectType":"product","c":"\"\\\\"}"#,
            product,
        ),
        ("no type", r#"{"objectId":4711}"#, id_alone),
        ("a type that is no text", r#"{"objectId":4711,"objectType":7}"#, id_alone),
        ("null is as good as absent", r#"{"objectId":4711,"objectType":null}"#, id_alone),
        (
            "an id that is no integer",
            r#"{"objectId":4.5,"objectType":"product"}"#,
            (Some("product"), None),
        ),
        (
            "that of another object",
            r#"{"objectData":{"objectId":4711,"objectType":"product"}}"#,
            (None, None),
        ),
        ("in a list", r#"["objectId",4711,"objectType","product"]"#, (None, None)),
        (
            "twice: which one is meant?",
            r#"{"objectId":1,"objectId":4711,"objectType":"product"}"#,
            (None, None),
        ),
        (
            "twice, around it",
            r#"{"objectId":1,"a":{},"objectId":4711,"objectType":"a"}"#,
            (None, None),
        ),
        (
            "its data twice",
            r#"{"objectId":1,"objectData":1,"objectType":"a","objectData":2}"#,
            (None, None),
        ),
        ("no object", "4711", (None, None)),
        ("nothing in it", "{}", (None, None)),
    ] {
        let expected = (expected.0.map(str::to_owned), expected.1.map(str::to_owned));
        assert_eq!(object(data), expected, "{why}: {data}");
    }
}

#[test]
fn texts_are_cut_and_what_is_absent_is_absent() {
    assert_eq!(about(""), About::default(), "no subject and no data");
    assert_eq!(about(r#""data_base64":"eyJvYmplY3RJZCI6MX0=""#), About::default(), "not JSON");
    let long = "é".repeat(300);
    let cut = Some(format!("{}…", "é".repeat(256)));
    let members =
        format!(r#""subject":"{long}","data":{{"objectId":"{long}","objectType":"{long}"}}"#);
    let expected = About { subject: cut.clone(), object_type: cut.clone(), object_id: cut.clone() };
    assert_eq!(about(&members), expected);
    let escaped = members.replace(r#""objectId":""#, r#""objectId":"\u00e9"#);
    assert_eq!(about(&escaped), expected, "the same where all of it must be read");
    let just = "é".repeat(256);
    assert_eq!(about(&format!(r#""subject":"{just}""#)).subject, Some(just));
}
