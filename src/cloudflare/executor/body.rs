//! The body of a request, which JavaScript reads when it is asked to: its reader and its promises stay
//! in `run`, which lets go of them when the call has settled.

use std::cell::RefCell;
use std::future::poll_fn;
use std::mem;
use std::rc::Rc;
use std::task::Poll;

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use super::tags::Step;

/// What came of the body.
pub(in crate::cloudflare) enum Piece {
    /// The bytes that were asked for.
    Bytes(Uint8Array),
    /// There are no more.
    End,
    /// Reading failed with this exception.
    Failed(JsValue),
}

/// How much of the body is read at a time.
#[derive(Clone, Copy)]
enum Amount {
    Whole,
    Chunk,
}

#[derive(Default)]
enum State {
    #[default]
    Idle,
    /// The future wants a piece, and `run` does not know it yet.
    Wanted(Amount),
    /// `run` has been asked for it.
    Awaited,
    /// It is there.
    Here(Piece),
}

/// A handle of the body, for the call and its future.
#[derive(Clone, Default)]
pub(in crate::cloudflare) struct JsBody(Rc<RefCell<State>>);

impl JsBody {
    /// Reads the whole body. It never yields [`Piece::End`].
    pub(in crate::cloudflare) async fn whole(&self) -> Piece {
        self.read(Amount::Whole).await
    }

    /// Reads the next bytes of the body.
    pub(in crate::cloudflare) async fn chunk(&self) -> Piece {
        self.read(Amount::Chunk).await
    }

    /// If this is dropped early, the next read goes on with what was asked for.
    async fn read(&self, amount: Amount) -> Piece {
        poll_fn(|_| {
            let mut state = self.0.borrow_mut();
            match mem::take(&mut *state) {
                State::Here(piece) => return Poll::Ready(piece),
                State::Awaited => *state = State::Awaited,
                State::Idle | State::Wanted(_) => *state = State::Wanted(amount),
            }
            Poll::Pending
        })
        .await
    }

    /// Takes what `run` has read.
    pub(super) fn arrive(&self, piece: Piece) {
        self.0.replace(State::Here(piece));
    }

    /// What to ask of `run`: it is asked for each piece only once.
    pub(super) fn step(&self) -> Step {
        let mut state = self.0.borrow_mut();
        let State::Wanted(amount) = *state else { return Step::Wait };
        *state = State::Awaited;
        match amount {
            Amount::Whole => Step::ReadWhole,
            Amount::Chunk => Step::ReadChunk,
        }
    }
}
