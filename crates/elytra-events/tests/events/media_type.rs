//! Media types by RFC 2046.

use elytra_events::MediaType;
use test_support::property;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Json,
    SomethingElse,
}
use Holds::{Json, SomethingElse};

#[track_caller]
fn check_valid(why: &str, text: &str, type_: &str, subtype: &str, holds: Holds) {
    let media_type = MediaType::parse(text).unwrap_or_else(|| panic!("{why}: {text:?}"));
    assert!(media_type.is(type_, subtype), "{why}: {media_type:?}");
    assert_eq!(media_type.is_json(), holds == Json, "{why}");
}

#[track_caller]
fn check_invalid(why: &str, text: &str) {
    assert_eq!(MediaType::parse(text), None, "{why}");
}

#[test]
fn media_types_of_rfc_2046_are_read() {
    check_valid("the plain case", "application/json", "application", "json", Json);
    check_valid("RFC 2045: any case", "Application/JSON", "application", "json", Json);
    check_valid("JSON format 3.1: any type", "text/json", "text", "json", Json);
    check_valid("JSON format 3.1: suffix", "image/x+JSON", "image", "x+json", Json);
    check_valid("only the last suffix counts", "a/json+xml", "a", "json+xml", SomethingElse);
    check_valid("a subtype that only ends so", "a/notjson", "a", "notjson", SomethingElse);
    check_valid("a parameter", "text/plain; charset=utf-8", "text", "plain", SomethingElse);
    check_valid("without the space", "a/json;charset=utf-8", "a", "json", Json);
    check_valid("RFC 9110 5.6.6: spaces", "a/json \t;\tx=y ; z=1 ", "a", "json", Json);
    check_valid("quoted, with all that ends others", r#"a/json; x="y;/\"z\\""#, "a", "json", Json);
    check_valid("an empty quoted string", r#"a/json; x="""#, "a", "json", Json);
    check_valid("RFC 9110 5.6.6: an empty parameter", "a/json;; x=y;", "a", "json", Json);
    check_valid(
        "every token character",
        "!#$%&'*+-.^_`|~/9",
        "!#$%&'*+-.^_`|~",
        "9",
        SomethingElse,
    );
}

#[test]
fn what_is_no_media_type_is_refused() {
    check_invalid("nothing", "");
    check_invalid("spaces", " \t ");
    check_invalid("a type alone", "application");
    check_invalid("no type", "/json");
    check_invalid("no subtype", "application/");
    check_invalid("two slashes", "application/json/x");
    check_invalid("a space inside", "application /json");
    check_invalid("a list, as of a repeated header", "application/json, application/json");
    check_invalid("a parameter without value", "a/b; x");
    check_invalid("a parameter with an empty value", "a/b; x=");
    check_invalid("a parameter without name", "a/b; =y");
    check_invalid("RFC 9110 5.6.6: no space about the equals sign", "a/b; x = y");
    check_invalid("a quote that is never closed", r#"a/b; x="y"#);
    check_invalid("a quote that ends with a backslash", r#"a/b; x="y\"#);
    check_invalid("more behind a quoted string", r#"a/b; x="y"z"#);
    check_invalid("not ASCII", "application/jsön");
}

#[test]
fn what_the_grammar_makes_is_read() {
    let parameter = r#" ?; ?[a-z]{1,5}=([a-z0-9]{1,5}|"([ !#-\[\]-~]|\\[ -~]){0,9}")"#;
    property(format!("[a-z]{{1,9}}/[a-z.+-]{{1,9}}({parameter}){{0,3}}").as_str(), |text| {
        assert!(MediaType::parse(&text).is_some(), "{text}");
    });
}

#[test]
fn no_text_panics() {
    property(r#"[a-z/;="\\ ]{0,20}|.*"#, |text| {
        let _ = MediaType::parse(&text);
    });
}
