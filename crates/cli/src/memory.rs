//! A machine in memory, for tests: files, and what was printed.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::host::{Access, Ancestor, FetchError, HttpAnswer, HttpRequest, Stream};
use crate::{Host, Program};

/// The machine.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// The files, by their paths.
    pub(crate) files: RefCell<BTreeMap<String, Vec<u8>>>,
    /// The files that only their owner may read.
    pub(crate) private: RefCell<BTreeSet<String>>,
    /// A file that cannot be written.
    pub(crate) unwritable: String,
    /// The lines that a person types. `None` if there is nobody.
    pub(crate) typed: Option<RefCell<VecDeque<String>>>,
    /// How many random bytes were asked for.
    pub(crate) random: Cell<u8>,
    /// What the standard input has.
    pub(crate) input: String,
    /// The variables of the environment.
    pub(crate) variables: BTreeMap<String, String>,
    /// Results that were printed.
    pub(crate) printed: RefCell<String>,
    /// What was said beside them.
    pub(crate) said: RefCell<String>,
    /// The answers to the next requests.
    pub(crate) answers: RefCell<Vec<Result<HttpAnswer, FetchError>>>,
    /// The requests so far.
    pub(crate) requests: RefCell<Vec<HttpRequest>>,
}

impl Memory {
    /// A machine with this file, too.
    pub(crate) fn with(self, path: &str, text: &str) -> Self {
        self.file(path, text);
        self
    }

    /// Writes a file, and returns its path.
    pub(crate) fn file(&self, path: &str, text: &str) -> String {
        self.files.borrow_mut().insert(path.to_owned(), text.as_bytes().to_vec());
        path.to_owned()
    }

    /// The text of a file.
    #[track_caller]
    pub(crate) fn text(&self, path: &str) -> String {
        let files = self.files.borrow();
        String::from_utf8(files.get(path).expect(path).clone()).expect("UTF-8")
    }

    /// A machine at which a person types these lines.
    pub(crate) fn typing(lines: &[&str]) -> Self {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        Self { typed: Some(RefCell::new(lines)), ..Self::default() }
    }

    /// What was printed since the last call.
    pub(crate) fn take_printed(&self) -> String {
        self.printed.take()
    }
}

/// Runs a command in memory, where nothing is waited for.
pub(crate) fn run<T>(command: impl Future<Output = T>) -> T {
    match pin!(command).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("nothing in memory is waited for"),
    }
}

impl Host for Memory {
    fn program(&self) -> Program {
        Program { name: "npx elytra-webhooks", dev: "npm run dev" }
    }

    fn default_config(&self) -> String {
        "wrangler.toml".to_owned()
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.files.borrow().get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn read_input(&self) -> io::Result<Vec<u8>> {
        Ok(self.input.clone().into_bytes())
    }

    fn write(&self, path: &str, text: &str, access: Access) -> io::Result<()> {
        if path == self.unwritable {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        if access == Access::Owner {
            self.private.borrow_mut().insert(path.to_owned());
        }
        self.files.borrow_mut().insert(path.to_owned(), text.as_bytes().to_vec());
        Ok(())
    }

    fn is_file(&self, path: &str) -> bool {
        self.files.borrow().contains_key(path)
    }

    fn exists(&self, path: &str) -> bool {
        self.is_file(path) || self.is_folder(path)
    }

    fn is_folder(&self, path: &str) -> bool {
        let files = self.files.borrow();
        files.keys().any(|file| file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')))
    }

    fn current_folder(&self) -> String {
        "/project".to_owned()
    }

    fn ancestors(&self) -> Vec<Ancestor> {
        Vec::new()
    }

    fn print(&self, text: &str) -> io::Result<()> {
        self.printed.borrow_mut().push_str(text);
        Ok(())
    }

    fn say(&self, text: &str) {
        self.said.borrow_mut().push_str(text);
    }

    fn is_terminal(&self, stream: Stream) -> bool {
        stream == Stream::Input && self.typed.is_some()
    }

    fn columns(&self) -> Option<usize> {
        None
    }

    fn now(&self) -> u64 {
        1_796_083_200_000
    }

    fn random(&self, bytes: &mut [u8]) -> io::Result<()> {
        for byte in bytes {
            *byte = self.random.get();
            self.random.set(byte.wrapping_add(1));
        }
        Ok(())
    }

    async fn read_line(&self, _is_secret: bool) -> io::Result<String> {
        let line = self.typed.as_ref().and_then(|lines| lines.borrow_mut().pop_front());
        line.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    async fn fetch(&self, request: &HttpRequest) -> Result<HttpAnswer, FetchError> {
        self.requests.borrow_mut().push(request.clone());
        self.answers
            .borrow_mut()
            .pop()
            .unwrap_or_else(|| Err(FetchError::Failed("connection refused".to_owned())))
    }

    async fn sleep(&self, _milliseconds: u64) {}

    fn leave_when_interrupted(&self, _line: String) -> io::Result<()> {
        Ok(())
    }
}
