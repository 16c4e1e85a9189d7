//! Media types by RFC 2046, as they stand in `Content-Type` and `datacontenttype`.

/// A media type: `type/subtype` and any parameters. Borrowed from the text, case kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaType<'a> {
    type_: &'a str,
    subtype: &'a str,
    charset: Option<&'a str>,
}

impl<'a> MediaType<'a> {
    /// Reads the whole of `text` as one media type: `type/subtype *(; name=value)`, where a value
    /// is a token or a quoted string. White space around the semicolons is allowed, as in HTTP.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut rest = text.trim_matches([' ', '\t']);
        let type_ = token(&mut rest)?;
        rest = rest.strip_prefix('/')?;
        let subtype = token(&mut rest)?;
        let mut charset = None;
        loop {
            rest = rest.trim_start_matches([' ', '\t']);
            if rest.is_empty() {
                return Some(Self { type_, subtype, charset });
            }
            rest = rest.strip_prefix(';')?.trim_start_matches([' ', '\t']);
            // HTTP (RFC 9110 section 5.6.6) allows a semicolon with nothing behind it.
            if rest.is_empty() || rest.starts_with(';') {
                continue;
            }
            let name = token(&mut rest)?;
            rest = rest.strip_prefix('=')?;
            let value =
                if rest.starts_with('"') { quoted_string(&mut rest)? } else { token(&mut rest)? };
            if name.eq_ignore_ascii_case("charset") {
                charset = Some(value);
            }
        }
    }

    /// Whether this is `type/subtype`, in any case and whatever its parameters.
    #[must_use]
    pub fn is(&self, type_: &str, subtype: &str) -> bool {
        self.type_.eq_ignore_ascii_case(type_) && self.subtype.eq_ignore_ascii_case(subtype)
    }

    /// Whether the content is JSON: a subtype `json` or one ending in `+json`, of any type
    /// (`CloudEvents` JSON format section 3.1).
    #[must_use]
    pub fn is_json(&self) -> bool {
        let suffix = self.subtype.rsplit('+').next().unwrap_or_default();
        suffix.eq_ignore_ascii_case("json")
    }

    /// Whether the content is text that UTF-8 can be: of type `text`, and of no other charset.
    #[must_use]
    pub fn is_utf8_text(&self) -> bool {
        let is_utf8 = |charset: &str| {
            ["utf-8", "us-ascii"].iter().any(|utf8| charset.eq_ignore_ascii_case(utf8))
        };
        self.type_.eq_ignore_ascii_case("text") && self.charset.is_none_or(is_utf8)
    }
}

/// Takes a token (RFC 9110 section 5.6.2) off the front.
fn token<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let end = rest.find(|c: char| !is_token_character(c)).unwrap_or(rest.len());
    let (token, behind) = rest.split_at_checked(end)?;
    *rest = behind;
    (!token.is_empty()).then_some(token)
}

/// Whether the character may stand in a token, such as a header's name.
pub(crate) fn is_token_character(character: char) -> bool {
    let is_mark = |character| {
        matches!(
            character,
            '!' | '#'
                | '$'
                | '%'
                | '&'
                | '\''
                | '*'
                | '+'
                | '-'
                | '.'
                | '^'
                | '_'
                | '`'
                | '|'
                | '~'
        )
    };
    character.is_ascii_alphanumeric() || is_mark(character)
}

/// Takes a quoted string (RFC 9110 section 5.6.4) off the front: what stands between the quotes,
/// as it stands there.
fn quoted_string<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let quoted = rest.strip_prefix('"')?;
    let mut characters = quoted.chars();
    loop {
        match characters.next()? {
            '"' => {
                *rest = characters.as_str();
                return quoted.get(..quoted.len() - rest.len() - 1);
            }
            '\\' => {
                characters.next()?;
            }
            _ => {}
        }
    }
}
