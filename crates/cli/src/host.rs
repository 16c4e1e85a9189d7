//! What the commands need of the machine they run on.

use std::fmt;
use std::future::Future;
use std::io;

use elytra_webhooks_operator::Program;

/// A process that has started this program, directly or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ancestor {
    /// Its program and its arguments.
    pub command: Vec<String>,
    /// Its current folder.
    pub folder: String,
}

/// A stream of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Where answers are typed.
    Input,
    /// Where results are printed.
    Output,
    /// Where everything else is printed.
    Error,
}

/// A request over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method, in capital letters.
    pub method: String,
    /// The URL.
    pub url: String,
    /// Names and values of the headers.
    pub headers: Vec<(String, String)>,
    /// The body. `None` if there is none.
    pub body: Option<Vec<u8>>,
    /// Whether a proxy of the machine may be used. It would see what is meant for this machine.
    pub may_use_proxy: bool,
}

/// The answer to a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// Names, in lower case, and values of the headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no answer to a request. Each has a text that says more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchError {
    /// None came in time.
    TimedOut(String),
    /// There was a connection, and it ended before an answer came.
    Closed(String),
    /// There was no connection, or something else went wrong.
    Failed(String),
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut(cause) | Self::Closed(cause) | Self::Failed(cause) => f.write_str(cause),
        }
    }
}

impl HttpAnswer {
    /// The value of a header, whose name is in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| &**value)
    }
}

/// The machine: its files, its terminal, its clock and its network.
///
/// `cargo xtask` is one, and Node, which runs the commands as WebAssembly, is another. Only the network, the time that
/// passes, and whoever is at the terminal are waited for.
pub trait Host {
    /// What the program is called.
    fn program(&self) -> Program;

    /// The configuration that is meant if none is named.
    fn default_config(&self) -> String;

    /// The value of a variable of the environment.
    fn variable(&self, name: &str) -> Option<String>;

    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;

    /// Reads the standard input to its end.
    ///
    /// # Errors
    /// It cannot be read.
    fn read_input(&self) -> io::Result<Vec<u8>>;

    /// Writes a file, and the folders that it is in. A reader never sees half of it, and what is there keeps its mode.
    ///
    /// # Errors
    /// It cannot be written.
    fn write(&self, path: &str, text: &str, access: Access) -> io::Result<()>;

    /// Whether there is a file with this path.
    fn is_file(&self, path: &str) -> bool;

    /// Whether there is anything with this path, even a link that leads nowhere.
    fn exists(&self, path: &str) -> bool;

    /// Whether there is a folder with this path, and no link to one.
    fn is_folder(&self, path: &str) -> bool;

    /// The current folder.
    fn current_folder(&self) -> String;

    /// The processes that have started this one, the nearest first.
    fn ancestors(&self) -> Vec<Ancestor>;

    /// Prints a result.
    ///
    /// # Errors
    /// It cannot be printed. It is [`io::ErrorKind::BrokenPipe`] if nobody reads it any more.
    fn print(&self, text: &str) -> io::Result<()>;

    /// Prints a text beside the result, exactly as it is. There is no way to report that this fails.
    fn say(&self, text: &str);

    /// Whether a stream is a terminal.
    fn is_terminal(&self, stream: Stream) -> bool;

    /// How many columns the terminal has that results are printed on. `None` for a file or another program.
    fn columns(&self) -> Option<usize>;

    /// The time, in milliseconds since 1970.
    fn now(&self) -> u64;

    /// Fills a buffer with random bytes that nobody can guess.
    ///
    /// # Errors
    /// The machine has none.
    fn random(&self, bytes: &mut [u8]) -> io::Result<()>;

    /// Reads a line that is typed, without its end. What is typed does not show if it is a secret.
    fn read_line(&self, is_secret: bool) -> impl Future<Output = io::Result<String>>;

    /// Sends a request, and returns its answer. It follows no redirect. It takes at most a minute, and the answer
    /// has at most 64 MiB.
    ///
    /// # Errors
    /// There is no answer.
    fn fetch(&self, request: &HttpRequest) -> impl Future<Output = Result<HttpAnswer, FetchError>>;

    /// Waits for this many milliseconds.
    fn sleep(&self, milliseconds: u64) -> impl Future<Output = ()>;

    /// Ends the program with [`Exit::Failed`](crate::Exit::Failed) when it is interrupted, as by Ctrl-C, and prints this line first.
    ///
    /// # Errors
    /// Signals cannot be waited for.
    fn leave_when_interrupted(&self, line: String) -> io::Result<()>;
}

/// Who may read a file that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// As the machine says.
    Default,
    /// Only its owner.
    Owner,
}
