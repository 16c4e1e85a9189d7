//! The clients share the requests, and record what was acknowledged.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::{iter, thread};

use crate::sender::Sender;
use crate::traffic::{Repeat, Request, Traffic};

/// The state that the clients share.
pub(crate) struct Clients<'a> {
    sender: &'a Sender,
    open: Mutex<Open>,
    /// For each request, whether it ever got a 2xx.
    acknowledged: Mutex<Vec<bool>>,
    acknowledged_events: AtomicUsize,
    refusal: OnceLock<String>,
}

/// The requests that are still to be sent.
struct Open {
    requests: Box<dyn Iterator<Item = Request> + Send>,
    /// Requests to send again, by the number of requests taken before.
    later: BTreeMap<usize, Arc<Request>>,
    taken_requests: usize,
    taken_events: usize,
}

impl<'a> Clients<'a> {
    pub(crate) fn new(traffic: &Traffic, sender: &'a Sender) -> Self {
        let open = Open {
            requests: Box::new(traffic.requests()),
            later: BTreeMap::new(),
            taken_requests: 0,
            taken_events: 0,
        };
        Self {
            sender,
            open: Mutex::new(open),
            acknowledged: Mutex::default(),
            acknowledged_events: AtomicUsize::new(0),
            refusal: OnceLock::new(),
        }
    }

    /// The work of one client, until nothing is left to send.
    pub(crate) fn work(&self) {
        while let Some((request, is_first)) = self.take() {
            if is_first {
                thread::sleep(request.pause);
            }
            if is_first && matches!(request.repeat, Repeat::AtOnce) {
                thread::scope(|scope| {
                    scope.spawn(|| self.deliver(&request));
                    self.deliver(&request);
                });
            } else {
                self.deliver(&request);
            }
        }
    }

    /// Stops sending.
    pub(crate) fn stop(&self) {
        // If a client panicked while it held the lock, none can continue.
        if let Ok(mut open) = self.open.lock() {
            open.requests = Box::new(iter::empty());
            open.later.clear();
        }
    }

    /// How many events were taken for sending so far.
    pub(crate) fn taken_events(&self) -> usize {
        self.open.lock().unwrap().taken_events
    }

    /// How many events were acknowledged so far.
    pub(crate) fn acknowledged_events(&self) -> usize {
        self.acknowledged_events.load(Ordering::Relaxed)
    }

    /// The receiver's answer, if it refused a request.
    pub(crate) fn refusal(&self) -> Option<&str> {
        self.refusal.get().map(String::as_str)
    }

    /// For each request, whether it ever got a 2xx.
    pub(crate) fn acknowledged(&self) -> Vec<bool> {
        self.acknowledged.lock().unwrap().clone()
    }

    /// The next request, and whether it is sent for the first time.
    fn take(&self) -> Option<(Arc<Request>, bool)> {
        let mut open = self.open.lock().unwrap();
        let open = &mut *open;
        if let Some(due) = open.later.first_entry()
            && *due.key() <= open.taken_requests
        {
            return Some((due.remove(), false));
        }
        let Some(request) = open.requests.next() else {
            return open.later.pop_first().map(|(_, request)| (request, false));
        };
        open.taken_requests += 1;
        open.taken_events += request.events.len();
        let request = Arc::new(request);
        if let Repeat::Later(requests) = request.repeat {
            // If another one is due at the same time, this one follows it.
            let mut due = open.taken_requests + requests;
            while open.later.contains_key(&due) {
                due += 1;
            }
            open.later.insert(due, Arc::clone(&request));
        }
        Some((request, true))
    }

    fn deliver(&self, request: &Request) {
        match self.sender.deliver(request) {
            Ok(true) => self.note(request),
            Ok(false) => {}
            Err(refusal) => {
                // Only the first refusal is kept.
                let _ = self.refusal.set(refusal);
                self.stop();
            }
        }
    }

    fn note(&self, request: &Request) {
        let mut acknowledged = self.acknowledged.lock().unwrap();
        if acknowledged.len() <= request.index {
            acknowledged.resize(request.index + 1, false);
        }
        let already = acknowledged.get_mut(request.index).expect("it was made so long");
        if !std::mem::replace(already, true) {
            self.acknowledged_events.fetch_add(request.events.len(), Ordering::Relaxed);
        }
    }
}
