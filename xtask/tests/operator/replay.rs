//! Replays.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::slice;

use rustix::process::{Pid, Signal, kill_process};

use super::server::{Ran, Reply, Server, TOKEN, as_of_xtask};

const ID: &str = "1795542207985-aBcD_-12";

/// An answer about a replay in this state.
fn replay(code: &str, state: &str, sent: u32, not_sent: u32) -> Reply {
    let ended = if state == "running" { "" } else { r#""ended_at":1795542300000,"# };
    let listed = if not_sent == 0 {
        ""
    } else {
        r#"{"key":"AbCdEfGhIjKlMnOpQrStUvWxYz-_0123","id":"1","reason":"its text is not kept"}"#
    };
    Reply::ok(&format!(
        r#"{{"code":"{code}","replay":{{"id":"{ID}","state":"{state}","filter":{{"object":"product/4711","since":1795542207985}},"subscriptions":["shop"],"respect_filters":true,"events_per_second":10,"started_at":1795542207985,{ended}"events":1234,"is_complete":true,"sent":{sent},"not_sent":{not_sent}}},"not_sent":[{listed}]}}"#
    ))
}

fn plan(events: u32) -> Reply {
    let first = r#"{"key":"AbCdEfGhIjKlMnOpQrStUvWxYz-_0123","id":"id-1","arrived_at":1795542207985,"code":"accepted","type":"t"}"#;
    let first = if events == 0 { "" } else { first };
    Reply::ok(&format!(
        r#"{{"code":"replay_planned","events":{events},"is_complete":true,"first":[{first}]}}"#
    ))
}

#[test]
fn a_dry_run_only_says_what_would_be_sent() {
    let server = Server::new(&[plan(1234)]);
    let ran = server.run(&["replay", "--object", "product/4711", "--to", "shop", "--dry-run"]);
    let seen = server.seen();
    assert_eq!((seen.len(), &*seen[0].line), (1, "POST /replays"));
    assert_eq!(seen[0].header("content-type"), Some("application/json"));
    let body = r#"{"filter":{"object":"product/4711"},"subscriptions":["shop"],"dry_run":true}"#;
    assert_eq!(seen[0].body, body);
    let stdout = "\
ARRIVED               EVENT  ID    STATE
2026-11-24T17:43:27Z  t      id-1  accepted
and 1,233 more
";
    let stderr = "1,234 events would be sent again, to shop\n".to_owned();
    assert_eq!(ran, Ran { code: Some(0), stdout: stdout.to_owned(), stderr });

    for flag in ["--dry-run", "--yes"] {
        let server = Server::new(&[plan(0)]);
        let ran = server.run(&["replay", "--object", "product/4711", flag]);
        let stderr = "there is no such event to send again\n".to_owned();
        assert_eq!(ran, Ran { code: Some(3), stdout: String::new(), stderr }, "{flag}");
    }
}

/// It says how many, and starts nothing.
#[test]
fn nobody_can_confirm_where_there_is_no_terminal() {
    let server = Server::new(&[plan(1234)]);
    let ran = server.run(&["replay", "--since", "2026-11-24T00:00:00Z"]);
    let stderr = "\
ARRIVED               EVENT  ID    STATE
2026-11-24T17:43:27Z  t      id-1  accepted
and 1,233 more
error: Send 1,234 events again, to every subscription that wants them? Nobody can answer here: add --yes
";
    let expected = Ran { code: Some(2), stdout: String::new(), stderr: stderr.to_owned() };
    assert_eq!(ran, expected);
    assert_eq!(server.lines(), ["POST /replays"]);
}

#[test]
fn a_replay_is_watched_until_its_end() {
    let server = Server::new(&[
        plan(1234),
        replay("replay_started", "running", 0, 0),
        replay("replay", "running", 800, 0),
        // It is deployed just now.
        Reply::problem(503, "journal_failed", "d"),
        replay("replay", "finished", 1234, 0),
    ]);
    let ran = server.run(&["replay", "--object=product/4711", "--yes", "--events-per-second=10"]);
    let body = r#"{"filter":{"object":"product/4711"},"events_per_second":10,"dry_run":false}"#;
    assert_eq!(server.seen()[1].body, body);
    let show = format!("GET /replays/{ID}");
    assert_eq!(server.lines(), ["POST /replays", "POST /replays", &show, &show, &show]);
    let stderr = "\
replay 1795542207985-aBcD_-12 has started
[###############---------] 800/1,234, 10/s, 44 s left
[########################] 1,234/1,234, finished
";
    let stdout = "\
replay    1795542207985-aBcD_-12
state     finished
events    object=product/4711 since=2026-11-24T17:43:27Z
to        shop
started   2026-11-24T17:43:27Z
ended     2026-11-24T17:45:00Z
sent      1,234/1,234, at most 10 a second
";
    let expected = Ran { code: Some(0), stdout: stdout.to_owned(), stderr: stderr.to_owned() };
    assert_eq!(ran, expected);
}

#[test]
fn an_event_that_could_not_be_sent_is_listed() {
    let server = Server::new(&[
        plan(1234),
        replay("replay_started", "running", 0, 0),
        replay("replay", "finished", 1233, 1),
    ]);
    let ran = server.run(&["replay", "--key", "AbCdEfGhIjKlMnOpQrStUvWxYz-_0123", "--yes"]);
    let body = r#"{"keys":["AbCdEfGhIjKlMnOpQrStUvWxYz-_0123"],"dry_run":false}"#;
    assert_eq!(server.seen()[1].body, body);
    let table = "
KEY                               ID  NOT SENT BECAUSE
AbCdEfGhIjKlMnOpQrStUvWxYz-_0123  1   its text is not kept
";
    assert!(ran.stdout.ends_with(table), "{ran:?}");
    assert!(ran.code == Some(1), "{ran:?}");
    assert!(ran.stderr.ends_with("error: 1 event could not be sent\n"), "{ran:?}");
}

#[test]
fn a_signal_leaves_the_replay_running() {
    let server = Server::new(&[plan(1234), replay("replay_started", "running", 0, 0)]);
    let mut command = server.command(&[TOKEN], &["replay", "--since", "1h", "--yes"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
    // It waits for signals before it shows this.
    let shown = stderr.by_ref().map(Result::unwrap).find(|line| line.starts_with('['));
    assert_eq!(shown.as_deref(), Some("[------------------------] 0/1,234, 10/s, 3 min left"));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let rest: Vec<_> = stderr.map(|line| as_of_xtask(&line.unwrap())).collect();
    let advice = format!(
        "the replay goes on: `cargo xtask replay show {ID} --follow` watches it, and `cargo xtask \
         replay cancel {ID}` ends it"
    );
    assert_eq!(rest, ["", &advice]);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(server.lines().iter().all(|line| !line.contains("cancel")), "{:?}", server.lines());
}

#[test]
fn replays_are_listed_shown_and_ordered() {
    let one = format!(
        r#"{{"id":"{ID}","state":"running","keys":3,"events_per_second":10,"started_at":1795542207985,"events":3,"is_complete":true,"sent":1,"not_sent":0}}"#
    );
    let list = Reply::ok(&format!(r#"{{"code":"replays","replays":[{one}]}}"#));
    let table = "\
STARTED               STATE    SENT  EVENTS  ID
2026-11-24T17:43:27Z  running  1/3   3 keys  1795542207985-aBcD_-12
";
    let ran = Server::new(slice::from_ref(&list)).run(&["replay", "list"]);
    let expected = Ran { code: Some(0), stdout: table.to_owned(), stderr: String::new() };
    assert_eq!(ran, expected);
    let ran = Server::new(&[list]).run(&["replay", "list", "--json"]);
    assert_eq!(ran, Ran { code: Some(0), stdout: format!("{one}\n"), stderr: String::new() });

    for (action, method, path) in [
        ("show", "GET", String::new()),
        ("pause", "POST", "/pause".to_owned()),
        ("resume", "POST", "/resume".to_owned()),
        ("cancel", "POST", "/cancel".to_owned()),
    ] {
        let server = Server::new(&[replay("replay", "paused", 1, 0)]);
        let ran = server.run(&["replay", action, ID]);
        assert_eq!(ran.code, Some(0), "{action}: {ran:?}");
        assert!(ran.stdout.starts_with(&format!("replay    {ID}\nstate     paused\n")), "{ran:?}");
        assert_eq!(server.lines(), [format!("{method} /replays/{ID}{path}")]);
    }
}

#[test]
fn what_makes_no_sense_is_not_sent() {
    let server = Server::new(&[plan(1)]);
    let cases: [(&str, &[&str]); 7] = [
        ("all events there are", &["replay", "--yes"]),
        (
            "two ways to name them",
            &["replay", "--since=1h", "--key", "AbCdEfGhIjKlMnOpQrStUvWxYz-_0123"],
        ),
        ("no key", &["replay", "--key", "1"]),
        ("whose filters?", &["replay", "--since=1h", "--ignore-filters"]),
        ("two commands in one", &["replay", "--since=1h", "list"]),
        ("a path", &["replay", "cancel", "../dead-letters/delete?since=7d"]),
        ("nothing", &["replay", "show", ""]),
    ];
    for (why, arguments) in cases {
        let ran = server.run(arguments);
        assert!(ran.code == Some(2) && ran.stderr.starts_with("error: "), "{why}: {ran:?}");
    }
    assert_eq!(server.lines(), [""; 0]);
}

#[test]
fn a_replay_may_be_missing_or_have_ended() {
    let missing = Reply::problem(404, "no_such_replay", "there is no such replay");
    let ran = Server::new(&[missing]).run(&["replay", "show", ID]);
    let stderr = "there is no such replay\n".to_owned();
    assert_eq!(ran, Ran { code: Some(3), stdout: String::new(), stderr });
    let ended = Reply::problem(409, "replay_ended", "the replay is finished");
    let ran = Server::new(&[ended]).run(&["replay", "cancel", ID]);
    let stderr = "error: 409 replay_ended: the replay is finished\n".to_owned();
    assert_eq!(ran, Ran { code: Some(1), stdout: String::new(), stderr });
}
