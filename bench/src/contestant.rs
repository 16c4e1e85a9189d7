//! Who is measured.

use std::path::PathBuf;

use crate::case::{Case, Fate, Mode, TOKEN};
use crate::lab::{Lab, Sink};
use crate::process::{Process, free_address};
use crate::receiver;
use crate::upload::Upload;
use crate::workerd::{Binding, Worker};

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contestant {
    EmptyJs,
    EmptyRs,
    Receiver,
    Deduplicating,
    AsShipped,
    HonoZod,
    CloudEventsJs,
    FastApi,
}

use Contestant::{
    AsShipped, CloudEventsJs, Deduplicating, EmptyJs, EmptyRs, FastApi, HonoZod, Receiver,
};

/// What everybody is compared with.
pub(crate) const FLOOR: Contestant = EmptyRs;

impl Contestant {
    pub(crate) const ALL: [Self; 8] =
        [EmptyJs, EmptyRs, Receiver, Deduplicating, AsShipped, HonoZod, CloudEventsJs, FastApi];

    /// What the tables call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            EmptyJs => "empty JavaScript Worker",
            EmptyRs => "empty workers-rs Worker",
            Receiver => "elytra-webhooks",
            Deduplicating => "elytra-webhooks, deduplicating",
            AsShipped => "elytra-webhooks, as shipped",
            HonoZod => "Hono + Zod",
            CloudEventsJs => "CloudEvents SDK (JavaScript)",
            FastApi => "FastAPI + pydantic",
        }
    }

    /// What its files are called.
    pub(crate) fn key(self) -> &'static str {
        match self {
            EmptyJs => "empty-js",
            EmptyRs => "empty-rs",
            Receiver => "receiver",
            Deduplicating => "deduplicating",
            AsShipped => "as-shipped",
            HonoZod => "hono-zod",
            CloudEventsJs => "cloudevents-js",
            FastApi => "fastapi",
        }
    }

    /// Whether it only reads the body.
    pub(crate) fn is_empty(self) -> bool {
        matches!(self, EmptyJs | EmptyRs)
    }

    /// Whether it is measured in this case. Deduplication costs something only where something is
    /// forwarded. It and the journal need another id each time, which oha cannot put in a header.
    pub(crate) fn takes(self, case: &Case) -> bool {
        match self {
            Deduplicating => case.fate == Fate::Forwarded && case.mode != Mode::Binary,
            AsShipped => case.mode != Mode::Binary,
            _ => true,
        }
    }

    /// Whether each event needs an id of its own.
    pub(crate) fn wants_fresh_ids(self) -> bool {
        matches!(self, Deduplicating | AsShipped)
    }

    /// The status of its answer.
    pub(crate) fn status(self, case: &Case) -> u16 {
        if self.is_empty() { 200 } else { case.status() }
    }

    /// How many messages it sends to the queue for each request.
    pub(crate) fn messages(self, case: &Case) -> usize {
        if self.is_empty() { 0 } else { case.messages() }
    }

    /// The folder of its `wrangler.toml`, if it is a Worker.
    fn folder(self, lab: &Lab) -> Option<PathBuf> {
        match self {
            Receiver | Deduplicating | AsShipped => Some(lab.project().root().to_path_buf()),
            FastApi => None,
            EmptyJs | EmptyRs | HonoZod | CloudEventsJs => {
                Some(lab.project().peers().join(self.key()))
            }
        }
    }

    /// What would be uploaded, if it is a Worker.
    pub(crate) fn upload(self, lab: &Lab) -> Option<Upload> {
        self.folder(lab).map(|folder| Upload::make(lab, self.key(), folder))
    }

    /// Starts it.
    pub(crate) fn start(self, lab: &Lab, upload: Option<&Upload>, sink: &Sink) -> Process {
        match upload {
            Some(upload) => lab.start(self.key(), self.worker(&upload.worker), Some(sink)),
            None => start_fastapi(self, lab, sink),
        }
    }

    fn worker(self, upload: &Worker) -> Worker {
        match self {
            Receiver => receiver::receiver(upload),
            Deduplicating => receiver::deduplicating(upload, None),
            AsShipped => receiver::as_shipped(upload),
            EmptyJs | EmptyRs | FastApi => upload.clone(),
            HonoZod | CloudEventsJs => {
                let token = Binding::Text(TOKEN.to_owned());
                let bindings = [("ELYTRA_TOKEN", token), ("PRODUCT_EVENTS", Binding::Queue)];
                let bindings = bindings.map(|(name, binding)| (name.to_owned(), binding));
                Worker { bindings: bindings.to_vec(), ..upload.clone() }
            }
        }
    }
}

/// One process, with the event loop and the parser that are fastest.
fn start_fastapi(contestant: Contestant, lab: &Lab, sink: &Sink) -> Process {
    let address = free_address();
    let mut uvicorn = lab.bench_tools.fastapi();
    uvicorn
        .args(["-m", "uvicorn", "main:app", "--workers", "1"])
        .args(["--loop", "uvloop", "--http", "httptools"])
        .args(["--no-access-log", "--log-level", "warning"])
        .args(["--host", &address.ip().to_string(), "--port", &address.port().to_string()])
        .arg("--app-dir")
        .arg(lab.project().peers().join(contestant.key()))
        .env("ELYTRA_TOKEN", TOKEN)
        .env("QUEUE_URL", format!("http://{}", sink.address()));
    let complaints = lab.folder().join(format!("{}.log", contestant.key()));
    Process::start(&mut uvicorn, address, &complaints)
}
