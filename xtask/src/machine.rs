//! This machine, for the commands that `cargo xtask` shares with the npm package.

use std::env;
use std::fs;
use std::future::Future;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::Path;
use std::pin::pin;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use elytra_webhooks_cli::host::{Access, Ancestor, FetchError, HttpAnswer, HttpRequest, Stream};
use elytra_webhooks_cli::{Exit, Host, Program};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind, get_current_pid};
use ureq::http::Request;
use ureq::{Agent, Proxy};

use crate::Project;

/// How long an answer may take. The Worker searches for at most 10 seconds.
const ANSWER_LIMIT: Duration = Duration::from_mins(1);

/// How long a connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// After this time, a line says what is waited for.
const SILENCE_LIMIT: Duration = Duration::from_secs(1);

/// The longest answer. A page has at most a thousand events, and one event at most 25 MiB.
const MAX_ANSWER_BYTES: u64 = 64 * 1024 * 1024;

/// This machine, and the checkout that is meant.
#[derive(Debug)]
pub struct Machine<'p> {
    project: &'p Project,
}

impl<'p> Machine<'p> {
    /// This machine, with this checkout.
    #[must_use]
    pub fn new(project: &'p Project) -> Self {
        Self { project }
    }
}

/// Runs a command on this machine. Nothing here is ever waited for: what takes time blocks.
pub fn run<T>(command: impl Future<Output = T>) -> T {
    let mut command = pin!(command);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = command.as_mut().poll(&mut context) {
            return done;
        }
    }
}

impl Host for Machine<'_> {
    fn program(&self) -> Program {
        Program { name: "cargo xtask", dev: "cargo xtask dev" }
    }

    fn default_config(&self) -> String {
        self.project.root().join("wrangler.toml").to_string_lossy().into_owned()
    }

    fn variable(&self, name: &str) -> Option<String> {
        env::var(name).ok()
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn read_input(&self) -> io::Result<Vec<u8>> {
        let mut input = Vec::new();
        io::stdin().lock().read_to_end(&mut input)?;
        Ok(input)
    }

    fn write(&self, path: &str, text: &str, access: Access) -> io::Result<()> {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};

        // What a link leads to is written, and keeps its mode.
        let path = fs::canonicalize(path).unwrap_or_else(|_| Path::new(path).to_owned());
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let found = fs::metadata(&path).map(|found| found.permissions().mode() & 0o777);
        let mode = if access == Access::Owner { 0o600 } else { found.unwrap_or(0o666) };
        // A name that nobody can have prepared.
        let mut random = [0; 6];
        self.random(&mut random)?;
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(format!(
            ".{:012x}.unfinished",
            u64::from_be_bytes([
                0, 0, random[0], random[1], random[2], random[3], random[4], random[5],
            ])
        ));
        let written = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&unfinished)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .and_then(|()| fs::rename(&unfinished, &path));
        if written.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        written
    }

    fn is_file(&self, path: &str) -> bool {
        Path::new(path).is_file()
    }

    fn exists(&self, path: &str) -> bool {
        fs::symlink_metadata(path).is_ok()
    }

    fn is_folder(&self, path: &str) -> bool {
        fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
    }

    fn current_folder(&self) -> String {
        env::current_dir().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn ancestors(&self) -> Vec<Ancestor> {
        let mut ancestors = Vec::new();
        let (Ok(mut system), Ok(mut pid)) = (System::new(), get_current_pid()) else {
            return ancestors;
        };
        while let Some(process) = process(&mut system, pid) {
            let text = |part: &std::ffi::OsString| part.to_string_lossy().into_owned();
            let folder = process.cwd().unwrap_or_else(|| Path::new("")).to_string_lossy();
            ancestors.push(Ancestor {
                command: process.cmd().iter().map(text).collect(),
                folder: folder.into_owned(),
            });
            let Some(parent) = process.parent() else { break };
            pid = parent;
        }
        ancestors
    }

    fn print(&self, text: &str) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
    }

    fn say(&self, text: &str) {
        let mut stderr = io::stderr();
        // There is no way to report that the terminal is gone.
        let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
    }

    fn is_terminal(&self, stream: Stream) -> bool {
        match stream {
            Stream::Input => io::stdin().is_terminal(),
            Stream::Output => io::stdout().is_terminal(),
            Stream::Error => io::stderr().is_terminal(),
        }
    }

    fn columns(&self) -> Option<usize> {
        let stdout = io::stdout();
        if !stdout.is_terminal() {
            return None;
        }
        let size = rustix::termios::tcgetwinsize(stdout).ok()?;
        Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
    }

    fn now(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn random(&self, bytes: &mut [u8]) -> io::Result<()> {
        fs::File::open("/dev/urandom")?.read_exact(bytes)
    }

    async fn read_line(&self, is_secret: bool) -> io::Result<String> {
        if is_secret {
            // It puts the terminal right after Ctrl-C, too.
            return rpassword::read_password();
        }
        let mut line = String::new();
        if io::stdin().read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    async fn fetch(&self, request: &HttpRequest) -> Result<HttpAnswer, FetchError> {
        let (sender, receiver) = channel();
        let call = request.clone();
        thread::spawn(move || {
            // Nobody waits for it after Ctrl-C.
            let _ = sender.send(fetch(&call).map_err(|error| no_answer(&error)));
        });
        let lost = || FetchError::Failed("the request was lost".to_owned());
        let is_terminal = self.is_terminal(Stream::Error);
        match receiver.recv_timeout(SILENCE_LIMIT) {
            Err(RecvTimeoutError::Timeout) if is_terminal => {
                self.say("waiting for the answer ...");
                let answer = receiver.recv();
                self.say("\r\x1b[K");
                answer.map_err(|_| lost())?
            }
            Err(RecvTimeoutError::Timeout) => receiver.recv().map_err(|_| lost())?,
            Err(RecvTimeoutError::Disconnected) => Err(lost()),
            Ok(answer) => answer,
        }
    }

    async fn sleep(&self, milliseconds: u64) {
        thread::sleep(Duration::from_millis(milliseconds));
    }

    fn leave_when_interrupted(&self, line: String) -> io::Result<()> {
        let handler = move || {
            let _ = writeln!(io::stderr(), "{line}");
            std::process::exit(i32::from(Exit::Failed as u8));
        };
        ctrlc::set_handler(handler).map_err(io::Error::other)
    }
}

fn fetch(request: &HttpRequest) -> Result<HttpAnswer, ureq::Error> {
    let config = Agent::config_builder()
        // Credentials are for this URL alone.
        .max_redirects(0)
        .http_status_as_error(false)
        .proxy(if request.may_use_proxy { Proxy::try_from_env() } else { None })
        .timeout_connect(Some(CONNECT_LIMIT))
        .timeout_global(Some(ANSWER_LIMIT))
        .user_agent(concat!("elytra-webhooks-xtask/", env!("CARGO_PKG_VERSION")))
        .allow_non_standard_methods(true)
        .build();
    let mut call = Request::builder().method(&*request.method).uri(&request.url);
    for (name, value) in &request.headers {
        let mut value =
            ureq::http::HeaderValue::from_str(value).map_err(ureq::http::Error::from)?;
        value.set_sensitive(true);
        call = call.header(name, value);
    }
    let agent = config.new_agent();
    let mut response = match &request.body {
        Some(body) => agent.run(call.body(&**body)?)?,
        None => agent.run(call.body(())?)?,
    };
    let headers = response.headers().iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    let headers = headers.collect();
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec()?;
    Ok(HttpAnswer { status, headers, body })
}

/// Why there is no answer.
fn no_answer(error: &ureq::Error) -> FetchError {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};

    let cause = error.to_string();
    match error {
        ureq::Error::Timeout(_) => FetchError::TimedOut(cause),
        ureq::Error::Io(error)
            if matches!(
                error.kind(),
                BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof
            ) =>
        {
            FetchError::Closed(cause)
        }
        _ => FetchError::Failed(cause),
    }
}

fn process(system: &mut System, pid: Pid) -> Option<&sysinfo::Process> {
    let what =
        ProcessRefreshKind::nothing().with_cmd(UpdateKind::Always).with_cwd(UpdateKind::Always);
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
    system.process(pid)
}
