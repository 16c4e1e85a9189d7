//! A process that is measured or helps to measure, and ends with its value.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::time::ClockId;
use nix::unistd::Pid;

/// How long a process may take until it listens.
const START: Duration = Duration::from_mins(1);

/// A server on loopback.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    /// Starts a server that listens at this address, and waits until it does. What it prints goes
    /// nowhere; what it complains of, to a file.
    #[track_caller]
    pub(crate) fn start(command: &mut Command, address: SocketAddr, complaints: &Path) -> Self {
        let stderr = File::create(complaints).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let mut process = Self { child, address };
        process.wait_until_it_listens(complaints);
        process
    }

    #[track_caller]
    fn wait_until_it_listens(&mut self, complaints: &Path) {
        let start = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            let ended = self.child.try_wait().unwrap();
            if ended.is_some() || start.elapsed() > START {
                let said = fs::read_to_string(complaints).unwrap_or_default();
                panic!("{} does not listen ({ended:?}): {said}", complaints.display());
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The CPU time it has used so far, in all its threads.
    pub(crate) fn cpu(&self) -> Duration {
        let clock = ClockId::pid_cpu_clock_id(self.pid()).unwrap();
        clock.now().unwrap().into()
    }

    /// The memory that it holds now, in bytes.
    pub(crate) fn resident(&self) -> u64 {
        let path = PathBuf::from(format!("/proc/{}/status", self.child.id()));
        let status = fs::read_to_string(path).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
        kilobytes * 1_024
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended by itself cannot be killed.
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// An address on loopback at which nobody listens.
pub(crate) fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap()
}
