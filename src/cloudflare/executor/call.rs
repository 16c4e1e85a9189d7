//! The calls that are under way, and the two functions by which JavaScript begins one and goes on with it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, Wake, Waker};

use wasm_bindgen::{JsError, JsValue};
use worker::send::SendWrapper;

use super::body::JsBody;
use super::host::Host;
use super::promises::Promises;
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
    promises: Promises,
    alarm: Alarm,
    bell: Arc<Bell>,
    waker: Waker,
}

/// What the handler returns to the runtime, an object or `true`, or the exception it throws.
pub(in crate::cloudflare) type Answer = Result<JsValue, JsValue>;

/// What a future waits with.
#[derive(Clone)]
pub(in crate::cloudflare) struct Means {
    pub(in crate::cloudflare) body: JsBody,
    pub(in crate::cloudflare) timers: Timers,
    pub(in crate::cloudflare) promises: Promises,
    pub(in crate::cloudflare) host: Host,
}

thread_local! {
    static CALLS: RefCell<Calls> = RefCell::default();
}

/// Creates a call, and returns its number for [`proceed`].
pub(in crate::cloudflare) fn begin<F>(host: Host, future: impl FnOnce(Means) -> F) -> u32
where
    F: Future<Output = Answer> + 'static,
{
    let means = Means {
        body: JsBody::default(),
        timers: Timers::default(),
        promises: Promises::new(host.clone()),
        host,
    };
    let future = Box::pin(future(means.clone()));
    let bell = Arc::new(Bell::new(means.host.clone()));
    let waker = Waker::from(Arc::clone(&bell));
    let Means { body, timers, promises, host } = means;
    let call = Call { future, body, promises, alarm: Alarm::new(timers, host), bell, waker };
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
pub(in crate::cloudflare) fn proceed(
    number: u32,
    tag: u32,
    value: JsValue,
    promise: u32,
) -> Answer {
    let call = CALLS.with_borrow_mut(|calls| calls.calls.remove(&number));
    let mut call = call.ok_or_else(|| JsError::new("the call has settled before"))?;
    // Whoever is woken by the news is polled below.
    call.bell.is_muted.store(true, Relaxed);
    match News::new(tag, value, promise)? {
        News::Woken => {}
        News::TimeIsUp(timer) => call.alarm.ring(timer),
        News::Settled(promise, outcome) => call.promises.settle(promise, outcome),
        News::Body(piece) => call.body.arrive(piece),
    }
    call.bell.is_muted.store(false, Relaxed);
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
struct Bell {
    host: SendWrapper<Host>,
    /// Whether the future is polled next, however often it is woken.
    is_muted: AtomicBool,
}

impl Bell {
    fn new(host: Host) -> Self {
        Self { host: SendWrapper::new(host), is_muted: AtomicBool::new(false) }
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.is_muted.load(Relaxed) {
            return;
        }
        self.host.tell(tags::WOKEN);
    }
}
