//! RFC 3339 timestamps: checked by the letter, kept as text, comparable to the nanosecond.
//!
//! chrono's own parser also takes a space for the `T` and a second 60 anywhere, so only its
//! calendar is used here.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, FixedOffset, NaiveDate, Timelike};

/// A point in time as the sender wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timestamp<'a> {
    text: Cow<'a, str>,
    instant: DateTime<FixedOffset>,
}

/// Why a text is no RFC 3339 timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimestampError {
    /// The text ends where this was expected.
    EndsBefore(Expected),
    /// Another character stands where this was expected.
    Unexpected {
        /// What stands there.
        found: char,
        /// The byte offset of it.
        at: usize,
        /// What should stand there.
        expected: Expected,
    },
    /// The number of this part is beyond its range, for the day also by the month's length.
    OutOfRange(Part),
    /// Second 60 at a moment that is not 23:59:60 UTC.
    NoLeapSecond,
}

/// What the grammar of RFC 3339 section 5.6 asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// A decimal digit.
    Digit,
    /// This character.
    Character(char),
    /// The offset from UTC: `Z`, or a sign.
    Offset,
    /// The end of the text.
    End,
}

/// A numbered part of a timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Part {
    Month,
    Day,
    Hour,
    Minute,
    Second,
    OffsetHour,
    OffsetMinute,
}

impl<'a> Timestamp<'a> {
    /// Reads the whole of `text` as one timestamp.
    ///
    /// # Errors
    ///
    /// The first deviation from RFC 3339 section 5.6, with its place.
    pub fn parse(text: impl Into<Cow<'a, str>>) -> Result<Self, TimestampError> {
        let text = text.into();
        let instant = Reader { text: &text, at: 0 }.timestamp()?;
        Ok(Self { text, instant })
    }

    /// The sender's text, unchanged.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The same moment, to compare with: digits beyond the nanosecond are cut off, the offset is
    /// kept, and a leap second is told as chrono does it, by 1,000,000,000 nanoseconds and more.
    #[must_use]
    pub fn instant(&self) -> DateTime<FixedOffset> {
        self.instant
    }
}

/// Walks the text from left to right.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn timestamp(&mut self) -> Result<DateTime<FixedOffset>, TimestampError> {
        use TimestampError::{NoLeapSecond, OutOfRange};

        let year = self.number(4)?;
        self.character('-')?;
        let month = self.in_range(Part::Month, 1, 12)?;
        self.character('-')?;
        let day = self.in_range(Part::Day, 1, 31)?;
        let date =
            NaiveDate::from_ymd_opt(year.cast_signed(), month, day).ok_or(OutOfRange(Part::Day))?;

        self.take(Expected::Character('T'), |character| matches!(character, 'T' | 't'))?;
        let hour = self.in_range(Part::Hour, 0, 23)?;
        self.character(':')?;
        let minute = self.in_range(Part::Minute, 0, 59)?;
        self.character(':')?;
        let second = self.in_range(Part::Second, 0, 60)?;
        let mut nanosecond = self.fraction()?;
        let offset = self.offset()?;
        if let Some(found) = self.peek() {
            return Err(self.unexpected(found, Expected::End));
        }

        let is_leap_second = second == 60;
        if is_leap_second {
            nanosecond += 1_000_000_000;
        }
        let instant = date
            .and_hms_nano_opt(hour, minute, second.min(59), nanosecond)
            .and_then(|local| local.and_local_timezone(offset).single())
            .ok_or(if is_leap_second { NoLeapSecond } else { OutOfRange(Part::Day) })?;
        let utc = instant.naive_utc();
        if is_leap_second && (utc.hour(), utc.minute()) != (23, 59) {
            return Err(NoLeapSecond);
        }
        Ok(instant)
    }

    /// `[.digits]`, of any length; what is beyond the nanosecond is read and cut off.
    fn fraction(&mut self) -> Result<u32, TimestampError> {
        if self.peek() != Some('.') {
            return Ok(0);
        }
        self.at += 1;
        let mut nanoseconds = 0;
        let mut unit = 100_000_000;
        nanoseconds += self.digit()? * unit;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            unit /= 10;
            nanoseconds += self.digit()? * unit;
        }
        Ok(nanoseconds)
    }

    /// `Z` or `+hh:mm` or `-hh:mm`.
    fn offset(&mut self) -> Result<FixedOffset, TimestampError> {
        let sign = self.take(Expected::Offset, |sign| matches!(sign, 'Z' | 'z' | '+' | '-'))?;
        let mut seconds = 0;
        if !sign.eq_ignore_ascii_case(&'z') {
            let hours = self.in_range(Part::OffsetHour, 0, 23)?;
            self.character(':')?;
            let minutes = self.in_range(Part::OffsetMinute, 0, 59)?;
            seconds = (hours * 3600 + minutes * 60).cast_signed();
        }
        let offset = if sign == '-' {
            FixedOffset::west_opt(seconds)
        } else {
            FixedOffset::east_opt(seconds)
        };
        offset.ok_or(TimestampError::OutOfRange(Part::OffsetHour))
    }

    fn in_range(&mut self, part: Part, least: u32, most: u32) -> Result<u32, TimestampError> {
        let number = self.number(2)?;
        if (least..=most).contains(&number) {
            Ok(number)
        } else {
            Err(TimestampError::OutOfRange(part))
        }
    }

    fn number(&mut self, digits: usize) -> Result<u32, TimestampError> {
        let mut number = 0;
        for _ in 0..digits {
            number = number * 10 + self.digit()?;
        }
        Ok(number)
    }

    fn digit(&mut self) -> Result<u32, TimestampError> {
        let digit = self.take(Expected::Digit, |character| character.is_ascii_digit())?;
        Ok(u32::from(digit) - u32::from('0'))
    }

    fn character(&mut self, wanted: char) -> Result<(), TimestampError> {
        self.take(Expected::Character(wanted), |character| character == wanted)?;
        Ok(())
    }

    fn take(
        &mut self,
        expected: Expected,
        is_expected: impl Fn(char) -> bool,
    ) -> Result<char, TimestampError> {
        match self.peek() {
            Some(found) if is_expected(found) => {
                self.at += found.len_utf8();
                Ok(found)
            }
            Some(found) => Err(self.unexpected(found, expected)),
            None => Err(TimestampError::EndsBefore(expected)),
        }
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at..).and_then(|rest| rest.chars().next())
    }

    fn unexpected(&self, found: char, expected: Expected) -> TimestampError {
        TimestampError::Unexpected { found, at: self.at, expected }
    }
}

impl fmt::Display for TimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EndsBefore(expected) => write!(f, "ends where {expected} is expected"),
            Self::Unexpected { found, at, expected } => {
                write!(f, "unexpected character {found:?} at position {at}, expected {expected}")
            }
            Self::OutOfRange(part) => write!(f, "{part} out of range"),
            Self::NoLeapSecond => f.write_str("second 60 is only possible where UTC is 23:59:60"),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digit => f.write_str("a digit"),
            Self::Character(character) => write!(f, "{character:?}"),
            Self::Offset => f.write_str("'Z', '+' or '-'"),
            Self::End => f.write_str("the end"),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Month => "month",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
            Self::OffsetHour => "offset hour",
            Self::OffsetMinute => "offset minute",
        })
    }
}
