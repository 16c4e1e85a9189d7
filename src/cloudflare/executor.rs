//! Drives what is under way: a request, a batch of messages or a cron trigger, each one future.
//!
//! # Why it exists
//!
//! workers-rs spawns the future of each event, and polls it from `queueMicrotask`. That is a call out of
//! V8 and an object of the runtime for each poll, and every promise and timer costs closures, which V8
//! has to finalize. Here an asynchronous JavaScript function, `run` in `main.mjs`, waits on behalf of the
//! future, for the body and the timer too. What that gains is in ARCHITECTURE.md, "The executor".
//!
//! # The states of a call
//!
//! A *call* is one such future with its body, its timers and its waker. It has a number, by which `run`
//! goes on with it.
//!
//! ```text
//!     begin
//!       │
//!       ▼
//!  ┌─────────┐ proceed(WOKEN)  ┌────────┐  Ready: ANSWER, or an exception   ┌─────────┐
//!  │ created ├────────────────>│ polled ├──────────────────────────────────>│ settled │
//!  └─────────┘                 └─┬────▲─┘                                   └─────────┘
//!                       Pending: │    │ proceed(WOKEN), or proceed with
//!         WAIT, or READ_WHOLE or │    │ TIME_IS_UP, BYTES, END or FAILED
//!          READ_CHUNK the first  │    │
//!         time the body is asked ▼    │
//!               for a piece    ┌──────┴──┐  the wasm was instantiated anew  ┌───────────┐
//!                              │ waiting ├─────────────────────────────────>│ abandoned │
//!                              └─────────┘                                  └───────────┘
//! ```
//!
//! - **created**: in the list of calls, not polled yet. `run` goes on with it at once.
//! - **polled**: taken out of the list while its future runs. Nothing else can reach it.
//! - **waiting**: back in the list. `run` awaits a JavaScript promise that any news resolves.
//! - **settled**: the future has returned. It was dropped, and its timer cleared, inside its own request.
//! - **abandoned**: the wasm panicked during another call. The future is gone with the memory of the old
//!   instance, its number may be somebody else's in the new one, and `run` throws.
//!
//! No other event abandons a call. When a sender hangs up, `waitUntil` keeps the request going, and
//! everything a future waits for has a time limit, so it settles by itself.
//!
//! # Who wakes whom
//!
//! ```text
//!  a promise, as a queue's ──> JsFuture ──> Bell, the waker ──WOKEN──┐
//!  setTimeout ─────────────────────────────────────────TIME_IS_UP──> tell ──> run ──> proceed ──> the future
//!  the body's promise ──────────────────────────BYTES, END, FAILED──┘
//! ```
//!
//! Everything in this picture belongs to one request, and runs only while the runtime is in that request.
//! A waker only tells `run`, which polls later, since whoever rings may be in the middle of something.
//! Of timers there is one per call: [`timer`] wakes the sleepers whose time has come.

mod body;
mod call;
mod tags;
mod timer;

pub(super) use body::{JsBody, Piece};
pub(super) use call::{Means, begin, proceed};
pub(super) use tags::tags;
pub(super) use timer::Timers;
