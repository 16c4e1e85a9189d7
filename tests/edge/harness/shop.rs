//! An HTTP server in the test's process, which serves as an HTTP destination.

mod order;
mod reply;
mod tls;

use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::process::wait_until;
pub use order::Order;
use reply::Next;
pub use reply::Reply;

/// Computes the answers.
type Script = Arc<dyn Fn(&Order) -> Reply + Send + Sync>;

/// A server on loopback that keeps its requests, and answers as the test says: 204 by default.
pub struct Shop {
    address: SocketAddr,
    counter: Arc<Counter>,
    thread: Option<JoinHandle<()>>,
}

/// The state that a shop's threads share.
struct Counter {
    script: Mutex<Script>,
    orders: Mutex<Vec<Order>>,
    connections: Mutex<Vec<TcpStream>>,
    /// Whether held answers are released.
    is_released: AtomicBool,
    is_closed: AtomicBool,
    /// How many bytes of endless bodies were written.
    written: AtomicUsize,
    /// How often the caller hung up before the end of an answer.
    given_up: AtomicUsize,
    /// The TLS configuration, if it uses TLS.
    tls: Option<Arc<ServerConfig>>,
    /// How many TLS handshakes were completed.
    handshakes: AtomicUsize,
    /// Why other handshakes failed.
    refusals: Mutex<Vec<String>>,
}

impl Shop {
    /// Opens a shop on a free port.
    #[must_use]
    pub fn open() -> Self {
        Self::open_at(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// Opens a shop at an address, such as that of a closed shop.
    #[must_use]
    pub fn open_at(address: SocketAddr) -> Self {
        Self::start(address, None)
    }

    /// Opens a shop on a free port, only for `https`, with this certificate and key.
    #[must_use]
    pub fn open_with_tls(
        certificate: CertificateDer<'static>,
        key: PrivateKeyDer<'static>,
    ) -> Self {
        let tls = tls::config(certificate, key);
        Self::start(SocketAddr::from(([127, 0, 0, 1], 0)), Some(Arc::new(tls)))
    }

    fn start(address: SocketAddr, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let counter = Arc::new(Counter {
            script: Mutex::new(Arc::new(|_| Reply::status(204))),
            orders: Mutex::default(),
            connections: Mutex::default(),
            is_released: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
            written: AtomicUsize::new(0),
            given_up: AtomicUsize::new(0),
            tls,
            handshakes: AtomicUsize::new(0),
            refusals: Mutex::default(),
        });
        let thread = {
            let counter = Arc::clone(&counter);
            thread::spawn(move || accept(&listener, &counter))
        };
        Self { address, counter, thread: Some(thread) }
    }

    /// Its base URL. With TLS, it has a host name, because certificates do.
    #[must_use]
    pub fn url(&self) -> String {
        match self.counter.tls {
            None => format!("http://{}", self.address),
            Some(_) => format!("https://localhost:{}", self.address.port()),
        }
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sets how it answers from now on.
    pub fn answer(&self, script: impl Fn(&Order) -> Reply + Send + Sync + 'static) {
        *self.counter.script.lock().unwrap() = Arc::new(script);
    }

    /// Releases held answers, and holds none back until [`Shop::hold`].
    pub fn release(&self) {
        self.counter.is_released.store(true, Ordering::SeqCst);
    }

    /// Holds answers back again.
    pub fn hold(&self) {
        self.counter.is_released.store(false, Ordering::SeqCst);
    }

    /// The requests so far, in order.
    #[must_use]
    pub fn orders_so_far(&self) -> Vec<Order> {
        self.counter.orders.lock().unwrap().clone()
    }

    /// The requests, once there are this many.
    #[track_caller]
    #[must_use]
    pub fn orders(&self, count: usize) -> Vec<Order> {
        wait_until(&format!("the shop has {count} orders"), || {
            let orders = self.orders_so_far();
            (orders.len() >= count).then_some(orders)
        })
    }

    /// Removes and returns the requests so far.
    #[must_use]
    pub fn take_orders(&self) -> Vec<Order> {
        std::mem::take(&mut *self.counter.orders.lock().unwrap())
    }

    /// Waits until this many callers have hung up before the end of an answer.
    #[track_caller]
    pub fn wait_until_given_up(&self, calls: usize) {
        wait_until(&format!("{calls} calls are given up"), || {
            (self.counter.given_up.load(Ordering::SeqCst) >= calls).then_some(())
        });
    }

    /// How many TLS handshakes were completed so far.
    #[must_use]
    pub fn handshakes(&self) -> usize {
        self.counter.handshakes.load(Ordering::SeqCst)
    }

    /// Why callers aborted TLS handshakes, once this many have.
    #[track_caller]
    #[must_use]
    pub fn refusals(&self, count: usize) -> Vec<String> {
        wait_until(&format!("{count} callers have broken off the handshake"), || {
            let refusals = self.counter.refusals.lock().unwrap().clone();
            (refusals.len() >= count).then_some(refusals)
        })
    }

    /// How many bytes of endless bodies were written so far.
    #[must_use]
    pub fn endless_bytes(&self) -> usize {
        self.counter.written.load(Ordering::SeqCst)
    }
}

impl Counter {
    /// Stores a request, and computes the answer.
    fn take(&self, mut order: Order) -> Reply {
        {
            let mut orders = self.orders.lock().unwrap();
            let key = order.header("idempotency-key");
            order.before =
                orders.iter().filter(|other| other.header("idempotency-key") == key).count();
            orders.push(order.clone());
        }
        let script = Arc::clone(&self.script.lock().unwrap());
        script(&order)
    }

    /// Whether answers are no longer held back.
    fn is_released(&self) -> bool {
        self.is_released.load(Ordering::SeqCst) || self.is_closed.load(Ordering::SeqCst)
    }
}

fn accept(listener: &TcpListener, counter: &Arc<Counter>) {
    for stream in listener.incoming() {
        if counter.is_closed.load(Ordering::SeqCst) {
            return;
        }
        let stream = stream.unwrap();
        counter.connections.lock().unwrap().push(stream.try_clone().unwrap());
        let counter = Arc::clone(counter);
        // The caller may be gone.
        thread::spawn(move || drop(serve(&stream, &counter)));
    }
}

/// Answers the requests on a connection, until it ends.
fn serve(stream: &TcpStream, counter: &Counter) -> io::Result<()> {
    match &counter.tls {
        None => talk(stream, stream, counter)?,
        Some(config) => match tls::accept(config, stream) {
            Ok(secured) => {
                counter.handshakes.fetch_add(1, Ordering::SeqCst);
                talk(secured, stream, counter)?;
            }
            Err(error) => counter.refusals.lock().unwrap().push(error.to_string()),
        },
    }
    stream.shutdown(Shutdown::Both)
}

/// Answers requests on a socket, or on a TLS stream above one.
fn talk(above: impl Read + Write, socket: &TcpStream, counter: &Counter) -> io::Result<()> {
    let mut reader = BufReader::new(above);
    while let Some(order) = Order::read(&mut reader)? {
        let reply = counter.take(order);
        match reply.write(reader.get_mut(), socket, counter) {
            Ok(Next::Order) => {}
            Ok(Next::End) => break,
            Ok(Next::GivenUp) | Err(_) => {
                counter.given_up.fetch_add(1, Ordering::SeqCst);
                break;
            }
        }
    }
    Ok(())
}

impl std::fmt::Debug for Shop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shop").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Closes the shop: callers are refused, and connections end.
impl Drop for Shop {
    fn drop(&mut self) {
        self.counter.is_closed.store(true, Ordering::SeqCst);
        // The thread checks for this when a connection arrives.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        for connection in self.counter.connections.lock().unwrap().drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}
