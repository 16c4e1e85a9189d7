//! RFC 3339 timestamps: checked strictly, kept as text, precise to the nanosecond.
//!
//! chrono's own parser also accepts a space instead of the `T`, and a second 60 anywhere, so only its
//! calendar is used here.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, FixedOffset, NaiveDate, Timelike};

/// A point in time, as the sender wrote it.
///
/// # Examples
///
/// ```
/// use elytra_events::Timestamp;
///
/// let timestamp = Timestamp::parse("2025-12-31T04:19:30.860984129+01:00")?;
/// assert_eq!(timestamp.as_str(), "2025-12-31T04:19:30.860984129+01:00");
/// assert_eq!(timestamp.instant().timestamp(), 1_767_151_170);
/// # Ok::<(), elytra_events::TimestampError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timestamp<'a> {
    text: Cow<'a, str>,
    instant: DateTime<FixedOffset>,
}

/// Why a text is not an RFC 3339 timestamp.
///
/// # Examples
///
/// ```
/// use elytra_events::Timestamp;
///
/// let error = Timestamp::parse("2025-12-31 04:19:30Z").unwrap_err();
/// assert_eq!(error.to_string(), "unexpected character ' ' at position 10, expected 'T'");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimestampError(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The text ends where this was expected.
    EndsBefore(Expected),
    /// Another character was found, at this byte offset.
    Unexpected { found: char, at: usize, expected: Expected },
    /// This part is out of range. For the day, that depends on the month.
    OutOfRange(Part),
    /// Second 60 at a time that is not 23:59:60 UTC.
    NoLeapSecond,
}

/// What the grammar of RFC 3339 section 5.6 expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Digit,
    Character(char),
    /// The offset from UTC: `Z` or a sign.
    Offset,
    /// The end of the text.
    End,
}

/// A numeric part of a timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Month,
    Day,
    Hour,
    Minute,
    Second,
    OffsetHour,
    OffsetMinute,
}

impl<'a> Timestamp<'a> {
    /// Parses the whole text.
    ///
    /// # Errors
    ///
    /// The first deviation from RFC 3339 section 5.6, and where it is.
    pub fn parse(text: impl Into<Cow<'a, str>>) -> Result<Self, TimestampError> {
        let text = text.into();
        let instant = Reader { text: &text, at: 0 }.timestamp().map_err(TimestampError)?;
        Ok(Self { text, instant })
    }

    /// The sender's text, unchanged.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The same point in time, to calculate with. Digits after the nanosecond are cut off and the offset is
    /// kept. In a leap second, the nanoseconds are 1,000,000,000 or more, as always in chrono.
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
    fn timestamp(&mut self) -> Result<DateTime<FixedOffset>, Kind> {
        use Kind::{NoLeapSecond, OutOfRange};

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

    /// `[.digits]`, of any length. Digits after the nanosecond are checked and dropped.
    fn fraction(&mut self) -> Result<u32, Kind> {
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
    fn offset(&mut self) -> Result<FixedOffset, Kind> {
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
        offset.ok_or(Kind::OutOfRange(Part::OffsetHour))
    }

    fn in_range(&mut self, part: Part, least: u32, most: u32) -> Result<u32, Kind> {
        let number = self.number(2)?;
        if (least..=most).contains(&number) { Ok(number) } else { Err(Kind::OutOfRange(part)) }
    }

    fn number(&mut self, digits: usize) -> Result<u32, Kind> {
        let mut number = 0;
        for _ in 0..digits {
            number = number * 10 + self.digit()?;
        }
        Ok(number)
    }

    fn digit(&mut self) -> Result<u32, Kind> {
        let digit = self.take(Expected::Digit, |character| character.is_ascii_digit())?;
        Ok(u32::from(digit) - u32::from('0'))
    }

    fn character(&mut self, wanted: char) -> Result<(), Kind> {
        self.take(Expected::Character(wanted), |character| character == wanted)?;
        Ok(())
    }

    fn take(
        &mut self,
        expected: Expected,
        is_expected: impl Fn(char) -> bool,
    ) -> Result<char, Kind> {
        match self.peek() {
            Some(found) if is_expected(found) => {
                self.at += found.len_utf8();
                Ok(found)
            }
            Some(found) => Err(self.unexpected(found, expected)),
            None => Err(Kind::EndsBefore(expected)),
        }
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at..).and_then(|rest| rest.chars().next())
    }

    fn unexpected(&self, found: char, expected: Expected) -> Kind {
        Kind::Unexpected { found, at: self.at, expected }
    }
}

impl std::error::Error for TimestampError {}

impl fmt::Display for TimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::EndsBefore(expected) => write!(f, "ends where {expected} is expected"),
            Kind::Unexpected { found, at, expected } => {
                write!(f, "unexpected character {found:?} at position {at}, expected {expected}")
            }
            Kind::OutOfRange(part) => write!(f, "{part} out of range"),
            Kind::NoLeapSecond => f.write_str("second 60 is only possible where UTC is 23:59:60"),
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
