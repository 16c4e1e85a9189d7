//! The values of an event's headers (HTTP binding section 3.1.3.2): unquoted, then decoded once.

use elytra_events::http::{HeaderError, Mode};
use elytra_events::{AttributeValue, InvalidEvent, Problem};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use test_support::{Head, check_faults, decode_one, property};

/// The extension `x` of an event whose header says this.
fn decode_header(value: &str) -> Result<String, InvalidEvent> {
    let head = Head::default().with_event().with("ce-x", value);
    let event = decode_one(Mode::Binary, &head, b"")?;
    match event.extension("x") {
        Some(AttributeValue::String(text)) => Ok(text.to_string()),
        other => panic!("{other:?}: a header is a string"),
    }
}

#[track_caller]
fn check(why: &str, value: &str, expected: &str) {
    let decoded = decode_header(value).unwrap_or_else(|invalid| panic!("{why}: {invalid:?}"));
    assert_eq!(decoded, expected, "{why}");
}

#[track_caller]
fn refuse(why: &str, value: &str, text: &str) {
    let invalid = decode_header(value).unwrap_err();
    let text = format!("x: the header cannot be decoded: {text}");
    check_faults(why, &invalid, &[("bad_header", &text)]);
}

#[test]
fn what_is_not_encoded_is_what_it_is() {
    check("plain", "elytra-pim", "elytra-pim");
    check("an extension may be empty", "", "");
    check("a plus is no space here", "a+b", "a+b");
    check("spaces inside", "two words", "two words");
    check(
        "UTF-8 as it is: senders ought to encode it, receivers can read it",
        "Jürgen €",
        "Jürgen €",
    );
    check("a quote inside opens nothing", "a\"b\"", "a\"b\"");
    check("a backslash escapes only within quotes", r"a\b\\c", r"a\b\\c");
    check("values keep their type: a string", "true", "true");
    check("and so does a number", "007", "007");
}

#[test]
fn percent_encoding_is_decoded_once() {
    check("the example of HTTP binding 3.1.3.2", "Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀");
    check("RFC 3986 2.1: lower-case digits", "%e2%82%ac", "€");
    check("digits of both cases", "%E2%82%aC", "€");
    check("needless encoding", "%41%2d%7A", "A-z");
    check("encoded percent signs", "100%25", "100%");
    check("exactly one round: decoding twice is a defect", "%2525", "%25");
    check("nor is what decoding makes decoded", "%2541", "%41");
    check("an encoded quote opens nothing", "%22a%22", "\"a\"");
    check("an encoded backslash escapes nothing", "%5C%22", "\\\"");
    check("a character put together of plain and encoded", "a%C3%A9b", "aéb");
    check("encoded and not encoded side by side", "é%C3%A9", "éé");
    check("U+FFFD that the sender wrote", "%EF%BF%BD", "\u{fffd}");
    check("in lower case as well", "a%ef%bf%bdb", "a\u{fffd}b");
}

#[test]
fn quotes_are_taken_off_first() {
    check("RFC 7230 3.2.6", r#""quoted""#, "quoted");
    check("with spaces", r#"" a b ""#, " a b ");
    check("an empty one", r#""""#, "");
    check("an escaped quote", r#""a\"b""#, "a\"b");
    check("an escaped backslash", r#""a\\b""#, r"a\b");
    check("needless escapes", r#""\a\b\%41""#, "abA");
    check("what is unquoted is then decoded", r#""a%20b%22""#, "a b\"");
    check("an escaped percent sign is one, and then begins a code", r#""\%2541""#, "%41");
    check("one code put together of escapes", r#""%\2\0""#, " ");
    check("characters of several bytes behind a backslash", r#""\é\€""#, "é€");
    check("a comma and a semicolon", r#""a, b; c""#, "a, b; c");
}

#[test]
fn broken_quotes_are_told() {
    refuse("never closed", "\"a", "a quote is not closed");
    refuse("a quote alone", "\"", "a quote is not closed");
    refuse("the end is escaped", r#""a\""#, "a quote is not closed");
    refuse("ends with a backslash", "\"a\\", "a quote is not closed");
    refuse("more behind", r#""a"b"#, "unexpected character at position 3, after the closing quote");
    refuse(
        "a space behind",
        r#""é" "#,
        "unexpected character at position 4, after the closing quote",
    );
    let joined = "unexpected character at position 3, after the closing quote";
    refuse("two quoted strings, as of a repeated header", r#""a", "b""#, joined);
}

#[test]
fn broken_percent_encoding_is_told() {
    let at = |at| format!("expected two hexadecimal digits after '%' at position {at}");
    refuse("a percent sign alone", "%", &at(0));
    refuse("at the end", "100%", &at(3));
    refuse("one digit", "a%4", &at(1));
    refuse("one digit and another character", "%4g", &at(0));
    refuse("no hexadecimal digits", "%zz", &at(0));
    refuse("a space behind it", "100% sure", &at(3));
    refuse("digits of another script", "%４１", &at(0));
    refuse("half a character behind it", "%4é", &at(0));
    refuse("a plus is no digit", "%+1", &at(0));
    refuse("two percent signs are no escape", "%%41", &at(0));
    refuse("the first that is wrong", "%41%%42", &at(3));
    refuse("in quotes, counted behind the quote", "\"ab%\"", &at(2));
    let invalid = decode_header("%").unwrap_err();
    let error = HeaderError::MalformedPercent { at: 0 };
    assert_eq!(invalid.violations[0].problem, Problem::BadHeader(error), "data, not only text");
}

#[test]
fn what_is_not_utf8_is_refused() {
    let text = "what is percent-encoded is not UTF-8";
    for (why, value) in [
        ("HTTP binding 3.1.3.2: an overlong NUL", "%C0%80"),
        ("cloudevents.md: an overlong space", "%C0%A0"),
        ("Latin-1", "%E9"),
        ("an encoded surrogate", "%ED%A0%80"),
        ("both halves of a pair, which is CESU-8", "%ED%A0%BD%ED%B8%80"),
        ("beyond U+10FFFF", "%F4%90%80%80"),
        ("cut off", "%E2%82"),
        ("a byte that only continues", "a%80"),
        ("half encoded, half of another character", "%C3é"),
    ] {
        refuse(why, value, text);
    }
    let broken = "the header's bytes are not UTF-8, expected percent-encoding";
    refuse("the runtime's mark of broken bytes", "J\u{fffd}rgen", broken);
    refuse("within quotes", "\"\u{fffd}\"", broken);
    refuse("beside an encoded one", "%EF%BF%BD\u{fffd}", broken);
}

#[test]
fn what_is_decoded_is_checked_as_every_string() {
    for (value, code_point, at) in [
        ("%00", "0000", 0),
        ("a%0D%0A", "000D", 1),
        ("%7F", "007F", 0),
        ("é%C2%85", "0085", 1),
        ("%EF%BF%BE", "FFFE", 0),
    ] {
        let text = format!("x: forbidden character U+{code_point} at position {at}");
        let invalid = decode_header(value).unwrap_err();
        check_faults("core 2.3, String", &invalid, &[("forbidden_character", &text)]);
    }
}

#[test]
fn what_is_percent_encoded_decodes_to_itself() {
    let allowed = |text: &String| {
        text.chars().all(|c| !c.is_control() && (u32::from(c) & 0xFFFE) != 0xFFFE)
            && !text.chars().any(|c| ('\u{fdd0}'..='\u{fdef}').contains(&c))
    };
    property(any::<String>().prop_filter("a CloudEvents string", allowed), |text| {
        let encoded = utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
        assert_eq!(decode_header(&encoded), Ok(text.clone()), "{encoded}");
        let lower = encoded.replace("%E", "%e").replace("%C", "%c").replace("%B", "%b");
        assert_eq!(decode_header(&lower), Ok(text.clone()), "{lower}");
        let twice = utf8_percent_encode(&encoded, NON_ALPHANUMERIC).to_string();
        assert_eq!(decode_header(&twice), Ok(encoded), "one round takes one off: {twice}");
        let escaped = text.replace('\\', r"\\").replace('"', "\\\"").replace('%', "%25");
        if !escaped.contains(char::REPLACEMENT_CHARACTER) {
            assert_eq!(decode_header(&format!("\"{escaped}\"")), Ok(text), "{escaped}");
        }
    });
}

#[test]
fn no_header_panics() {
    property(r#".*|[%"\\a-fA-F0-9é]{0,12}|"[%"\\a-fA-F0-9é]{0,12}""#, |value| {
        if let Err(invalid) = decode_header(&value) {
            assert_eq!(invalid.violations.len(), 1, "{value:?}: {invalid:?}");
            let _ = invalid.violations[0].to_string();
        }
    });
}
