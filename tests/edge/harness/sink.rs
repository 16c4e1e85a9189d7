//! A queue in the test's process, which keeps its messages when workerd dies.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use crate::shop::Order;

/// The texts of each binding's messages, in order of arrival.
type Messages = Mutex<BTreeMap<String, Vec<String>>>;

/// A server on loopback that takes the messages of all queues of a receiver, see
/// [`Settings::with_sink`](crate::Settings::with_sink).
pub struct Sink {
    address: SocketAddr,
    url: String,
    messages: Arc<Messages>,
    is_closed: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Sink {
    /// Starts a sink on a free port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let messages = Arc::<Messages>::default();
        let is_closed = Arc::<AtomicBool>::default();
        let thread = {
            let (messages, is_closed) = (Arc::clone(&messages), Arc::clone(&is_closed));
            thread::spawn(move || accept(&listener, &messages, &is_closed))
        };
        let url = format!("http://{address}");
        Self { address, url, messages, is_closed, thread: Some(thread) }
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

    /// Removes and returns the texts of those messages of a queue for which this is true.
    #[must_use]
    pub fn take_messages_if(&self, binding: &str, is_it: impl Fn(&str) -> bool) -> Vec<String> {
        let mut all = self.messages.lock().unwrap();
        let messages = all.entry(binding.to_owned()).or_default();
        messages.extract_if(.., |text| is_it(text)).collect()
    }

    /// Its URL. The messages of a queue are posted to the name of its binding below it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// Serves each connection with a thread of its own: the receiver keeps many alive.
fn accept(listener: &TcpListener, messages: &Arc<Messages>, is_closed: &AtomicBool) {
    for stream in listener.incoming() {
        if is_closed.load(Ordering::SeqCst) {
            return;
        }
        let (stream, messages) = (stream.unwrap(), Arc::clone(messages));
        // The caller may be gone.
        thread::spawn(move || drop(serve(&stream, &messages)));
    }
}

/// Stores the messages of each request on a connection, and answers it after that.
fn serve(stream: &TcpStream, messages: &Messages) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    // A workerd that was killed may have sent only half of a request, which is an error.
    while let Some(order) = Order::read(&mut reader)? {
        let binding = order.path.trim_start_matches('/').to_owned();
        let status = match serde_json::from_slice::<Vec<String>>(&order.body) {
            Ok(texts) => {
                messages.lock().unwrap().entry(binding).or_default().extend(texts);
                "204 No Content"
            }
            Err(_) => "400 Bad Request\r\nContent-Length: 0",
        };
        reader.get_mut().write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes())?;
    }
    Ok(())
}

impl std::fmt::Debug for Sink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sink").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.is_closed.store(true, Ordering::SeqCst);
        // The thread checks for this when a connection arrives.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
