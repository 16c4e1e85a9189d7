//! The calls that are under way, and the two functions by which JavaScript begins one and goes on with it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use js_sys::Function;
use wasm_bindgen::{JsError, JsValue};
use worker::send::SendWrapper;

use super::body::JsBody;
use super::tags::{self, News, Step};
use super::timer::{Alarm, Timers};

/// The calls by their numbers, which grow with time.
#[derive(Default)]
struct Calls {
    last: u32,
    calls: BTreeMap<u32, Call>,
}

struct Call {
    future: Pin<Box<dyn Future<Output = Answer>>>,
    body: JsBody,
    alarm: Alarm,
    waker: Waker,
}

/// What the handler returns to the runtime, or the exception it throws.
pub(in crate::cloudflare) type Answer = Result<JsValue, JsValue>;

/// What a future waits with.
#[derive(Clone, Default)]
pub(in crate::cloudflare) struct Means {
    pub(in crate::cloudflare) body: JsBody,
    pub(in crate::cloudflare) timers: Timers,
}

thread_local! {
    static CALLS: RefCell<Calls> = RefCell::default();
}

/// Creates a call, and returns its number for [`proceed`]. When there is news for it, `tell` is called
/// with the tag and the value of the news, which [`proceed`] then wants.
pub(in crate::cloudflare) fn begin<F>(tell: Function, future: impl FnOnce(Means) -> F) -> u32
where
    F: Future<Output = Answer> + 'static,
{
    let means = Means::default();
    let future = Box::pin(future(means.clone()));
    let waker = Waker::from(Arc::new(Bell(SendWrapper::new(tell.clone()))));
    let alarm = Alarm::new(means.timers, tell);
    let call = Call { future, body: means.body, alarm, waker };
    CALLS.with_borrow_mut(|calls| {
        calls.last = calls.last.wrapping_add(1);
        calls.calls.insert(calls.last, call);
        calls.last
    })
}

/// Goes on with a call, now that there is this news, and returns a [`Step`].
///
/// # Errors
///
/// The call's future has failed, the call has settled before, or JavaScript reports an unknown tag.
pub(in crate::cloudflare) fn proceed(number: u32, tag: u32, value: JsValue) -> Answer {
    let call = CALLS.with_borrow_mut(|calls| calls.calls.remove(&number));
    let mut call = call.ok_or_else(|| JsError::new("the call has settled before"))?;
    match News::new(tag, value)? {
        News::Woken => {}
        News::TimeIsUp(timer) => call.alarm.ring(timer),
        News::Body(piece) => call.body.arrive(piece),
    }
    let step = match call.future.as_mut().poll(&mut Context::from_waker(&call.waker)) {
        Poll::Ready(answer) => Step::Answer(answer?),
        Poll::Pending => {
            let step = call.body.step();
            call.alarm.set();
            CALLS.with_borrow_mut(|calls| calls.calls.insert(number, call));
            step
        }
    };
    Ok(step.into_js())
}

/// The waker: it tells `run`, which polls later, since whoever wakes may be in the middle of something.
struct Bell(SendWrapper<Function>);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // It appends to an array and resolves a promise, neither of which can fail.
        let _ = self.0.call1(&JsValue::UNDEFINED, &tags::woken());
    }
}
