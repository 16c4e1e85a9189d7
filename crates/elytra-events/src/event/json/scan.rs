//! A fast scanner for JSON: finds where parts start and end, in one pass without allocation.
//!
//! It does not explain what is wrong. `None` means that the text is not JSON, or too unusual to be worth
//! handling here, so the caller falls back to `serde_json`. What is accepted here, `serde_json` would accept
//! with the same result.

use std::borrow::Cow;
use std::mem;

use wide::u8x16;

use super::container::Object;
use crate::event::{Place, Places};

/// How deep values may be nested here.
const MAX_DEPTH: u32 = u64::BITS;

/// The members of the object that makes up the whole text. `None` if there are more than `limit`, or a name has an
/// escape.
pub(super) fn object(text: &str, limit: usize) -> Option<Object<'_>> {
    let scan = Scan(text.as_bytes());
    let mut members = Vec::with_capacity(TYPICAL_ATTRIBUTES);
    let mut places = None;
    let mut at = scan.open(b'{')?;
    if scan.byte(at)? == b'}' {
        return scan.is_end(at + 1).then_some(Object { members, left_out: 0, places });
    }
    while members.len() < limit {
        let value = scan.name(at)?;
        let (name, _) = text.get(at + 1..)?.split_once('"')?;
        if name.contains('\\') {
            return None;
        }
        let end = if name == "data" {
            let end;
            (end, places) = scan.data(value)?;
            end
        } else {
            scan.value(value)?
        };
        members.push((Cow::Borrowed(name), text.get(value..end)?));
        at = scan.white_space(end);
        match scan.byte(at)? {
            b',' => at = scan.white_space(at + 1),
            b'}' => return scan.is_end(at + 1).then_some(Object { members, left_out: 0, places }),
            _ => return None,
        }
    }
    None
}

/// A little more than the attributes, data included, of Elytra's largest events.
const TYPICAL_ATTRIBUTES: usize = 16;

/// The elements of the array that makes up the whole text. `None` if there are more than `limit`.
pub(super) fn array(text: &str, limit: usize) -> Option<Vec<&str>> {
    let scan = Scan(text.as_bytes());
    let mut elements = Vec::new();
    let mut at = scan.open(b'[')?;
    if scan.byte(at)? == b']' {
        return scan.is_end(at + 1).then_some(elements);
    }
    while elements.len() < limit {
        let end = scan.value(at)?;
        elements.push(text.get(at..end)?);
        at = scan.white_space(end);
        match scan.byte(at)? {
            b',' => at = scan.white_space(at + 1),
            b']' => return scan.is_end(at + 1).then_some(elements),
            _ => return None,
        }
    }
    None
}

/// The value that makes up the whole text, without the white space around it, as `data`.
pub(super) fn data(text: &str) -> Option<(&str, Option<Places>)> {
    let scan = Scan(text.as_bytes());
    let begin = scan.white_space(0);
    let (end, places) = scan.data(begin)?;
    if scan.is_end(end) { Some((text.get(begin..end)?, places)) } else { None }
}

/// The text that is scanned, in UTF-8. Positions are byte offsets.
#[derive(Clone, Copy)]
struct Scan<'a>(&'a [u8]);

impl Scan<'_> {
    fn byte(self, at: usize) -> Option<u8> {
        self.0.get(at).copied()
    }

    /// The first position from here that is not white space (RFC 8259 section 2).
    fn white_space(self, mut at: usize) -> usize {
        // Usually there is none, which is quick to see.
        while let Some(0..=b' ') = self.byte(at) {
            let Some(b' ' | b'\n' | b'\t' | b'\r') = self.byte(at) else { break };
            at += 1;
        }
        at
    }

    /// Whether nothing follows.
    fn is_end(self, at: usize) -> bool {
        self.white_space(at) == self.0.len()
    }

    /// The position after this brace or bracket, which the text must start with.
    fn open(self, bracket: u8) -> Option<usize> {
        let at = self.white_space(0);
        (self.byte(at)? == bracket).then(|| self.white_space(at + 1))
    }

    /// The position of the value whose name starts here.
    fn name(self, at: usize) -> Option<usize> {
        if self.byte(at)? != b'"' {
            return None;
        }
        let colon = self.white_space(self.string(at + 1)?);
        (self.byte(colon)? == b':').then(|| self.white_space(colon + 1))
    }

    /// The end of the value that starts here, and where in it the members are that describe an object. No places if
    /// it is no object, or if it takes a closer look to tell.
    fn data(self, begin: usize) -> Option<(usize, Option<Places>)> {
        if self.byte(begin)? != b'{' {
            return Some((self.value(begin)?, None));
        }
        let mut places = Places::default();
        let mut is_plain = true;
        let mut at = self.white_space(begin + 1);
        if self.byte(at)? == b'}' {
            return Some((at + 1, Some(places)));
        }
        loop {
            let value = self.name(at)?;
            let end = self.value(value)?;
            let here = Place::new(value - begin, end - begin)?;
            // With the closing quote, so that no longer name begins like it.
            let name = self.0.get(at + 1..value)?;
            let place = if name.starts_with(b"objectData\"") {
                Some(&mut places.data)
            } else if name.starts_with(b"objectId\"") {
                Some(&mut places.id)
            } else if name.starts_with(b"objectType\"") {
                Some(&mut places.type_)
            } else {
                None
            };
            is_plain &= match place {
                // A repeated member is ambiguous.
                Some(place) => mem::replace(place, here).is_none(),
                // An escape may spell one of the names.
                None => !name.contains(&b'\\'),
            };
            at = self.white_space(end);
            match self.byte(at)? {
                b',' => at = self.white_space(at + 1),
                b'}' => return Some((at + 1, is_plain.then_some(places))),
                _ => return None,
            }
        }
    }

    /// The end of the value that starts here.
    fn value(self, mut at: usize) -> Option<usize> {
        // For each open level, whether it is an object. The innermost level is the lowest bit.
        let mut is_object: u64 = 0;
        let mut depth = 0;
        loop {
            let first = self.byte(at)?;
            match first {
                b'"' => at = self.string(at + 1)?,
                b'{' | b'[' => {
                    at = self.white_space(at + 1);
                    // In ASCII, the closing bracket is two after the opening one.
                    if self.byte(at)? == first + 2 {
                        at += 1;
                    } else if depth == MAX_DEPTH {
                        return None;
                    } else {
                        depth += 1;
                        is_object = (is_object << 1) | u64::from(first == b'{');
                        if first == b'{' {
                            at = self.name(at)?;
                        }
                        continue;
                    }
                }
                b'-' | b'0'..=b'9' => at = self.number(at)?,
                b't' => at = self.literal(at, b"true")?,
                b'f' => at = self.literal(at, b"false")?,
                b'n' => at = self.literal(at, b"null")?,
                _ => return None,
            }
            // A value has ended. Close all levels that end here.
            loop {
                if depth == 0 {
                    return Some(at);
                }
                at = self.white_space(at);
                let is_in_object = is_object & 1 == 1;
                match self.byte(at)? {
                    b',' => {
                        at = self.white_space(at + 1);
                        if is_in_object {
                            at = self.name(at)?;
                        }
                        break;
                    }
                    b'}' if is_in_object => {}
                    b']' if !is_in_object => {}
                    _ => return None,
                }
                at += 1;
                depth -= 1;
                is_object >>= 1;
            }
        }
    }

    fn literal(self, at: usize, literal: &[u8]) -> Option<usize> {
        let end = at + literal.len();
        (self.0.get(at..end)? == literal).then_some(end)
    }

    /// The end of the number that starts here (RFC 8259 section 6).
    fn number(self, mut at: usize) -> Option<usize> {
        if self.byte(at)? == b'-' {
            at += 1;
        }
        at = if self.byte(at)? == b'0' { at + 1 } else { self.digits(at)? };
        if self.byte(at) == Some(b'.') {
            at = self.digits(at + 1)?;
        }
        if let Some(b'e' | b'E') = self.byte(at) {
            at += 1;
            if let Some(b'+' | b'-') = self.byte(at) {
                at += 1;
            }
            at = self.digits(at)?;
        }
        Some(at)
    }

    /// The end of the digits that start here, of which there must be one.
    fn digits(self, begin: usize) -> Option<usize> {
        let mut at = begin;
        while let Some(b'0'..=b'9') = self.byte(at) {
            at += 1;
        }
        (at > begin).then_some(at)
    }

    /// The position after the string whose opening quote is just before this position.
    fn string(self, mut at: usize) -> Option<usize> {
        loop {
            at = self.special(at)?;
            match self.byte(at)? {
                b'"' => return Some(at + 1),
                b'\\' => at = self.escape(at + 1)?,
                _ => return None,
            }
        }
    }

    /// The position after the escape whose backslash is just before this position.
    fn escape(self, at: usize) -> Option<usize> {
        match self.byte(at)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 1),
            b'u' => {
                let digits = self.0.get(at + 1..at + 5)?;
                digits.iter().all(u8::is_ascii_hexdigit).then_some(at + 5)
            }
            _ => None,
        }
    }

    /// The position of the first quote, backslash or control character from here.
    fn special(self, mut at: usize) -> Option<usize> {
        while let Some(bytes) = self.0.get(at..).and_then(<[u8]>::first_chunk) {
            let special = special_in(*bytes);
            if special != 0 {
                return Some(at + special.trailing_zeros() as usize);
            }
            at += 16;
        }
        let rest = self.0.get(at..)?;
        let is_special = |byte: &u8| *byte < b' ' || *byte == b'"' || *byte == b'\\';
        rest.iter().position(is_special).map(|offset| at + offset)
    }
}

/// One bit for each of sixteen bytes, starting with the lowest: whether it is a quote, a backslash or a
/// control character.
fn special_in(bytes: [u8; 16]) -> u32 {
    let bytes = u8x16::new(bytes);
    let is = |byte| bytes.simd_eq(u8x16::splat(byte));
    let is_control = bytes.simd_lt(u8x16::splat(b' '));
    (is(b'"') | is(b'\\') | is_control).to_bitmask()
}
