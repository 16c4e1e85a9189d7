//! Media types by RFC 2046, as they stand in `Content-Type` and `datacontenttype`.

/// A media type: `type/subtype` and any parameters. Borrowed from the text, case kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaType<'a> {
    type_: &'a str,
    subtype: &'a str,
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
        loop {
            rest = rest.trim_start_matches([' ', '\t']);
            if rest.is_empty() {
                return Some(Self { type_, subtype });
            }
            rest = rest.strip_prefix(';')?.trim_start_matches([' ', '\t']);
            // HTTP (RFC 9110 section 5.6.6) allows a semicolon with nothing behind it.
            if rest.is_empty() || rest.starts_with(';') {
                continue;
            }
            token(&mut rest)?;
            rest = rest.strip_prefix('=')?;
            if rest.starts_with('"') {
                quoted_string(&mut rest)?;
            } else {
                token(&mut rest)?;
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
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}

/// Takes a quoted string (RFC 9110 section 5.6.4) off the front.
fn quoted_string(rest: &mut &str) -> Option<()> {
    let mut characters = rest.strip_prefix('"')?.chars();
    loop {
        match characters.next()? {
            '"' => {
                *rest = characters.as_str();
                return Some(());
            }
            '\\' => {
                characters.next()?;
            }
            _ => {}
        }
    }
}
