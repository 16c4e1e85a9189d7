//! The server, and how a command is run against it.

use std::env;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

/// The variable that most tests set.
pub(crate) const TOKEN: (&str, &str) = ("ELYTRA_ADMIN_TOKEN", "secret-token");

/// A request, as the server saw it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// The method and the target.
    pub(crate) line: String,
    /// In lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| &**value)
    }
}

/// An answer that the server gives.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<String>,
    body: String,
}

impl Reply {
    pub(crate) fn ok(body: &str) -> Self {
        Self::new(200, body)
    }

    pub(crate) fn new(status: u16, body: &str) -> Self {
        Self { status, headers: Vec::new(), body: body.to_owned() }
    }

    /// An error of the Worker.
    pub(crate) fn problem(status: u16, code: &str, detail: &str) -> Self {
        let detail = detail.replace('"', "\\\"");
        Self::new(
            status,
            &format!(
                r#"{{"type":"urn:elytra-webhooks:{code}","title":"T","status":{status},"code":"{code}","detail":"{detail}"}}"#
            ),
        )
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push(format!("{name}: {value}\r\n"));
        self
    }
}

/// A server that gives these answers, one after the other, and the last one from then on.
pub(crate) struct Server {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    pub(crate) fn new(replies: &[Reply]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (replies, noted) = (replies.to_vec(), Arc::clone(&seen));
        thread::spawn(move || {
            for connection in listener.incoming() {
                serve(connection.unwrap(), &replies, &noted);
            }
        });
        Self { url, seen }
    }

    /// The requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The methods and targets of the requests so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).collect()
    }

    /// Runs a command with the token.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(&[TOKEN], arguments)
    }

    /// Runs a command with these variables.
    pub(crate) fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
        let output = self.command(variables, arguments).output().unwrap();
        Ran::new(&output)
    }

    /// The command, to be run.
    pub(crate) fn command(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Command {
        let mut command = xtask(variables);
        command.args(arguments).args(["--url", &self.url]);
        command
    }
}

/// The program, with these variables and nothing to read: `cargo xtask`, or the npm package's if `NPM_PROGRAM` names
/// Node and its script, with a line end between them.
pub(crate) fn xtask(variables: &[(&str, &str)]) -> Command {
    let npm = env::var("NPM_PROGRAM").ok();
    let mut command = match npm.as_deref().and_then(|npm| npm.split_once('\n')) {
        Some((node, script)) => {
            let mut command = Command::new(node);
            command.arg(script);
            command
        }
        None => Command::new(env!("CARGO_BIN_EXE_xtask")),
    };
    command.env_clear().envs(variables.iter().copied()).stdin(Stdio::null());
    command
}

/// What a command has printed, and how it ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn new(output: &Output) -> Self {
        let text = |bytes: &[u8]| as_of_xtask(std::str::from_utf8(bytes).unwrap());
        Self {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}

/// What is printed, with the names that `cargo xtask` has.
pub(crate) fn as_of_xtask(text: &str) -> String {
    text.replace("`npm run dev`", "`cargo xtask dev`").replace("npx elytra-webhooks", "cargo xtask")
}

/// Answers the requests of a connection, one each.
fn serve(mut connection: TcpStream, replies: &[Reply], seen: &Mutex<Vec<Seen>>) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, length)| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let line = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    let mut seen = seen.lock().unwrap();
    let reply = replies.get(seen.len()).or(replies.last()).unwrap();
    seen.push(Seen { line, headers, body: String::from_utf8(body).unwrap() });
    drop(seen);
    let Reply { status, headers, body } = reply;
    let (length, headers) = (body.len(), headers.concat());
    let head = format!("HTTP/1.1 {status} -\r\n{headers}content-length: {length}\r\n");
    // The client may have gone.
    let _ = write!(connection, "{head}connection: close\r\n\r\n{body}");
}
