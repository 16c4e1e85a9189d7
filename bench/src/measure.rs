//! One measurement: so many requests of one case to one process, and what they cost it.

use std::fs;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::case::{Case, Mode};
use crate::event::ATTRIBUTES;
use crate::lab::{Lab, Sink};
use crate::load::{Answers, Body, write_lines};
use crate::process::Process;

/// How much a file of bodies may hold. oha keeps it in memory.
const MOST_LINES_BYTES: usize = 256_000_000;

/// How many bodies there are for each request that chooses one of them by chance, if the file has
/// room for them: with so many, two requests of a hundred have one that was chosen before.
const LINES_PER_REQUEST: usize = 25;

/// The fewest; with these, one of twenty.
const FEWEST_LINES_PER_REQUEST: usize = 10;

/// What is sent to whom, and what has to come of it.
pub(crate) struct Target<'a> {
    pub(crate) name: String,
    pub(crate) process: &'a Process,
    pub(crate) sink: &'a Sink,
    pub(crate) case: &'a Case,
    pub(crate) connections: usize,
    pub(crate) status: u16,
    /// How many messages come to the sink for each request.
    pub(crate) messages: usize,
    pub(crate) wants_fresh_ids: bool,
}

/// What came of it. CPU times are microseconds, for each request.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figures {
    pub(crate) requests: usize,
    /// Those of them whose events were sent before, where that matters.
    pub(crate) repeated: usize,
    pub(crate) cpu_us: f64,
    pub(crate) requests_per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) load_generator_cpu_us: f64,
}

/// Where the next fresh ids come from.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    next: usize,
}

impl Target<'_> {
    /// Finds out how many requests take about this long, and warms everything up by it.
    #[track_caller]
    pub(crate) fn calibrate(&self, lab: &Lab, ids: &mut Ids, seconds: f64) -> usize {
        let most = self.most_requests();
        let mut requests = 64.min(most);
        loop {
            let figures = self.measure(lab, ids, requests);
            let taken = requests as f64 / figures.requests_per_second;
            if taken >= seconds / 2.0 || requests == most {
                let wanted = (figures.requests_per_second * seconds) as usize;
                return wanted.clamp(self.connections.min(most), most);
            }
            requests = (requests * 2).min(most);
        }
    }

    /// Checks that what came to the queue last is the event that was sent; the `time` of some loses
    /// digits on the way.
    ///
    /// # Panics
    ///
    /// If it is another.
    #[track_caller]
    pub(crate) fn check_message(&self) {
        if self.messages != 1 {
            return;
        }
        let message = self.sink.last_message();
        let message: Value = serde_json::from_str(&message)
            .unwrap_or_else(|error| panic!("{}: {error}: {message}", self.name));
        let sent: Value = serde_json::from_str(&self.case.body()).unwrap();
        let data = if self.case.mode == Mode::Binary { &sent } else { &sent["data"] };
        assert_eq!(&message["data"], data, "{}: the data in the queue", self.name);
        for (name, value) in ATTRIBUTES.iter().filter(|(name, _)| *name != "time") {
            assert_eq!(message[name], *value, "{}: {name} in the queue", self.name);
        }
    }

    /// Checks that an event that comes again is recognized, where that is to be measured.
    ///
    /// # Panics
    ///
    /// If it is not: then the ledger fails, and what would be measured is that.
    #[track_caller]
    pub(crate) fn check_recognizes(&self, lab: &Lab, ids: &mut Ids) {
        // What is not forwarded has the same answer each time.
        if !self.wants_fresh_ids || self.status != 202 {
            return;
        }
        let body = self.case.template().body(ids.next);
        ids.next += self.case.events;
        let body = Body::File(lab.write("twice.body", &body));
        let headers = self.case.headers();
        let told = lab.load(self.process.address(), &headers, &body, 1).send(2).statuses;
        assert_eq!(told, [(self.status, 1), (200, 1)].into(), "{}: an event sent twice", self.name);
    }

    /// Sends so many requests, and checks every answer.
    ///
    /// # Panics
    ///
    /// If one answer is not the right one, or a message is missing.
    #[track_caller]
    pub(crate) fn measure(&self, lab: &Lab, ids: &mut Ids, requests: usize) -> Figures {
        let body = self.body(lab, ids, requests);
        let headers = self.case.headers();
        let load = lab.load(self.process.address(), &headers, &body, self.connections);
        let messages = self.sink.messages();
        let cpu = self.process.cpu();
        let answers = load.send(requests);
        let cpu = self.process.cpu().saturating_sub(cpu);
        let messages = self.sink.messages() - messages;
        if let Body::Lines(path) = &body {
            fs::remove_file(path).unwrap();
        }
        let repeated = self.check(&answers, requests, messages);
        let for_each = |time: Duration| time.as_secs_f64() * 1e6 / requests as f64;
        Figures {
            requests,
            repeated,
            cpu_us: for_each(cpu),
            requests_per_second: requests as f64 / answers.seconds,
            p50_ms: answers.p50_ms,
            p99_ms: answers.p99_ms,
            load_generator_cpu_us: for_each(answers.cpu),
        }
    }

    fn body(&self, lab: &Lab, ids: &mut Ids, requests: usize) -> Body {
        if !self.wants_fresh_ids {
            let name = format!("{}-{}.body", self.case.bytes, self.case.name.replace(' ', "-"));
            return Body::File(lab.write(&name, &self.case.body()));
        }
        let path = lab.folder().join("fresh.bodies");
        let lines = (requests * LINES_PER_REQUEST).min(MOST_LINES_BYTES / self.case.body_bytes());
        let template = self.case.template();
        let events = self.case.events;
        let first = ids.next;
        ids.next += lines * events;
        write_lines(&path, (0..lines).map(|line| template.body(first + line * events)));
        Body::Lines(path)
    }

    fn most_requests(&self) -> usize {
        if self.wants_fresh_ids {
            MOST_LINES_BYTES / self.case.body_bytes() / FEWEST_LINES_PER_REQUEST
        } else {
            usize::MAX
        }
    }

    /// How many events were recognized. Every other answer has to be the right one, and every message
    /// has to be in the sink.
    #[track_caller]
    fn check(&self, answers: &Answers, requests: usize, messages: usize) -> usize {
        let right = answers.statuses.get(&self.status).copied().unwrap_or_default();
        // An event that was sent before is a duplicate (200), or still under way (503).
        let again = |status: &u16| {
            self.wants_fresh_ids && *status != self.status && [200, 503].contains(status)
        };
        let repeated = answers.statuses.iter().filter(|(status, _)| again(status));
        let repeated: usize = repeated.map(|(_, count)| count).sum();
        let name = &self.name;
        let told = &answers.statuses;
        assert_eq!(
            right + repeated,
            requests,
            "{name}: {} was expected, not {told:?}",
            self.status
        );
        let most = requests / 5 + 5;
        assert!(repeated <= most, "{name}: so many cannot have been sent before: {told:?}");
        assert_eq!(messages, right * self.messages, "{name}: messages in the queue");
        repeated
    }
}
