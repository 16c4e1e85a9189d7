//! Reads `.dev.vars` and the like, as wrangler does with the package dotenv: `NAME=value` or `NAME: value` in lines,
//! quotes of three kinds, comments. Nothing in a value is replaced, and what is no such line is ignored.

use std::collections::BTreeMap;

/// The names and values. Of a name that comes twice, the last value counts.
pub(crate) fn dotenv(text: &str) -> BTreeMap<String, String> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    let mut found = BTreeMap::new();
    let mut rest = &*text;
    while !rest.is_empty() {
        let (pair, behind) = pair(rest.trim_start());
        found.extend(pair);
        rest = behind;
    }
    found
}

/// What the line at the beginning of a text says, and the text after it.
fn pair(text: &str) -> (Option<(String, String)>, &str) {
    let next = text.split_once('\n').map_or("", |(_, next)| next);
    let line = text.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t']));
    let line = line.unwrap_or(text).trim_start_matches([' ', '\t']);
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let (name, rest) = line.split_at(line.find(|c| !is_of_name(c)).unwrap_or(line.len()));
    let value = match rest.strip_prefix(':') {
        Some(value) if value.starts_with([' ', '\t']) => Some(value),
        _ => rest.trim_start_matches([' ', '\t']).strip_prefix('='),
    };
    let Some(value) = value.filter(|_| !name.is_empty()) else { return (None, next) };
    let value = value.trim_start_matches([' ', '\t']);
    for quote in ['\'', '"', '`'] {
        // A quote that is never closed is part of the value.
        let Some((inner, behind)) = value.strip_prefix(quote).and_then(|rest| quoted(rest, quote))
        else {
            continue;
        };
        let inner = match quote {
            '"' => inner.replace("\\n", "\n").replace("\\r", "\r"),
            _ => inner.to_owned(),
        };
        let next = behind.split_once('\n').map_or("", |(_, next)| next);
        return (Some((name.to_owned(), inner)), next);
    }
    let end = value.find(['#', '\n']).unwrap_or(value.len());
    let value = value.get(..end).unwrap_or(value).trim();
    (Some((name.to_owned(), value.to_owned())), next)
}

/// The text up to the quote that ends it, and what is behind. A backslash keeps a quote from ending it.
fn quoted(text: &str, quote: char) -> Option<(&str, &str)> {
    let mut is_escaped = false;
    for (place, c) in text.char_indices() {
        if c == quote && !is_escaped {
            let behind = text.get(place..)?.strip_prefix(quote)?;
            return Some((text.get(..place)?, behind));
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::dotenv;

    #[test]
    fn values_are_read_as_wrangler_reads_them() {
        let cases = [
            ("plain", "A=b", Some("b")),
            ("spaces around", "  A =  b c \n", Some("b c")),
            ("a colon", "A: b", Some("b")),
            ("export", "export A=b", Some("b")),
            ("nothing is replaced", "A=ab$cd", Some("ab$cd")),
            ("nor in double quotes", "A=\"ab$HOME\"", Some("ab$HOME")),
            ("a comment ends it", "A=ab#cd", Some("ab")),
            ("not in quotes", "A='ab#cd' # ours", Some("ab#cd")),
            ("backticks are quotes", "A=`x`", Some("x")),
            ("a backslash is one", "A=a\\\\b", Some("a\\\\b")),
            ("line ends in double quotes", "A=\"a\\nb\"", Some("a\nb")),
            ("and not in single ones", "A='a\\nb'", Some("a\\nb")),
            ("several lines in quotes", "A=\"a\nb\"\nB=c", Some("a\nb")),
            ("a quote that is not closed", "A=\"b\nB=c", Some("\"b")),
            ("the last one counts", "A=b\nA=c", Some("c")),
            ("a bad line is ignored", "what is this\nA=b", Some("b")),
            ("a mark, and the line ends of Windows", "\u{feff}A=b\r\nB=c\r\n", Some("b")),
            ("an empty value", "A=\nB=c", Some("")),
            ("a comment", "# A=b", None),
            ("no value", "A", None),
        ];
        for (why, text, expected) in cases {
            assert_eq!(dotenv(text).get("A").map(String::as_str), expected, "{why}");
        }
    }
}
