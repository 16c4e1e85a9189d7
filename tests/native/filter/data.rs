//! Our extensions of the dialects: `object.type`, `object.id` and paths into `data`.

use super::{check, read, wants};
use crate::support::event;

/// Checks one filter with this attribute and value, and an event with this data.
#[track_caller]
fn exact(why: &str, name: &str, value: &str, data: &str, expected: bool) {
    let filters = format!(r#"[{{"exact":{{"{name}":"{value}"}}}}]"#);
    check(why, &filters, &format!(r#""data":{data}"#), expected);
}

const PRODUCT: &str = r#"{"objectId":4711,"objectType":"product",
    "objectData":{"locale":"de","texts":[{"locale":"de"}],"price":1.50,"big":123456789012345678901234567890,
        "exponent":1E+999,"isActive":true,"none":null,"a.b":"dots","":"empty","deep":{"er":{"x":"y"}}}}"#;

#[test]
fn the_object_has_a_type_and_an_id() {
    exact("objectType", "object.type", "product", PRODUCT, true);
    exact("case counts", "object.type", "Product", PRODUCT, false);
    exact("an integer, by its digits", "object.id", "4711", PRODUCT, true);
    exact("not one of the same value", "object.id", "4711.0", PRODUCT, false);
    exact("a string", "object.id", "a-1", r#"{"objectId":"a-1"}"#, true);
    exact("a negative integer", "object.id", "-1", r#"{"objectId":-1}"#, true);
    exact("Elytra has no fractions there", "object.id", "1.5", r#"{"objectId":1.5}"#, false);
    exact("nor booleans", "object.id", "true", r#"{"objectId":true}"#, false);
    exact("a type is a string", "object.type", "5", r#"{"objectType":5}"#, false);
    exact("a path takes what is there", "data.objectType", "5", r#"{"objectType":5}"#, true);
    exact("without it", "object.type", "product", r#"{"objectId":1}"#, false);
    check(
        "prefix",
        r#"[{"prefix":{"object.type":"prod"}}]"#,
        &format!(r#""data":{PRODUCT}"#),
        true,
    );
    check("suffix", r#"[{"suffix":{"object.id":"11"}}]"#, &format!(r#""data":{PRODUCT}"#), true);
}

#[test]
fn a_path_leads_into_data() {
    let path = |why, path: &str, value, expected| {
        exact(why, &format!("data.{path}"), value, PRODUCT, expected);
    };
    path("a member", "objectType", "product", true);
    path("a member of a member", "objectData.locale", "de", true);
    path("deeper", "objectData.deep.er.x", "y", true);
    path("a number by its JSON text", "objectData.price", "1.50", true);
    path("not by its value", "objectData.price", "1.5", false);
    path(
        "a number that no type here holds",
        "objectData.big",
        "123456789012345678901234567890",
        true,
    );
    path("nor any other", "objectData.exponent", "1E+999", true);
    path("a boolean by its JSON text", "objectData.isActive", "true", true);
    path("null is no text", "objectData.none", "null", false);
    path("an object is no text", "objectData.deep", "{}", false);
    path("a list is no text, and has no members", "objectData.texts", "[]", false);
    path("a list has no members", "objectData.texts.locale", "de", false);
    path("a list has no members", "objectData.texts.0", "de", false);
    path("a string has none", "objectType.x", "product", false);
    path("nothing there", "objectData.language", "de", false);
    path("case counts", "objectdata.locale", "de", false);
    path("a dot divides, in names it has no meaning", "objectData.a.b", "dots", false);
}

#[test]
fn data_may_be_anything() {
    for data in ["null", "5", "\"x\"", "[]", r#"[{"a":"b"}]"#, "{}", "true", r#"{"":{"a":"b"}}"#] {
        exact("no such member", "data.a", "b", data, false);
    }
    let filters = r#"[{"exact":{"data.a":"b"}}]"#;
    check("no data", filters, "", false);
    check("bytes are no JSON", filters, r#""data_base64":"eyJhIjoiYiJ9""#, false);
    check("white space", filters, "\"data\": \t\n { \"a\" \n : \t\"b\" } ", true);
    exact("an escaped name is the same name", "data.a", "b", r#"{"\u0061":"b"}"#, true);
    exact("an escaped value is the same value", "data.a", "b", r#"{"a":"\u0062"}"#, true);
    exact("beyond ASCII", "data.größe", "ü", r#"{"gr\u00f6ße":"\u00fc"}"#, true);
}

#[test]
fn ambiguous_members_do_not_match() {
    exact("the member twice", "data.a", "b", r#"{"a":"b","a":"b"}"#, false);
    exact("three times", "data.a", "b", r#"{"a":"b","a":"c","a":"b"}"#, false);
    exact("once escaped", "data.a", "b", r#"{"a":"b","\u0061":"b"}"#, false);
    exact("an ancestor twice", "data.a.b", "c", r#"{"a":{"b":"c"},"a":5}"#, false);
    exact("in the other order", "data.a.b", "c", r#"{"a":5,"a":{"b":"c"}}"#, false);
    exact("another one twice", "data.a", "b", r#"{"x":1,"a":"b","x":2}"#, true);
    exact("elsewhere", "data.a.b", "c", r#"{"a":{"b":"c","x":{"b":"d"}},"b":"e"}"#, true);
}

#[test]
fn odd_siblings_do_not_hide_a_member() {
    let odd = [
        r#""x":1e999"#,
        r#""x":"\ud800""#,
        r#""\ud800":1"#,
        &format!(r#""x":{}{}"#, "[".repeat(500), "]".repeat(500)),
        r#""x":{"a":"c"}"#,
        r#""a.b":"c""#,
    ];
    for odd in odd {
        exact("before", "data.a", "b", &format!(r#"{{{odd},"a":"b"}}"#), true);
        exact("after", "data.a", "b", &format!(r#"{{"a":"b",{odd}}}"#), true);
    }
    let filters = r#"[{"exact":{"data.a":"b","data.x.y.z":"c","data.x.w":"d"}}]"#;
    for data in
        [r#"{"a":"b","x":{"w":"d","y":{"z":"c"}}}"#, r#"{"x":{"y":{"z":"c"},"w":"d"},"a":"b"}"#]
    {
        check("all are objects", filters, &format!(r#""data":{data}"#), true);
    }
    for ancestor in ["1e999", r#""\ud800""#, "[]", "null", "true", r#"{"y":[]}"#, r#"{"y":7}"#] {
        let filters = r#"[{"exact":{"data.a":"b"}},{"not":{"exact":{"data.x.y.z":"c"}}},{"exact":{"data.e.f":"g"}}]"#;
        for data in [
            format!(r#"{{"a":"b","x":{ancestor},"e":{{"f":"g"}}}}"#),
            format!(r#"{{"e":{{"f":"g"}},"x":{ancestor},"a":"b"}}"#),
        ] {
            check(
                "an ancestor that is not an object hides nothing else",
                filters,
                &format!(r#""data":{data}"#),
                true,
            );
        }
    }
    let filters = r#"[{"exact":{"data.a":"b"}},{"not":{"exact":{"data.x":"c"}}},{"not":{"exact":{"data.x.y":"c"}}},{"not":{"exact":{"data.x.y.z":"c"}}},{"exact":{"data.x.v":"w"}}]"#;
    for data in [r#"{"x":{"v":"w","y":5},"a":"b"}"#, r#"{"a":"b","x":{"y":{"z":1},"v":"w"}}"#] {
        check(
            "filters name ancestors of other members",
            filters,
            &format!(r#""data":{data}"#),
            true,
        );
    }
    exact("a lone surrogate is not a text", "data.a", "b", r#"{"a":"\ud800"}"#, false);
}

#[test]
fn all_subscriptions_share_one_walk_through_data() {
    let filters = [
        r#"[{"exact":{"data.a":"1"}}]"#,
        r#"[{"exact":{"data.a":"2"}},{"exact":{"data.b.c":"x"}}]"#,
        r#"[{"exact":{"data.b.c":"x"}}]"#,
        r#"[{"prefix":{"data.b.d":"y"}}]"#,
        r#"[{"exact":{"object.type":"product","data.objectType":"product"}}]"#,
        r#"[{"exact":{"data.b":"x"}}]"#,
    ];
    let config = read(&filters).unwrap();
    let data = r#""data":{"objectType":"product","b":{"d":"yy","c":"x"},"a":1}"#;
    let wanted: Vec<_> = wants(&config, &event(data)).iter().map(Result::is_ok).collect();
    assert_eq!(wanted, [true, false, true, true, true, false]);
}
