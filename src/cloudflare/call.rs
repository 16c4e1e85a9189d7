//! What is under way, requests and other events of Cloudflare's, each a future that JavaScript polls:
//! see `main.mjs`.
//!
//! What else there is to run futures with polls from `queueMicrotask`, which is a call out of V8 and
//! an object of the runtime's each time, and hears of a promise by two closures made for it. Here an
//! asynchronous function of JavaScript's waits, for the body too.
//!
//! A call is polled and dropped only while JavaScript runs in the call's own request. That function
//! comes back until there is an answer, even if the sender hangs up, and everything that a future
//! waits for has a time limit. So nothing has to be given up from outside.

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
    future: Pin<Box<dyn Future<Output = Answer>>>,
    body: JsBody,
    alarm: Alarm,
    waker: Waker,
}

/// What JavaScript gets: anything but a number, or else what is thrown.
pub(super) type Answer = Result<JsValue, JsValue>;

/// What JavaScript is asked for, where there is no answer yet; `main.mjs` knows the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// To come back when it is woken.
    Wait = 0,
    /// To read the body to its end as well.
    WholeBody = 1,
    /// To read the next bytes of the body as well.
    NextChunk = 2,
}

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
/// `wake` is called when that is to be called again, with `true` when a time is up.
pub(super) fn begin<F>(wake: Function, future: impl FnOnce(Means) -> F) -> u32
where
    F: Future<Output = Answer> + 'static,
{
    let means = Means::default();
    let future = Box::pin(future(means.clone()));
    let waker = Waker::from(Arc::new(Bell(SendWrapper::new(wake.clone()))));
    let alarm = Alarm::new(means.timers, wake);
    let call = Call { future, body: means.body, alarm, waker };
    CALLS.with_borrow_mut(|calls| {
        calls.last = calls.last.wrapping_add(1);
        calls.calls.insert(calls.last, call);
        calls.last
    })
}

/// Goes on with a number of [`begin`]'s: the answer, or the number of what is [`Asked`]. `bytes` is what
/// came of the body since it was asked for: bytes, `null` at its end, or an error; else `undefined`.
/// `is_time_up` is whether `wake` was called with it.
///
/// # Errors
///
/// It has failed, or has ended.
pub(super) fn proceed(number: u32, bytes: JsValue, is_time_up: bool) -> Answer {
    let call = CALLS.with_borrow_mut(|calls| calls.calls.remove(&number));
    let mut call = call.ok_or_else(|| JsError::new("it has ended before"))?;
    if !bytes.is_undefined() {
        call.body.0.replace(State::Here(bytes));
    }
    if is_time_up {
        call.alarm.ring();
    }
    match call.future.as_mut().poll(&mut Context::from_waker(&call.waker)) {
        Poll::Ready(answer) => answer,
        Poll::Pending => {
            let asked = call.body.ask();
            call.alarm.set();
            CALLS.with_borrow_mut(|calls| calls.calls.insert(number, call));
            Ok(JsValue::from(asked as u32))
        }
    }
}

/// The body of a request, which JavaScript reads when it is asked to.
#[derive(Clone, Default)]
pub(super) struct JsBody(Rc<RefCell<State>>);

#[derive(Default)]
enum State {
    #[default]
    Idle,
    /// Something of it is wanted.
    Wanted(Asked),
    /// JavaScript was asked for it.
    Awaited,
    /// It has come.
    Here(JsValue),
}

impl JsBody {
    /// Reads it to its end: an array of bytes, or the error that came instead.
    pub(super) async fn whole(&self) -> JsValue {
        self.read(Asked::WholeBody).await
    }

    /// Reads its next bytes, an array, or `null` at its end, or the error that came instead.
    pub(super) async fn chunk(&self) -> JsValue {
        self.read(Asked::NextChunk).await
    }

    /// If this is dropped before it has ended, the next one goes on with what was asked for.
    async fn read(&self, what: Asked) -> JsValue {
        poll_fn(|_| {
            let mut state = self.0.borrow_mut();
            match mem::take(&mut *state) {
                State::Here(bytes) => return Poll::Ready(bytes),
                State::Awaited => *state = State::Awaited,
                State::Idle | State::Wanted(_) => *state = State::Wanted(what),
            }
            Poll::Pending
        })
        .await
    }

    /// What JavaScript is to be asked for, which it is only once.
    fn ask(&self) -> Asked {
        let mut state = self.0.borrow_mut();
        match *state {
            State::Wanted(what) => {
                *state = State::Awaited;
                what
            }
            State::Idle | State::Awaited | State::Here(_) => Asked::Wait,
        }
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
