//! Media types (RFC 2046), as in `Content-Type` and `datacontenttype`.

/// A media type: `type/subtype` and any parameters.
///
/// # Examples
///
/// ```
/// use elytra_events::MediaType;
///
/// let media_type = MediaType::parse("Application/CloudEvents+JSON; charset=utf-8").unwrap();
/// assert!(media_type.is("application", "cloudevents+json"));
/// assert!(media_type.is_json());
/// assert!(!media_type.is_utf8_text());
/// assert_eq!(MediaType::parse("json"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaType<'a> {
    type_: &'a str,
    subtype: &'a str,
    charset: Option<&'a str>,
}

impl<'a> MediaType<'a> {
    /// Parses the whole text: `type/subtype *(; name=value)`, where a value is a token or a quoted string.
    /// White space around the semicolons is allowed, as in HTTP.
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
            // HTTP (RFC 9110 section 5.6.6) allows a semicolon with nothing after it.
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

    /// Whether this is `type/subtype`, ignoring case and parameters.
    #[must_use]
    pub fn is(&self, type_: &str, subtype: &str) -> bool {
        self.type_.eq_ignore_ascii_case(type_) && self.subtype.eq_ignore_ascii_case(subtype)
    }

    /// Whether the content is JSON: the subtype is `json` or ends in `+json`, and the type may be anything
    /// (`CloudEvents` JSON format section 3.1).
    #[must_use]
    pub fn is_json(&self) -> bool {
        let suffix = self.subtype.rsplit('+').next().unwrap_or_default();
        suffix.eq_ignore_ascii_case("json")
    }

    /// Whether the content is text in UTF-8: the type is `text`, and the charset is UTF-8, ASCII or not
    /// given.
    #[must_use]
    pub fn is_utf8_text(&self) -> bool {
        let is_utf8 = |charset: &str| {
            ["utf-8", "us-ascii"].iter().any(|utf8| charset.eq_ignore_ascii_case(utf8))
        };
        self.type_.eq_ignore_ascii_case("text") && self.charset.is_none_or(is_utf8)
    }
}

/// Removes a token (RFC 9110 section 5.6.2) from the front.
fn token<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let end = rest.find(|c: char| !is_token_character(c)).unwrap_or(rest.len());
    let (token, after) = rest.split_at_checked(end)?;
    *rest = after;
    (!token.is_empty()).then_some(token)
}

/// Whether a token may contain the character.
fn is_token_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}

/// Removes a quoted string (RFC 9110 section 5.6.4) from the front, and returns what is between the quotes
/// without unescaping it.
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
