//! Drives what is under way: a request, a batch of messages or a cron trigger, each one future.
//!
//! # Why it exists
//!
//! workers-rs spawns the future of each event, and polls it from `queueMicrotask`. Each poll then costs a
//! call out of V8 and a runtime object, and each promise and timer costs closures that V8 has to
//! finalize. Here an asynchronous JavaScript function, `run` in `main.mjs`, waits on behalf of the
//! future, and for the body and the timer as well. What that saves is in ARCHITECTURE.md, "The executor".
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
//!  ┌─────────┐ proceed(WOKEN)  ┌────────┐ Ready: the answer, or an exception┌─────────┐
//!  │ created ├────────────────>│ polled ├──────────────────────────────────>│ settled │
//!  └─────────┘                 └─┬────▲─┘                                   └─────────┘
//!               Pending: nothing,│    │ proceed(WOKEN), or proceed with
//!         or READ_WHOLE or       │    │ FULFILLED, REJECTED, TIME_IS_UP,
//!          READ_CHUNK the first  │    │ BYTES, END or FAILED
//!         time the body is asked ▼    │
//!               for a piece    ┌──────┴──┐  the wasm panicked               ┌───────────┐
//!                              │ waiting ├─────────────────────────────────>│ abandoned │
//!                              └─────────┘                                  └───────────┘
//! ```
//!
//! - **created**: in the list of calls, not polled yet. `run` goes on with it at once.
//! - **polled**: taken out of the list while its future runs. Nothing else can reach it.
//! - **waiting**: back in the list. `run` awaits a JavaScript promise that any news resolves.
//! - **settled**: the future has returned. It was dropped, and its timer cleared, inside its own request.
//! - **abandoned**: the wasm panicked, while it polled this call or another one. The future is gone with the
//!   memory of the old instance, its number may be another call's in the new one, and `run` throws.
//!
//! Nothing but a panic abandons a call. When a sender hangs up, `waitUntil` keeps the request going, and
//! everything a future waits for has a time limit, so it settles by itself.
//!
//! # Who wakes whom
//!
//! ```text
//!  a binding's promise ──> watch ────────────────────── FULFILLED or REJECTED ──┐
//!  a promise of the `worker` crate ──> JsFuture ──> Bell, the waker ─── WOKEN ──┼──> tell ──> run ──> proceed
//!  wait ────────────────────────────────────────────────────────── TIME_IS_UP ──┤
//!  the body's promise ────────────────────────────────── BYTES, END or FAILED ──┘
//! ```
//!
//! Everything in this picture belongs to one request, and runs only while the runtime is in that request.
//! `tell`, `watch` and `wait` are methods of the [`Host`]. A waker only tells `run`, which polls later, since whoever wakes may be in the middle of something.
//! All sleepers of a call share one runtime timer, and [`timer`] wakes those whose time has come.

mod body;
mod call;
mod host;
mod promises;
mod tags;
mod timer;

pub(super) use body::{JsBody, Piece};
pub(super) use call::{Means, begin, proceed};
pub(super) use host::Host;
pub(super) use promises::Promises;
pub(super) use tags::tags;
pub(super) use timer::Timers;
