//! Reads a request's body within limits of size, time and memory.

use std::num::IntErrorKind;
use std::pin::pin;

use elytra_events::http::{self, Mode};
use futures_util::future::{Either, select};

use crate::auth::Caller;
use crate::capacity::Reservation;
use crate::config::Config;
use crate::limits::MAX_KV_VALUE_BYTES;
use crate::outcome::Rejection;
use crate::platform::{Clock, Platform};
use crate::request::{Body, RequestHead};
use crate::trace::Trace;

/// For how many bytes of a body its sender gets another millisecond beyond `body_timeout_ms`. A
/// large body that arrives at less than 16 KB a second times out.
pub const BODY_BYTES_PER_MS: u64 = 16;

/// How many copies of an event's text the journal makes: in a note, and among the notes for a shard.
const NOTED_COPIES: usize = 2;

/// A body, with the memory reserved for it and its event.
#[derive(Debug)]
pub(crate) struct ReadBody<'p> {
    /// How it carries events.
    pub(crate) mode: Mode,
    /// The whole body.
    pub(crate) bytes: Vec<u8>,
    /// Dropped together with the body.
    pub(crate) reservation: Reservation<'p>,
    /// Whether there is memory for the copies of the texts that the journal needs.
    pub(crate) has_room_for_texts: bool,
}

/// Reads the body of an authenticated caller, if its content type is supported. If the announced
/// length exceeds the limit, no byte is read. Otherwise reading stops at the first byte over the
/// limit.
pub(crate) async fn read<'c, 'p>(
    _: &Caller<'_>,
    head: &impl RequestHead,
    mut body: impl Body,
    config: &Config,
    platform: &'p impl Platform,
    trace: &mut Trace<'c>,
) -> Result<ReadBody<'p>, Rejection<'c>> {
    let limit = config.receiver.max_body_bytes;
    let mode = Mode::of(head)?;
    trace.mode = Some(mode);
    check_encoding(head)?;
    let announced = head.header("content-length");
    if announced.as_deref().is_some_and(|length| is_over(length, limit)) {
        return Err(Rejection::BodyTooLarge { limit });
    }
    let announced = announced.and_then(|length| length.parse().ok());
    let mut reservation = platform.capacity().reserve();
    let mut bytes = Vec::new();
    read_chunks(&mut body, config.receiver.body_timeout_ms, platform, |chunk| {
        if chunk.len() > limit - bytes.len() {
            return Err(Rejection::BodyTooLarge { limit });
        }
        let needed = bytes.len() + chunk.len();
        if bytes.is_empty() {
            reservation.grow_to(needed)?;
            bytes = chunk; // nearly always the whole body, so it is not copied
        } else {
            if needed > bytes.capacity() {
                let room = needed.max((2 * needed).min(announced.unwrap_or(limit)));
                reservation.grow_to(room)?;
                bytes.reserve_exact(room - bytes.len());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.len())
    })
    .await?;
    let printed = http::printed_bytes(mode, head, &bytes);
    if printed > MAX_KV_VALUE_BYTES {
        return Err(Rejection::JsonTooLarge { bytes: printed, limit: MAX_KV_VALUE_BYTES });
    }
    reservation.grow_to(bytes.capacity() + printed)?;
    let keeps_texts = config.journal.is_some_and(|journal| journal.body_retention_ms.is_some());
    let texts = NOTED_COPIES * bytes.len().max(printed);
    // The journal never costs an event: without room, it does without the text.
    let has_room_for_texts =
        keeps_texts && reservation.grow_to(bytes.capacity() + printed + texts).is_ok();
    Ok(ReadBody { mode, bytes, reservation, has_room_for_texts })
}

/// Refuses encoded bodies. The Worker does not decode them, and could not forward them as they are.
fn check_encoding<'c>(head: &impl RequestHead) -> Result<(), Rejection<'c>> {
    match head.header("content-encoding") {
        Some(encoding) if !encoding.eq_ignore_ascii_case("identity") => {
            Err(Rejection::UnsupportedContentEncoding(encoding))
        }
        _ => Ok(()),
    }
}

/// Reads chunks as long as they arrive fast enough. Every chunk extends the deadline, so a large
/// body can arrive over a slow line, while a body that stalls or trickles times out.
async fn read_chunks<'c>(
    body: &mut impl Body,
    timeout_ms: u64,
    platform: &impl Clock,
    mut take: impl FnMut(Vec<u8>) -> Result<usize, Rejection<'c>>,
) -> Result<(), Rejection<'c>> {
    let mut bytes = 0;
    let mut granted_ms = 0;
    let mut time_is_up = pin!(platform.sleep(timeout_ms));
    loop {
        match select(pin!(body.chunk()), time_is_up.as_mut()).await {
            Either::Left((chunk, _)) => match chunk? {
                Some(chunk) => bytes = take(chunk)?,
                None => return Ok(()),
            },
            Either::Right(_) => {
                let earned_ms = bytes as u64 / BODY_BYTES_PER_MS;
                if earned_ms == granted_ms {
                    return Err(Rejection::BodyTimedOut { milliseconds: timeout_ms });
                }
                time_is_up.set(platform.sleep(earned_ms - granted_ms));
                granted_ms = earned_ms;
            }
        }
    }
}

/// Whether an announced length exceeds the limit. A length that is not a number is ignored, and one
/// that overflows is over the limit.
fn is_over(announced: &str, limit: usize) -> bool {
    match announced.parse::<usize>() {
        Ok(bytes) => bytes > limit,
        Err(error) => *error.kind() == IntErrorKind::PosOverflow,
    }
}
