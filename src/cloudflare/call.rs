//! The requests under way, each a future that JavaScript polls: see `main.mjs`.
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

/// After how many milliseconds a request is given up. Nobody says when a sender hangs up, and then
/// JavaScript never comes back for the answer. No sender is known that waits for more than half a minute.
const GIVE_UP_MS: u64 = 5 * 60 * 1_000;

/// The requests under way, by their numbers, which grow with time.
#[derive(Default)]
struct Calls {
    last: u32,
    calls: BTreeMap<u32, Call>,
}

/// A request under way.
struct Call {
    /// In milliseconds since 1970.
    begun: u64,
    future: Pin<Box<dyn Future<Output = JsValue>>>,
    body: JsBody,
    waker: Waker,
}

thread_local! {
    static CALLS: RefCell<Calls> = RefCell::default();
}

/// Takes in a request, as the future of its answer. `wake` is called when that is to be polled again.
pub(super) fn begin<F>(now: u64, wake: Function, future: impl FnOnce(JsBody) -> F) -> u32
where
    F: Future<Output = JsValue> + 'static,
{
    let body = JsBody::default();
    let future = Box::pin(future(body.clone()));
    let waker = Waker::from(Arc::new(Alarm(SendWrapper::new(wake))));
    CALLS.with_borrow_mut(|calls| {
        while let Some(oldest) = calls.calls.first_entry()
            && now.saturating_sub(oldest.get().begun) > GIVE_UP_MS
        {
            oldest.remove();
        }
        calls.last = calls.last.wrapping_add(1);
        calls.calls.insert(calls.last, Call { begun: now, future, body, waker });
        calls.last
    })
}

/// Lets a request go on: the answer, `null` if it wants its body first, or `undefined` if it waits for
/// something else. `body` is what came of the last `null`, else `undefined`.
///
/// # Errors
///
/// The request was given up.
pub(super) fn proceed(number: u32, body: JsValue) -> Result<JsValue, JsValue> {
    let call = CALLS.with_borrow_mut(|calls| calls.calls.remove(&number));
    let mut call =
        call.ok_or_else(|| JsError::new("the request took too long, and was given up"))?;
    if !body.is_undefined() {
        call.body.0.replace(State::Here(body));
    }
    Ok(match call.future.as_mut().poll(&mut Context::from_waker(&call.waker)) {
        Poll::Ready(answer) => answer,
        Poll::Pending => {
            let is_wanted = matches!(*call.body.0.borrow(), State::Wanted);
            CALLS.with_borrow_mut(|calls| calls.calls.insert(number, call));
            if is_wanted { JsValue::NULL } else { JsValue::UNDEFINED }
        }
    })
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

/// Wakes JavaScript, which then lets the request go on: not at once, since whoever rings may not be
/// done yet.
struct Alarm(SendWrapper<Function>);

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // It sets a variable and resolves a promise, neither of which can fail.
        let _ = self.0.call0(&JsValue::UNDEFINED);
    }
}
