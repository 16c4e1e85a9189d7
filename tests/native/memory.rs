//! The platform in memory: queues, KV, R2, the ledger and a virtual clock. All of them can be made to
//! fail.

mod destinations;
mod faults;
mod http;
mod journal;
mod ledger;
mod time;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::pending;

use elytra_webhooks::capacity::Capacity;
use elytra_webhooks::guesses::Guesses;
use elytra_webhooks::journal::Pending;
use elytra_webhooks::platform::{Asset, Assets, BindingError, Clock, Isolate, RateLimiter, Tokens};
use elytra_webhooks::team_keys::TeamKeys;

pub(crate) use destinations::{Held, Later, Stored, StoredObject};
pub(crate) use faults::{ALWAYS, Fault, SAYS};
pub(crate) use http::{Called, Outcome, status};
pub(crate) use journal::ShardJournal;
pub(crate) use ledger::{NumberOfShards, Shard};
pub(crate) use time::{START, Time};

use faults::Faults;

/// A call to a binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) binding: String,
    pub(crate) method: &'static str,
    /// How many messages or claims it contains.
    pub(crate) size: usize,
    /// When it started, in milliseconds since [`START`].
    pub(crate) at: u64,
}

/// The platform in memory.
#[derive(Default)]
pub(crate) struct Memory {
    queues: RefCell<BTreeMap<String, Vec<String>>>,
    /// Messages with a delay.
    pub(crate) later: RefCell<Vec<Later>>,
    /// The entries, by namespace and key.
    namespaces: RefCell<BTreeMap<(String, String), Stored>>,
    /// The objects, by bucket and key.
    buckets: RefCell<BTreeMap<(String, String), StoredObject>>,
    /// If not empty, no queue takes a message that contains this.
    pub(crate) never_taken: Cell<&'static str>,
    /// Deleted entries, which lagging listings still show.
    deleted: RefCell<BTreeMap<(String, String), Stored>>,
    pub(crate) lists_lag: Cell<bool>,
    /// How many times an existing entry is not found.
    pub(crate) gets_lag: Cell<usize>,
    shards: RefCell<BTreeMap<usize, Shard>>,
    pub(crate) journals: RefCell<BTreeMap<usize, ShardJournal>>,
    /// The files of the console, by their paths.
    pub(crate) assets: RefCell<BTreeMap<String, String>>,
    /// The sets of keys, by their URLs.
    pub(crate) keys: RefCell<BTreeMap<String, String>>,
    /// How often keys were asked for.
    pub(crate) keys_asked: Cell<usize>,
    guesses: RefCell<Guesses>,
    team_keys: RefCell<TeamKeys>,
    /// What was collected after answers.
    pub(crate) pending: RefCell<Pending>,
    pub(crate) number_of_shards: NumberOfShards,
    /// The answers of each server, by URL.
    servers: RefCell<BTreeMap<String, VecDeque<Outcome>>>,
    called: RefCell<Vec<Called>>,
    pub(crate) time: Time,
    faults: Faults,
    pub(crate) calls: RefCell<Vec<Call>>,
    /// How many milliseconds each call takes.
    latency: u64,
    /// What requests hold.
    capacity: Capacity,
    /// How many calls to queues, KV and R2 are in flight, and the most there have been.
    under_way: Cell<usize>,
    pub(crate) most_under_way: Cell<usize>,
    /// The rate limits that were asked, with their keys.
    pub(crate) asked: RefCell<Vec<(String, String)>>,
    /// Whether the rate limits are exceeded.
    is_used_up: bool,
}

impl Memory {
    /// Makes each call take this many milliseconds.
    pub(crate) fn with_latency(latency: u64) -> Self {
        Self { latency, ..Self::default() }
    }

    /// Sets whether the rate limits are exceeded.
    pub(crate) fn used_up(is_used_up: bool) -> Self {
        Self { is_used_up, ..Self::default() }
    }

    /// A platform on which these bindings always fail.
    pub(crate) fn failing(bindings: &[&'static str]) -> Self {
        bindings
            .iter()
            .fold(Self::default(), |memory, binding| memory.with(binding, "", Fault::Fails, ALWAYS))
    }

    /// Adds a fault for the next calls of this method, or of any method if empty.
    pub(crate) fn with(
        self,
        binding: &'static str,
        method: &'static str,
        fault: Fault,
        times: usize,
    ) -> Self {
        self.faults.add(binding, method, fault, times);
        self
    }

    /// Adds a fault to a platform that is in use.
    pub(crate) fn breaks(
        &self,
        binding: &'static str,
        method: &'static str,
        fault: Fault,
        times: usize,
    ) {
        self.faults.add(binding, method, fault, times);
    }

    /// Removes all faults.
    pub(crate) fn repair(&self) {
        self.faults.clear();
    }

    /// Everything that is held: KV and R2 in the order of their keys, then queues in order of arrival.
    pub(crate) fn held(&self) -> Vec<Held> {
        let namespaces = self.namespaces.borrow();
        let stored = namespaces.iter().map(|((binding, key), stored)| Held {
            binding: binding.clone(),
            key: Some(key.clone()),
            value: stored.value.clone(),
        });
        let buckets = self.buckets.borrow();
        let objects = buckets.iter().map(|((binding, key), object)| Held {
            binding: binding.clone(),
            key: Some(key.clone()),
            value: object.body.clone(),
        });
        let queues = self.queues.borrow();
        let messages = queues.iter().flat_map(|(binding, messages)| {
            messages.iter().map(|message| (binding.clone(), message.clone()))
        });
        let sent = messages.map(|(binding, value)| Held { binding, key: None, value });
        stored.chain(objects).chain(sent).collect()
    }

    /// Empties everything that holds events, and returns the contents.
    pub(crate) fn take_held(&self) -> Vec<Held> {
        let held = self.held();
        self.namespaces.borrow_mut().clear();
        self.buckets.borrow_mut().clear();
        self.queues.borrow_mut().clear();
        held
    }

    /// Puts messages into a queue.
    pub(crate) fn put_queue(&self, queue: &str, messages: Vec<String>) {
        self.queues.borrow_mut().entry(queue.to_owned()).or_default().extend(messages);
    }

    /// Empties a queue.
    pub(crate) fn take_queue(&self, queue: &str) -> Vec<String> {
        self.queues.borrow_mut().remove(queue).unwrap_or_default()
    }

    /// The messages of a queue.
    pub(crate) fn queue(&self, queue: &str) -> Vec<String> {
        self.queues.borrow().get(queue).cloned().unwrap_or_default()
    }

    /// The keys of a namespace, with their entries.
    pub(crate) fn namespace(&self, namespace: &str) -> Vec<(String, Stored)> {
        let namespaces = self.namespaces.borrow();
        let named = namespaces.iter().filter(|((name, _), _)| name == namespace);
        named.map(|((_, key), stored)| (key.clone(), stored.clone())).collect()
    }

    /// The keys of the objects in a bucket, with their contents.
    pub(crate) fn bucket(&self, bucket: &str) -> Vec<(String, StoredObject)> {
        let buckets = self.buckets.borrow();
        let named = buckets.iter().filter(|((name, _), _)| name == bucket);
        named.map(|((_, key), object)| (key.clone(), object.clone())).collect()
    }

    /// How many calls of a binding's method were made.
    pub(crate) fn count(&self, binding: &str, method: &str) -> usize {
        self.sizes(binding, method).len()
    }

    /// How many messages or claims each call of a method contained.
    pub(crate) fn sizes(&self, binding: &str, method: &str) -> Vec<usize> {
        let calls = self.calls.borrow();
        let named = calls.iter().filter(|call| call.binding == binding && call.method == method);
        named.map(|call| call.size).collect()
    }

    /// The dead letters in `DEAD`, but not what is kept there of jobs.
    pub(crate) fn letters(&self) -> Vec<(String, Stored)> {
        let mut letters = self.namespace("DEAD");
        letters.retain(|(key, _)| !key.starts_with('.'));
        letters
    }

    /// Clears the ledger.
    pub(crate) fn forget_ledger(&self) {
        self.shards.borrow_mut().clear();
    }

    /// Makes a call, with the next planned fault.
    async fn call<T>(
        &self,
        binding: &str,
        method: &'static str,
        size: usize,
        act: impl FnOnce() -> Result<T, BindingError>,
    ) -> Result<T, BindingError> {
        let at = self.time.now() - START;
        self.calls.borrow_mut().push(Call { binding: binding.to_owned(), method, size, at });
        let _counted = (binding != "LEDGER").then(|| UnderWay::new(self));
        let fault = self.faults.next(binding, method);
        self.time.sleep(self.latency).await;
        match fault {
            None => act(),
            Some(Fault::Fails) => Err(BindingError(SAYS.to_owned())),
            Some(Fault::Hangs) => pending().await,
            Some(Fault::LosesAnswer) => {
                let _ = act();
                Err(BindingError(SAYS.to_owned()))
            }
            Some(Fault::HangsAfterwards) => {
                let _ = act();
                pending().await
            }
            Some(Fault::FailsAfter(milliseconds)) => {
                self.time.sleep(milliseconds).await;
                Err(BindingError(SAYS.to_owned()))
            }
            Some(Fault::Takes(milliseconds)) => {
                self.time.sleep(milliseconds).await;
                act()
            }
        }
    }
}

/// Counts a call while it is in flight.
struct UnderWay<'m>(&'m Cell<usize>);

impl<'m> UnderWay<'m> {
    fn new(memory: &'m Memory) -> Self {
        let now = memory.under_way.get() + 1;
        memory.under_way.set(now);
        memory.most_under_way.set(memory.most_under_way.get().max(now));
        Self(&memory.under_way)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl RateLimiter for Memory {
    async fn allows(&self, rate_limit: &str, key: &str) -> bool {
        self.asked.borrow_mut().push((rate_limit.to_owned(), key.to_owned()));
        !self.is_used_up
    }
}

impl Assets for Memory {
    async fn asset(&self, path: &str, etag: Option<&str>) -> Result<Option<Asset>, BindingError> {
        let found = self.assets.borrow().get(path).cloned();
        Ok(found.map(|text| Asset {
            content_type: "text/html".to_owned(),
            etag: Some(format!("{path:?}")),
            text: Some(text).filter(|_| etag != Some(&format!("{path:?}"))),
        }))
    }
}

impl Tokens for Memory {
    async fn keys(&self, url: &str) -> Result<String, BindingError> {
        self.keys_asked.set(self.keys_asked.get() + 1);
        let keys = self.keys.borrow().get(url).cloned();
        keys.ok_or_else(|| BindingError(SAYS.to_owned()))
    }

    /// A key of these tests signs a text by being repeated before it.
    async fn has_signed(
        &self,
        key: &str,
        text: &str,
        signature: &[u8],
    ) -> Result<bool, BindingError> {
        Ok(signature == format!("{key}{text}").as_bytes())
    }
}

impl Isolate for Memory {
    fn capacity(&self) -> &Capacity {
        &self.capacity
    }

    fn guesses<T>(&self, then: impl FnOnce(&mut Guesses) -> T) -> T {
        then(&mut self.guesses.borrow_mut())
    }

    fn team_keys<T>(&self, then: impl FnOnce(&mut TeamKeys) -> T) -> T {
        then(&mut self.team_keys.borrow_mut())
    }
}

impl Clock for Memory {
    fn now(&self) -> u64 {
        self.time.now()
    }

    async fn sleep(&self, milliseconds: u64) {
        self.time.sleep(milliseconds).await;
    }
}
