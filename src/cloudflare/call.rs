//! What is under way, requests and other events of Cloudflare's, each a future that JavaScript polls:
//! see `main.mjs`.
//!
//! What else there is to run futures with polls from `queueMicrotask`, which is a call out of V8 and
//! an object of the runtime's each time, and hears of a promise by two closures made for it. Here an
//! asynchronous function of JavaScript's waits, for the body too.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use js_sys::Function;
use wasm_bindgen::{JsError, JsValue};
use worker::send::SendWrapper;

use super::timer::{Alarm, Timers};

/// What is under way, by numbers, which grow with time.
#[derive(Default)]
struct Calls {
    last: u32,
    calls: BTreeMap<u32, Call>,
}

/// One of them.
struct Call {
    /// When it is given up, in milliseconds since 1970.
    end: u64,
    future: Pin<Box<dyn Future<Output = Answer>>>,
    body: JsBody,
    alarm: Alarm,
    waker: Waker,
}

/// What JavaScript gets: neither `null` nor `undefined`, or else what is thrown.
pub(super) type Answer = Result<JsValue, JsValue>;

/// What a future waits with.
#[derive(Clone, Default)]
pub(super) struct Means {
    pub(super) body: JsBody,
    pub(super) timers: Timers,
}

thread_local! {
    static CALLS: RefCell<Calls> = RefCell::default();
}

/// Takes in what has begun now, as the future of its answer; the number it gets is for [`proceed`].
/// `wake` is called when that is to be called again, with `true` when a time is up. It is given up after
/// so many milliseconds: nobody says when a sender hangs up, and then JavaScript never comes back for the
/// answer.
pub(super) fn begin<F>(
    now: u64,
    milliseconds: u64,
    wake: Function,
    future: impl FnOnce(Means) -> F,
) -> u32
where
    F: Future<Output = Answer> + 'static,
{
    let means = Means::default();
    let future = Box::pin(future(means.clone()));
    let waker = Waker::from(Arc::new(Bell(SendWrapper::new(wake.clone()))));
    let alarm = Alarm::new(means.timers, wake);
    let call =
        Call { end: now.saturating_add(milliseconds), future, body: means.body, alarm, waker };
    CALLS.with_borrow_mut(|calls| {
        // One that has longer to go may hold up those behind it, until it ends.
        while let Some(oldest) = calls.calls.first_entry()
            && oldest.get().end < now
        {
            oldest.remove();
        }
        calls.last = calls.last.wrapping_add(1);
        calls.calls.insert(calls.last, call);
        calls.last
    })
}

/// Goes on with a number of [`begin`]'s: the answer, `null` if it wants the request's body first, or
/// `undefined` if it waits for something else. `body` is what came of the last `null`, else `undefined`;
/// `is_time_up` is whether `wake` was called with it.
///
/// # Errors
///
/// It was given up, or has failed.
pub(super) fn proceed(now: u64, number: u32, body: JsValue, is_time_up: bool) -> Answer {
    let call = CALLS.with_borrow_mut(|calls| calls.calls.remove(&number));
    let mut call = call.ok_or_else(|| JsError::new("it took too long, and was given up"))?;
    if !body.is_undefined() {
        call.body.0.replace(State::Here(body));
    }
    if is_time_up {
        call.alarm.ring();
    }
    match call.future.as_mut().poll(&mut Context::from_waker(&call.waker)) {
        Poll::Ready(answer) => answer,
        Poll::Pending => {
            let is_wanted = matches!(*call.body.0.borrow(), State::Wanted);
            call.alarm.set(now);
            CALLS.with_borrow_mut(|calls| calls.calls.insert(number, call));
            Ok(if is_wanted { JsValue::NULL } else { JsValue::UNDEFINED })
        }
    }
}

/// The body of a request, which JavaScript reads when it is asked to.
#[derive(Clone, Default)]
pub(super) struct JsBody(Rc<RefCell<State>>);

#[derive(Default)]
enum State {
    #[default]
    Untouched,
    Wanted,
    Here(JsValue),
}

impl JsBody {
    /// Reads it: an array of bytes, or the error that came instead.
    pub(super) async fn read(&self) -> JsValue {
        poll_fn(|_| match mem::replace(&mut *self.0.borrow_mut(), State::Wanted) {
            State::Here(body) => Poll::Ready(body),
            State::Untouched | State::Wanted => Poll::Pending,
        })
        .await
    }
}

/// Wakes JavaScript, which then goes on: not at once, since whoever rings may not be done yet.
struct Bell(SendWrapper<Function>);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // It sets a variable and resolves a promise, neither of which can fail.
        let _ = self.0.call0(&JsValue::UNDEFINED);
    }
}
