//! What crosses between JavaScript and the wasm: a tag, and the value that goes with it.
//!
//! The tags are defined here and nowhere else. `main.mjs` asks for them when it is loaded, by the names
//! in this file.

use js_sys::{Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast as _, JsError, JsValue};

use super::body::Piece;
use super::promises::Outcome;

/// What JavaScript reports to a call.
pub(super) enum News {
    /// Something the future awaits may be there.
    Woken,
    /// The timer with this number has gone off.
    TimeIsUp(u32),
    /// What has come of the promise with this number.
    Settled(u32, Outcome),
    /// A piece of the body, which was asked for.
    Body(Piece),
}

/// What a call asks of JavaScript, or its answer.
pub(super) enum Step {
    /// To come back with news.
    Wait,
    /// To read all of the body as well.
    ReadWhole,
    /// To read the next bytes of the body as well.
    ReadChunk,
    /// To return this from the handler.
    Answer(JsValue),
}

/// What a waker reports.
pub(super) const WOKEN: u32 = 0;
const TIME_IS_UP: u32 = 1;
const BYTES: u32 = 2;
const END: u32 = 3;
const FAILED: u32 = 4;
const FULFILLED: u32 = 5;
const REJECTED: u32 = 6;

const READ_WHOLE: u32 = 0;
const READ_CHUNK: u32 = 1;

/// The tags by name, as `main.mjs` reads them.
const TAGS: [(&str, u32); 9] = [
    ("WOKEN", WOKEN),
    ("TIME_IS_UP", TIME_IS_UP),
    ("BYTES", BYTES),
    ("END", END),
    ("FAILED", FAILED),
    ("FULFILLED", FULFILLED),
    ("REJECTED", REJECTED),
    ("READ_WHOLE", READ_WHOLE),
    ("READ_CHUNK", READ_CHUNK),
];

/// An object with every tag under its name.
pub(in crate::cloudflare) fn tags() -> JsValue {
    let tags = Object::new();
    for (name, tag) in TAGS {
        // It cannot fail: the object is a new one.
        let _ = Reflect::set(&tags, &name.into(), &tag.into());
    }
    tags.into()
}

impl News {
    /// The news with this tag and value, about the promise with this number if it is about one.
    ///
    /// # Errors
    ///
    /// There is no such tag, or the value does not go with it.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "we numbered it")]
    pub(super) fn new(tag: u32, value: JsValue, promise: u32) -> Result<Self, JsError> {
        match tag {
            WOKEN => Ok(Self::Woken),
            TIME_IS_UP => value.as_f64().map(|number| Self::TimeIsUp(number as u32)).ok_or(value),
            BYTES => value.dyn_into::<Uint8Array>().map(|bytes| Self::Body(Piece::Bytes(bytes))),
            END => Ok(Self::Body(Piece::End)),
            FAILED => Ok(Self::Body(Piece::Failed(value))),
            FULFILLED => Ok(Self::Settled(promise, Ok(value))),
            REJECTED => Ok(Self::Settled(promise, Err(value))),
            _ => Err(value),
        }
        .map_err(|value| JsError::new(&format!("main.mjs reports tag {tag} with {value:?}")))
    }
}

impl Step {
    /// `undefined` to wait, the tag to read, or the answer, which is neither.
    pub(super) fn into_js(self) -> JsValue {
        match self {
            Self::Wait => JsValue::UNDEFINED,
            Self::ReadWhole => READ_WHOLE.into(),
            Self::ReadChunk => READ_CHUNK.into(),
            Self::Answer(answer) => answer,
        }
    }
}
