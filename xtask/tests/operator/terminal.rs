//! What is different on a terminal: somebody confirms, and a line changes.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::Stdio;

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::server::{Reply, Server, TOKEN, as_of_xtask};

/// Runs a command on a terminal where this is typed. Returns the exit code, and what the terminal shows.
fn run(server: &Server, arguments: &[&str], typed: &str) -> (Option<i32>, String) {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap();
    let terminal = open(&*name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    let mut command = server.command(&[TOKEN], arguments);
    command.stdin(terminal.try_clone().unwrap()).stderr(terminal).stdout(Stdio::null());
    let mut controller = File::from(controller);
    // The terminal keeps it until it is read.
    controller.write_all(typed.as_bytes()).unwrap();
    let mut child = command.spawn().unwrap();
    // The command has the only other end now.
    drop(command);
    let mut shown = Vec::new();
    // It ends with an error when the command does.
    let _ = controller.read_to_end(&mut shown);
    (child.wait().unwrap().code(), as_of_xtask(&String::from_utf8(shown).unwrap()))
}

const PLAN: &str = r#"{"code":"replay_planned","events":30,"is_complete":true,"first":[]}"#;

fn replay(state: &str, sent: u32) -> Reply {
    Reply::ok(&format!(
        r#"{{"code":"replay","replay":{{"id":"1-a","state":"{state}","events_per_second":10,"events":30,"is_complete":true,"sent":{sent},"not_sent":0}}}}"#
    ))
}

#[test]
fn only_yes_is_yes() {
    for (typed, is_yes) in
        [("y\n", true), ("YES\n", true), ("n\n", false), ("\n", false), ("yikes\n", false)]
    {
        let server = Server::new(&[
            Reply::ok(r#"{"code":"events","events":[],"cursor":null}"#),
            Reply::ok(r#"{"code":"erased","removed":{"events":1},"cursor":null}"#),
        ]);
        let (code, shown) = run(&server, &["erase", "--object", "product/4711"], typed);
        let question = "Erase all that is kept of product/4711? It cannot be undone. [y/N] ";
        assert!(shown.contains(question), "{typed:?}: {shown:?}");
        assert_eq!(shown.contains("error: nothing was done"), !is_yes, "{typed:?}: {shown:?}");
        let expected = if is_yes { (Some(0), 2) } else { (Some(1), 1) };
        assert_eq!((code, server.lines().len()), expected, "{typed:?}: {shown:?}");
    }
}

/// What dies while somebody thinks about the question was not asked about. The clock of this machine does not matter.
#[test]
fn what_dies_after_a_question_is_not_deleted() {
    let letter = |died: u64| {
        format!(
            r#"{{"id":"shop/{died}/x","subscription":"shop","cause":"gone","died_at":{died},"event":{{}}}}"#
        )
    };
    let page = |letters: &[u64], cursor: &str| {
        let letters: Vec<_> = letters.iter().map(|died| letter(*died)).collect();
        Reply::ok(&format!(
            r#"{{"code":"dead_letters","dead_letters":[{}],"cursor":{cursor}}}"#,
            letters.join(",")
        ))
    };
    let job = |state: &str, deleted: u32| {
        format!(r#""job":{{"id":"1/a","action":"delete","state":"{state}","deleted":{deleted}}}"#)
    };
    let server = Server::new(&[
        page(&[1_795_542_207_985, 1_795_542_209_999], r#""c""#),
        page(&[1_795_542_208_000], "null"),
        Reply::ok(&format!(r#"{{"code":"deleted","deleted":[],{}}}"#, job("running", 0))),
        Reply::ok(&format!(r#"{{"code":"job",{}}}"#, job("running", 1))),
        Reply::ok(&format!(r#"{{"code":"job",{}}}"#, job("finished", 3))),
    ]);
    let (code, shown) = run(&server, &["dead-letters", "delete", "--subscription=shop"], "y\n");
    let lines = server.lines();
    let last = "POST /dead-letters/delete?subscription=shop&until=2026-11-24T17:43:30.000Z";
    assert_eq!((code, &*lines[2]), (Some(0), last), "{shown}");
    let expected = "Delete 3 dead letters? Their events are lost. [y/N] \
                    job 1/a has started\r\n\
                    \r[########----------------] 1/3 deleted\u{1b}[K\
                    \r[########################] 3/3 deleted, finished\u{1b}[K\r\n";
    assert!(shown.ends_with(expected), "{shown:?}");
}

#[test]
fn the_progress_is_one_line_that_changes() {
    let server = Server::new(&[
        Reply::ok(PLAN),
        replay("running", 0),
        replay("running", 10),
        replay("finished", 30),
    ]);
    let (code, shown) = run(&server, &["replay", "--object", "product/4711"], "y\n");
    let expected = "Send 30 events again, to every subscription that wants them? [y/N] \
                    replay 1-a has started\r\n\
                    \r[########----------------] 10/30, 10/s, 2 s left\u{1b}[K\
                    \r[########################] 30/30, finished\u{1b}[K\r\n";
    // The terminal echoes what is typed, at once.
    assert_eq!(shown.strip_prefix("y\r\n"), Some(expected));
    assert_eq!(code, Some(0));
}
