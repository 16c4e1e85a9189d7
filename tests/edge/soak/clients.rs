//! The clients: they share the requests among them, and note what was acknowledged.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::{iter, thread};

use crate::sender::Sender;
use crate::traffic::{Repeat, Request, Traffic};

/// What the clients share.
pub(crate) struct Clients<'a> {
    sender: &'a Sender,
    open: Mutex<Open>,
    /// For each request, whether it ever got a 2xx.
    acknowledged: Mutex<Vec<bool>>,
    acknowledged_events: AtomicUsize,
    refusal: OnceLock<String>,
}

/// What is still to be sent.
struct Open {
    requests: Box<dyn Iterator<Item = Request> + Send>,
    /// Those that are to be sent once more, when this many requests have been taken.
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

    /// What one client does, until nothing is left to be sent.
    pub(crate) fn work(&self) {
        while let Some((request, is_first)) = self.take() {
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

    /// Nothing more is sent.
    pub(crate) fn stop(&self) {
        // Where a client panicked with the lock in its hand, none can go on.
        if let Ok(mut open) = self.open.lock() {
            open.requests = Box::new(iter::empty());
            open.later.clear();
        }
    }

    /// How many events were taken to be sent so far.
    pub(crate) fn taken_events(&self) -> usize {
        self.open.lock().unwrap().taken_events
    }

    /// How many events were acknowledged so far.
    pub(crate) fn acknowledged_events(&self) -> usize {
        self.acknowledged_events.load(Ordering::Relaxed)
    }

    /// What the receiver said when it refused a request.
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
            // Where another one is due at the same time, this one comes just after it.
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
                // The first one is told.
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
