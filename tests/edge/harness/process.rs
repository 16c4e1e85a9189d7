//! Processes that a test starts. Their output is kept, and they end with the test.

use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};
use xtask::{Project, Tools};

/// How long to wait for a condition before the test fails.
const PATIENCE: Duration = Duration::from_mins(3);

/// The project's tools, as `cargo xtask` uses them.
#[must_use]
pub fn tools() -> &'static Tools {
    static TOOLS: LazyLock<Tools> =
        LazyLock::new(|| xtask::setup::setup(&Project::here()).expect("cargo xtask setup"));
    &TOOLS
}

/// Waits until `condition` returns a value.
#[track_caller]
pub fn wait_until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(started.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain until {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A running process.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Whether it is the first of a group, all of which are asked to end.
    has_group: bool,
    output: Arc<Mutex<String>>,
}

impl Process {
    /// Starts npm, which does not hand signals on to what it starts.
    #[must_use]
    pub fn start_npm(mut command: Command) -> Self {
        command.process_group(0);
        let mut started = Self::start(command);
        started.has_group = true;
        started
    }

    /// Starts a process, and keeps its output.
    #[must_use]
    pub fn start(mut command: Command) -> Self {
        // Both streams share one pipe, so that lines stay in order.
        let (reader, writer) = io::pipe().unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(writer.try_clone().unwrap())
            .stderr(writer)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let output = Arc::new(Mutex::new(String::new()));
        collect(reader, &output);
        Self { child, has_group: false, output }
    }

    /// The output so far, the lines of both streams.
    #[must_use]
    pub fn output(&self) -> String {
        self.output.lock().unwrap().clone()
    }

    /// Whether it has exited by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for a line with this text, and returns the rest of the line.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) -> String {
        wait_until(&format!("{text:?} is printed"), || {
            let output = self.output();
            if let Some((_, behind)) = output.split_once(text)
                && let Some((line, _)) = behind.split_once('\n')
            {
                return Some(line.trim().to_owned());
            }
            assert!(!self.has_ended(), "it ended before it printed {text:?}:\n{output}");
            None
        })
    }
}

/// Asks the process to end, so that it ends its children, and waits for it.
impl Drop for Process {
    fn drop(&mut self) {
        if self.has_ended() {
            return;
        }
        let started = Instant::now();
        let pid = Pid::from_child(&self.child);
        let _ = if self.has_group {
            kill_process_group(pid, Signal::TERM)
        } else {
            kill_process(pid, Signal::TERM)
        };
        while matches!(self.child.try_wait(), Ok(None)) {
            if started.elapsed() > PATIENCE {
                let _ = self.child.kill();
            }
            thread::sleep(Duration::from_millis(20));
        }
        while self.has_group && test_kill_process_group(pid).is_ok() {
            if started.elapsed() > PATIENCE {
                let _ = kill_process_group(pid, Signal::KILL);
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

fn collect(stream: impl Read + Send + 'static, output: &Arc<Mutex<String>>) {
    let output = Arc::clone(output);
    thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
            output.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    });
}
