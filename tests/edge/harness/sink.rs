//! A queue in the test's process, which keeps its messages when workerd dies.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use tiny_http::{Request, Response, Server};

/// The texts of each binding's messages, in order of arrival.
type Messages = Arc<Mutex<BTreeMap<String, Vec<String>>>>;

/// A server on loopback that takes the messages of all queues of a receiver, see
/// [`Settings::with_sink`](crate::Settings::with_sink).
pub struct Sink {
    server: Arc<Server>,
    url: String,
    messages: Messages,
    thread: Option<JoinHandle<()>>,
}

impl Sink {
    /// Starts a sink on a free port.
    #[must_use]
    pub fn start() -> Self {
        let server = Arc::new(Server::http("127.0.0.1:0").unwrap());
        let url = format!("http://{}", server.server_addr());
        let messages = Messages::default();
        let thread = {
            let (server, messages) = (Arc::clone(&server), Arc::clone(&messages));
            thread::spawn(move || {
                for request in server.incoming_requests() {
                    take(request, &messages);
                }
            })
        };
        Self { server, url, messages, thread: Some(thread) }
    }

    /// The texts of a queue's messages so far.
    #[must_use]
    pub fn messages(&self, binding: &str) -> Vec<String> {
        self.messages.lock().unwrap().get(binding).cloned().unwrap_or_default()
    }

    /// Removes and returns the texts of a queue's messages.
    #[must_use]
    pub fn take_messages(&self, binding: &str) -> Vec<String> {
        self.messages.lock().unwrap().remove(binding).unwrap_or_default()
    }

    /// Its URL.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

/// Stores the messages of a request, and answers it after that.
fn take(mut request: Request, messages: &Messages) {
    let binding = request.url().trim_start_matches('/').to_owned();
    let mut body = String::new();
    let read = request.as_reader().read_to_string(&mut body);
    // A workerd that was killed may have sent only half of it.
    let texts: Option<Vec<String>> = read.ok().and_then(|_| serde_json::from_str(&body).ok());
    let status = match texts {
        Some(texts) => {
            messages.lock().unwrap().entry(binding).or_default().extend(texts);
            204
        }
        None => 400,
    };
    // The caller may be gone.
    let _ = request.respond(Response::empty(status));
}

impl std::fmt::Debug for Sink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sink").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
