//! The tokens of an expression: words, strings and symbols (2.2, 2.3).

use std::borrow::Cow;

use super::MAX_LENGTH;
use super::error::{ErrorKind, ParseError};
use super::names::{Names as _, names};

/// A part of an expression, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind<'t>,
    /// Its start and end, in bytes.
    pub(super) start: usize,
    pub(super) end: usize,
    /// As written.
    pub(super) text: &'t str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind<'t> {
    /// A keyword, in any case.
    Keyword(Keyword),
    /// Any other word, or digits: the name of an attribute or function, or a number.
    Word,
    /// A string literal, and its value.
    Text(Cow<'t, str>),
    /// An operator or a bracket.
    Symbol(Symbol),
    /// After the last token. Only the cursor produces it.
    End,
}

names! {
    /// The words that cannot be the name of an attribute or function.
    pub(super) enum Keyword {
        And = "AND",
        Or = "OR",
        Xor = "XOR",
        Not = "NOT",
        Like = "LIKE",
        Exists = "EXISTS",
        In = "IN",
        True = "TRUE",
        False = "FALSE",
    }
}

names! {
    /// Tokens that are not words. If one is the start of another, the longer one comes first.
    pub(super) enum Symbol {
        NotEqual = "!=",
        LessGreater = "<>",
        GreaterOrEqual = ">=",
        LessOrEqual = "<=",
        Equal = "=",
        Greater = ">",
        Less = "<",
        Plus = "+",
        Minus = "-",
        Star = "*",
        Slash = "/",
        Percent = "%",
        Open = "(",
        Close = ")",
        Comma = ",",
    }
}

/// Splits the whole text into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, ParseError> {
    let mut tokens = Vec::new();
    let mut length = 0;
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let part = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let Some(first) = part.chars().next() else { return Ok(tokens) };
        let start = text.len() - part.len();
        let (kind, bytes) = token(part, first).map_err(|(found, expected)| ParseError {
            kind: ErrorKind::Parse,
            position: start,
            found,
            expected,
        })?;
        let end = start + bytes;
        length += bytes;
        if length > MAX_LENGTH {
            return Err(ParseError {
                kind: ErrorKind::Parse,
                position: start,
                found: format!("the expression going on beyond {MAX_LENGTH} bytes"),
                expected: "the end of it before that".to_owned(),
            });
        }
        tokens.push(Token { kind, start, end, text: text.get(start..end).unwrap_or_default() });
        at = end;
    }
}

/// The token at the start of a text, and its length in bytes. As an error, what was found and what was
/// expected.
fn token(text: &str, first: char) -> Result<(Kind<'_>, usize), (String, String)> {
    if is_of_word(first) {
        let word = text.split(|character| !is_of_word(character)).next().unwrap_or_default();
        let mut keywords = Keyword::ALL.iter();
        let keyword = keywords.find(|keyword| keyword.as_str().eq_ignore_ascii_case(word));
        let kind = keyword.map_or(Kind::Word, |keyword| Kind::Keyword(*keyword));
        return Ok((kind, word.len()));
    }
    if let '\'' | '"' = first {
        let (value, bytes) = string(text, first).ok_or_else(|| {
            (format!("a string without an end, begun by {first}"), format!("a closing {first}"))
        })?;
        return Ok((Kind::Text(value), bytes));
    }
    let mut symbols = Symbol::ALL.iter();
    let symbol = symbols.find(|symbol| text.starts_with(symbol.as_str()));
    match symbol {
        Some(symbol) => Ok((Kind::Symbol(*symbol), symbol.as_str().len())),
        None => Err((format!("{first:?}"), "a name, a number, a string or an operator".to_owned())),
    }
}

fn is_of_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

/// The value of the string literal at the start of a text, and its length in bytes. A backslash and the
/// character after it are kept as they are, unless that character is the string's own quote.
fn string(text: &str, quote: char) -> Option<(Cow<'_, str>, usize)> {
    let inner = text.get(1..)?;
    let mut characters = inner.char_indices();
    let mut value = None;
    let mut taken = 0;
    while let Some((at, character)) = characters.next() {
        if character == quote {
            let rest = inner.get(taken..at)?;
            let value = match value {
                None => Cow::Borrowed(rest),
                Some(value) => Cow::Owned(value + rest),
            };
            return Some((value, at + 2));
        }
        if character == '\\' {
            let (at_escaped, escaped) = characters.next()?;
            if escaped == quote {
                value.get_or_insert_with(String::new).push_str(inner.get(taken..at)?);
                taken = at_escaped;
            }
        }
    }
    None
}
