//! Dead letters.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use super::server::{Ran, Reply, Server, TOKEN, as_of_xtask, xtask};

const DIGEST: &str = "UIxRnw0znFXgbu2VnU6oup7HGFP0j5KWC8pUIN72KQg";

const JOB: &str = "1795545000000/k3dJ0c7gWnV6m2cYyQ8mJq9wq0o0Xq1Zb3T5v7x9z1A";

/// The id of a dead letter that died so many milliseconds after the first one.
fn id(number: u64) -> String {
    format!("shop/{}/{DIGEST}", 1_795_542_207_985 + number)
}

/// A dead letter as the Worker lists it, and with something that a later one might say.
fn letter(number: u64, cause: &str) -> String {
    let died_at = 1_795_542_207_985 + number;
    format!(
        r#"{{"id":"{}","subscription":"shop","cause":"{cause}","status":422,"attempts":1,"accepted_at":1795542207957,"died_at":{died_at},"event":{{"id":"event-{number}","source":"elytra-pim","type":"com.elytra.product"}},"accepted_time":"2026-11-24T17:43:27.957Z","died_time":"2026-11-24T17:43:27.985Z","new":[1]}}"#,
        id(number)
    )
}

fn page(letters: &[String], cursor: Option<&str>) -> Reply {
    let cursor = cursor.map_or("null".to_owned(), |cursor| format!("{cursor:?}"));
    let letters = letters.join(",");
    Reply::ok(&format!(r#"{{"code":"dead_letters","dead_letters":[{letters}],"cursor":{cursor}}}"#))
}

fn whole(number: u64) -> String {
    let died_at = 1_795_542_207_985 + number;
    format!(
        r#"{{"code":"dead_letter","id":"{}","subscription":"shop","accepted_at":1795542207957,"died_at":{died_at},"attempts":1,"cause":"status","reason":"the destination answered 422","status":422,"answer":{{"content_type":"text/plain","body":"no such shelf"}},"accepted_time":"2026-11-24T17:43:27.957Z","died_time":"2026-11-24T17:43:27.985Z","event":{{"specversion":"1.0","id":"event-{number}","source":"elytra-pim","type":"com.elytra.product"}}}}"#,
        id(number)
    )
}

/// A job as the Worker shows it.
fn job(action: &str, state: &str, done: u64, rest: &str) -> String {
    let name = if action == "redrive" { "redriven" } else { "deleted" };
    format!(
        r#"{{"id":"{JOB}","action":"{action}","filter":{{"subscription":"shop"}},"started_at":1795545000000,"started_time":"2026-11-24T18:30:00.000Z","state":"{state}","{name}":{done},"already_sent":0,"under_way":0,{rest}"looked_at":{done}}}"#
    )
}

fn started(name: &str, more: &str, job: &str) -> String {
    format!(r#"{{"code":"{name}","{name}":[],{more}"cursor":null,"job":{job}}}"#)
}

fn shown(job: &str) -> Reply {
    Reply::ok(&format!(r#"{{"code":"job","job":{job}}}"#))
}

#[test]
fn they_are_listed_with_every_filter() {
    let letters = [letter(0, "status"), letter(1, "gone")];
    let server = Server::new(&[page(&letters, None)]);
    let ran = server.run(&[
        "dead-letters",
        "--subscription=shop",
        "--cause=status",
        "--event=e&1",
        "--since=2026-11-24T00:00:00+01:00",
        "--until=no time",
        "--limit=7",
    ]);
    let line = "GET /dead-letters?subscription=shop&cause=status&event=e%261\
                &since=2026-11-24T00:00:00%2B01:00&until=no%20time&limit=7";
    assert_eq!(server.lines(), [line]);
    let stdout = format!(
        "\
DIED                  TO    CAUSE       EVENT    ATTEMPTS  ID
2026-11-24T17:43:27Z  shop  status 422  event-0  1         {}
2026-11-24T17:43:27Z  shop  gone        event-1  1         {}
",
        id(0),
        id(1)
    );
    assert_eq!(ran, Ran { code: Some(0), stdout, stderr: String::new() });

    let server = Server::new(&[
        page(&letters[..1], Some("c")),
        page(&[], Some("d")),
        page(&letters[1..], None),
    ]);
    let ran = server.run(&["dead-letters", "--all", "--json"]);
    let first = "GET /dead-letters?limit=1000";
    assert_eq!(server.lines(), [first, &format!("{first}&cursor=c"), &format!("{first}&cursor=d")]);
    let stdout = letters.join("\n") + "\n";
    assert_eq!(ran, Ran { code: Some(0), stdout, stderr: String::new() });

    let ran = Server::new(&[page(&[], None)]).run(&["dead-letters"]);
    let stderr = "no dead letter was found\n".to_owned();
    assert_eq!(ran, Ran { code: Some(3), stdout: String::new(), stderr });
}

#[test]
fn one_is_shown_by_its_id_or_that_of_its_event() {
    let stdout = format!(
        "\
id        {}
to        shop
cause     status: the destination answered 422
answered  no such shelf
as        text/plain
attempts  1
accepted  2026-11-24T17:43:27Z
died      2026-11-24T17:43:27Z
event     event-0
source    elytra-pim
type      com.elytra.product
text      86 bytes: --json prints it
",
        id(0)
    );
    let expected = Ran { code: Some(0), stdout, stderr: String::new() };
    let by_id = format!("GET /dead-letters?id={}", id(0));
    let search = "GET /dead-letters?event=event-0&limit=10";

    let server = Server::new(&[Reply::ok(&whole(0))]);
    assert_eq!(server.run(&["dead-letters", "show", &id(0)]), expected);
    assert_eq!(server.lines(), [&*by_id]);

    let server = Server::new(&[page(&[letter(0, "status")], None), Reply::ok(&whole(0))]);
    assert_eq!(server.run(&["dead-letters", "show", "event-0"]), expected);
    assert_eq!(server.lines(), [search, &by_id]);

    let server = Server::new(&[Reply::ok(&whole(0))]);
    let ran = server.run(&["dead-letters", "show", &id(0), "--json"]);
    assert_eq!(ran, Ran { code: Some(0), stdout: whole(0) + "\n", stderr: String::new() });

    // The id of an event may look like that of a dead letter.
    let missing =
        Reply::problem(404, "no_such_dead_letter", "there is no dead letter with this id");
    let server = Server::new(&[missing, page(&[], None)]);
    let ran = server.run(&["dead-letters", "show", &id(0)]);
    let stderr = "there is no dead letter with this id, or of an event with this id\n".to_owned();
    assert_eq!(ran, Ran { code: Some(3), stdout: String::new(), stderr });
    assert_eq!(server.lines().len(), 2);

    // Two subscriptions did not get it.
    let server = Server::new(&[page(&[letter(0, "status"), letter(1, "gone")], None)]);
    let ran = server.run(&["dead-letters", "show", "event-0"]);
    assert!(
        ran.code == Some(2) && ran.stderr.contains(&id(0)) && ran.stderr.contains(&id(1)),
        "{ran:?}"
    );
    let error = "error: the event has several dead letters: name one by its own id\n";
    assert!(ran.stderr.ends_with(error), "{ran:?}");
}

/// It shows which ones, and starts nothing.
#[test]
fn nobody_can_confirm_where_there_is_no_terminal() {
    for (action, question) in [
        ("redrive", "Send 2 dead letters again?"),
        ("delete", "Delete 2 dead letters? Their events are lost."),
    ] {
        let server = Server::new(&[page(&[letter(0, "status"), letter(1, "gone")], None)]);
        let ran = server.run(&["dead-letters", action, "--subscription", "shop"]);
        let stderr = format!(
            "\
DIED                  TO    CAUSE       EVENT    ATTEMPTS  ID
2026-11-24T17:43:27Z  shop  status 422  event-0  1         {}
2026-11-24T17:43:27Z  shop  gone        event-1  1         {}
error: {question} Nobody can answer here: add --yes
",
            id(0),
            id(1)
        );
        assert_eq!(ran, Ran { code: Some(2), stdout: String::new(), stderr });
        assert_eq!(server.lines(), ["GET /dead-letters?subscription=shop&limit=1000"]);
    }
}

#[test]
fn a_dry_run_counts_all_pages() {
    let pages = [
        page(&(0..8).map(|number| letter(number, "timeout")).collect::<Vec<_>>(), Some("c")),
        page(&(8..12).map(|number| letter(number * 1_000, "gone")).collect::<Vec<_>>(), None),
    ];
    let server = Server::new(&pages);
    let ran = server.run(&["dead-letters", "delete", "--all", "--dry-run"]);
    let stdout = "\
TO    CAUSE    NUMBER  FIRST DIED            LAST DIED
shop  gone     4       2026-11-24T17:43:35Z  2026-11-24T17:43:38Z
shop  timeout  8       2026-11-24T17:43:27Z  2026-11-24T17:43:27Z
";
    let stderr = "12 dead letters would be deleted\n".to_owned();
    assert_eq!(ran, Ran { code: Some(0), stdout: stdout.to_owned(), stderr });
    let first = "GET /dead-letters?limit=1000";
    assert_eq!(server.lines(), [first, &format!("{first}&cursor=c")]);

    let ran = Server::new(&pages).run(&["dead-letters", "redrive", "--all", "--dry-run", "--json"]);
    assert_eq!((ran.code, ran.stdout.lines().count()), (Some(0), 12), "{ran:?}");
    assert_eq!(ran.stdout.lines().next(), Some(&*letter(0, "timeout")));

    let ran =
        Server::new(&[page(&[], None)]).run(&["dead-letters", "delete", "--all", "--dry-run"]);
    let stderr = "there is no such dead letter\n".to_owned();
    assert_eq!(ran, Ran { code: Some(3), stdout: String::new(), stderr });
}

/// What the Worker refuses to be asked without a condition.
#[test]
fn all_there_are_is_a_condition() {
    let done = started("deleted", "", &job("delete", "finished", 3, "\"stuck\":0,"));
    let server = Server::new(&[Reply::ok(&done)]);
    let ran = server.run(&["dead-letters", "delete", "--all", "--yes"]);
    assert_eq!(server.lines(), ["POST /dead-letters/delete?since=1970-01-01T00:00:00Z"]);
    let stdout = format!(
        "\
job       {JOB}
state     finished
letters   subscription=shop
started   2026-11-24T18:30:00Z
result    3 deleted
looked at 3
"
    );
    assert_eq!(ran, Ran { code: Some(0), stdout, stderr: String::new() });
}

#[test]
fn a_job_is_watched_until_its_end() {
    let stuck = r#""stuck":[{"id":"shop/1/x","reason":"not a dead letter"}],"#;
    let first = started("redriven", stuck, &job("redrive", "running", 100, "\"stuck\":1,"));
    let server = Server::new(&[
        Reply::ok(&first),
        // It is not published yet.
        Reply::problem(404, "no_such_job", "d"),
        shown(&job("redrive", "running", 800, "\"stuck\":1,")),
        // It is deployed just now.
        Reply::problem(503, "dead_letters_failed", "d"),
        shown(&job("redrive", "finished", 1234, "\"stuck\":1,")),
    ]);
    let ran = server.run(&["dead-letters", "redrive", "--cause", "timeout", "--yes"]);
    let show = format!("GET /dead-letters/jobs?id={JOB}");
    let start = "POST /dead-letters/redrive?cause=timeout";
    assert_eq!(server.lines(), [start, &show, &show, &show, &show]);
    let stdout = format!(
        "\
job       {JOB}
state     finished
letters   subscription=shop
started   2026-11-24T18:30:00Z
result    1,234 sent again
          1 stuck, and can never be sent again
looked at 1,234
"
    );
    let stderr = format!(
        "\
job {JOB} has started
800 sent again, 1 stuck
1,234 sent again, 1 stuck, finished
shop/1/x: not a dead letter
error: not all were sent again: 1 stuck, and can never be sent again
"
    );
    // What is stuck was not sent, so this is no success.
    assert_eq!(ran, Ran { code: Some(1), stdout, stderr });
}

#[test]
fn json_is_that_of_the_last_answer() {
    let first = started("redriven", "", &job("redrive", "running", 100, ""));
    let last = format!(r#"{{"code":"job","job":{}}}"#, job("redrive", "finished", 200, ""));
    let server = Server::new(&[Reply::ok(&first), Reply::ok(&last)]);
    let ran = server.run(&["dead-letters", "redrive", "--all", "--yes", "--json"]);
    assert_eq!((ran.code, &*ran.stdout), (Some(0), &*format!("{last}\n")), "{ran:?}");

    let server = Server::new(&[Reply::ok(&first)]);
    let ran = server.run(&["dead-letters", "redrive", "--all", "--yes", "--json", "--detach"]);
    assert_eq!((ran.code, &*ran.stdout), (Some(0), &*format!("{first}\n")), "{ran:?}");
    assert_eq!(server.lines().len(), 1);
}

/// There was nothing, it was stopped, it failed, or others were at work.
#[test]
fn a_job_can_end_without_success() {
    let resume = format!("`cargo xtask dead-letters resume {JOB}` lets it go on");
    for (job, code, stderr) in [
        (job("delete", "finished", 0, ""), 3, "there is no such dead letter\n".to_owned()),
        (job("delete", "stopped", 100, ""), 1, format!("error: the job was stopped: {resume}\n")),
        (
            job("delete", "failed", 0, r#""reason":"the queue is gone","#),
            1,
            format!("error: the job failed: {resume}\n"),
        ),
        (
            job("delete", "finished", 0, r#""under_way":2,"#).replacen(r#""under_way":0,"#, "", 1),
            1,
            "error: not all were deleted: 2 left to another request\n".to_owned(),
        ),
    ] {
        let server = Server::new(&[Reply::ok(&started("deleted", "", &job))]);
        let ran = server.run(&["dead-letters", "delete", "--all", "--yes"]);
        assert_eq!((ran.code, &*ran.stderr), (Some(code), &*stderr), "{ran:?}");
    }
}

#[test]
fn a_signal_leaves_the_job_running() {
    let first = started("redriven", "", &job("redrive", "running", 100, ""));
    let server = Server::new(&[Reply::ok(&first), shown(&job("redrive", "running", 200, ""))]);
    let mut command =
        server.command(&[TOKEN], &["dead-letters", "redrive", "--subscription=shop", "--yes"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
    // It waits for signals before it shows this.
    let shown = stderr.by_ref().map(Result::unwrap).find(|line| line.ends_with("sent again"));
    assert_eq!(shown.as_deref(), Some("200 sent again"));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let rest: Vec<_> = stderr.map(|line| as_of_xtask(&line.unwrap())).collect();
    let advice = format!(
        "the job goes on: `cargo xtask dead-letters jobs {JOB} --follow` watches it, and `cargo \
         xtask dead-letters stop {JOB}` stops it"
    );
    assert_eq!(rest, ["", &advice]);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(server.lines().iter().all(|line| !line.contains("stop")), "{:?}", server.lines());
}

#[test]
fn one_is_sent_again_or_deleted() {
    let id = id(0);
    let list = |name: &str| format!(r#"{{"code":"redriven","redriven":[],"{name}":["{id}"]}}"#);
    let stuck = format!(
        r#"{{"code":"redriven","redriven":[],"stuck":[{{"id":"{id}","reason":"too large for a queue"}}]}}"#
    );
    let done = format!(r#"{{"code":"redriven","redriven":["{id}"],"cursor":null}}"#);
    let deleted = format!(r#"{{"code":"deleted","deleted":["{id}"]}}"#);
    for (action, body, code, stdout, stderr) in [
        ("redrive", done.clone(), 0, "the dead letter was sent again\n", ""),
        ("delete", deleted, 0, "the dead letter was deleted\n", ""),
        (
            "redrive",
            list("already_sent"),
            0,
            "the dead letter had been sent again or deleted before\n",
            "",
        ),
        (
            "redrive",
            list("under_way"),
            1,
            "",
            "error: another request is sending or deleting the dead letter: try again in a minute\n",
        ),
        (
            "redrive",
            stuck,
            1,
            "",
            "error: the dead letter can never be sent again, and stays: too large for a queue\n",
        ),
    ] {
        let server = Server::new(&[Reply::ok(&body)]);
        let ran = server.run(&["dead-letters", action, "--id", &id, "--yes"]);
        let expected =
            Ran { code: Some(code), stdout: stdout.to_owned(), stderr: stderr.to_owned() };
        assert_eq!(ran, expected, "{body}");
        assert_eq!(server.lines(), [format!("POST /dead-letters/{action}?id={id}")]);
    }
    let server = Server::new(&[Reply::ok(&done)]);
    let ran = server.run(&["dead-letters", "redrive", "--id", &id, "--yes", "--json"]);
    assert_eq!(ran, Ran { code: Some(0), stdout: done + "\n", stderr: String::new() });

    // It is shown before the question.
    let server = Server::new(&[Reply::ok(&whole(0))]);
    let ran = server.run(&["dead-letters", "delete", "--id", &id]);
    assert_eq!(server.lines(), [format!("GET /dead-letters?id={id}")]);
    let error =
        "error: Delete this dead letter? Its event is lost. Nobody can answer here: add --yes\n";
    assert!(ran.code == Some(2) && ran.stderr.starts_with(&format!("id        {id}\n")), "{ran:?}");
    assert!(ran.stderr.ends_with(error), "{ran:?}");

    let missing =
        Reply::problem(404, "no_such_dead_letter", "there is no dead letter with this id");
    for flag in ["--yes", "--dry-run"] {
        let ran = Server::new(std::slice::from_ref(&missing)).run(&[
            "dead-letters",
            "delete",
            "--id",
            &id,
            flag,
        ]);
        let stderr = "there is no dead letter with this id\n".to_owned();
        assert_eq!(ran, Ran { code: Some(3), stdout: String::new(), stderr }, "{flag}");
    }
}

#[test]
fn jobs_are_listed_shown_and_ordered() {
    let one = job("redrive", "running", 800, "\"stuck\":2,");
    let other = job("delete", "finished", 1, r#""by":"ADMIN_TOKEN","stuck":0,"#);
    let list = Reply::ok(&format!(r#"{{"code":"jobs","jobs":[{one},{other}],"cursor":null}}"#));
    let stdout = format!(
        "\
{JOB}
  2026-11-24T18:30:00Z  redrive subscription=shop, running: 800 sent again; 2 stuck, and can never
                        be sent again
{JOB}
  2026-11-24T18:30:00Z  delete subscription=shop, finished: 1 deleted
"
    );
    let server = Server::new(std::slice::from_ref(&list));
    let ran = server.run(&["dead-letters", "jobs"]);
    assert_eq!(ran, Ran { code: Some(0), stdout, stderr: String::new() });
    // The Worker says how many are on a page.
    assert_eq!(server.lines(), ["GET /dead-letters/jobs"]);
    let ran = Server::new(std::slice::from_ref(&list)).run(&["dead-letters", "jobs", "--json"]);
    assert_eq!(ran.stdout, format!("{one}\n{other}\n"));
    let ran = Server::new(&[list]).run(&["dead-letters", "jobs", "--limit", "1", "--json"]);
    assert_eq!(ran.stdout, format!("{one}\n"));
    assert!(ran.stderr.starts_with("there may be more"), "{ran:?}");
    let none = Reply::ok(r#"{"code":"jobs","jobs":[],"cursor":null}"#);
    let ran = Server::new(&[none]).run(&["dead-letters", "jobs"]);
    let stderr = "there is no job\n".to_owned();
    assert_eq!(ran, Ran { code: Some(3), stdout: String::new(), stderr });

    for (arguments, line, said) in [
        (["jobs", JOB], format!("GET /dead-letters/jobs?id={JOB}"), ""),
        (
            ["stop", JOB],
            format!("POST /dead-letters/jobs/stop?id={JOB}"),
            "the job stops before its next step, which can take a minute\n",
        ),
        (["resume", JOB], format!("POST /dead-letters/jobs/resume?id={JOB}"), ""),
    ] {
        let server = Server::new(&[shown(&one)]);
        let ran = server.run(&[&["dead-letters"], &arguments[..]].concat());
        assert_eq!((ran.code, &*ran.stderr), (Some(0), said), "{ran:?}");
        assert!(
            ran.stdout.starts_with(&format!("job       {JOB}\nstate     running\n")),
            "{ran:?}"
        );
        assert_eq!(server.lines(), [line]);
    }

    let server = Server::new(&[shown(&one), shown(&job("redrive", "finished", 900, ""))]);
    let ran = server.run(&["dead-letters", "jobs", JOB, "--follow"]);
    assert_eq!((ran.code, server.lines().len()), (Some(0), 2), "{ran:?}");

    let ended = Reply::problem(409, "job_ended", "the job is finished");
    let ran = Server::new(&[ended]).run(&["dead-letters", "stop", JOB]);
    let stderr = "error: 409 job_ended: the job is finished\n".to_owned();
    assert_eq!(ran, Ran { code: Some(1), stdout: String::new(), stderr });
    let missing = Reply::problem(404, "no_such_job", "there is no job with this id");
    let ran = Server::new(&[missing]).run(&["dead-letters", "jobs", JOB, "--follow"]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
}

#[test]
fn what_makes_no_sense_is_not_sent() {
    let server = Server::new(&[page(&[letter(0, "status")], None)]);
    let cases: [(&str, &[&str]); 9] = [
        ("all there are is to be said", &["delete", "--yes"]),
        ("its filter would be missing", &["--subscription=shop", "delete", "--all", "--yes"]),
        ("so would this", &["--all", "redrive", "--yes"]),
        ("two ways to name them", &["redrive", "--id=1", "--subscription=shop"]),
        ("all, or some?", &["redrive", "--all", "--cause=gone"]),
        ("nothing is asked, and nothing done", &["redrive", "--all", "--dry-run", "--yes"]),
        ("which job?", &["jobs", "--follow"]),
        ("which job?", &["stop"]),
        ("which dead letter?", &["show"]),
    ];
    for (why, arguments) in cases {
        let ran = server.run(&[&["dead-letters"], arguments].concat());
        assert!(ran.code == Some(2) && ran.stderr.starts_with("error: "), "{why}: {ran:?}");
    }
    assert_eq!(server.lines(), [""; 0]);
}

#[test]
fn without_network_or_credentials_there_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let arguments = ["dead-letters", "delete", "--all", "--yes", "--url", &url];
    let ran = Ran::new(&xtask(&[TOKEN]).args(arguments).output().unwrap());
    assert!(ran.code == Some(1) && ran.stdout.is_empty(), "{ran:?}");
    // The request may have arrived.
    let hint = "`cargo xtask dead-letters jobs` shows whether it has begun\n";
    let error = format!("{hint}error: no answer from {url} (");
    assert!(ran.stderr.starts_with(&error), "{ran:?}");

    let wrong = Reply::problem(401, "credentials_wrong", "d");
    let wrong = wrong.with("www-authenticate", "Bearer realm=\"x\"");
    let server = Server::new(&[wrong]);
    let ran = server.run(&["dead-letters", "redrive", "--all", "--yes"]);
    let stderr = format!(
        "error: the Worker at {} does not accept the credentials: set ELYTRA_ADMIN_TOKEN to what \
         [vars.ADMIN] names\n",
        server.url
    );
    assert_eq!(ran, Ran { code: Some(1), stdout: String::new(), stderr });

    let ran = server.run_with(&[], &["dead-letters"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert_eq!(server.lines().len(), 1);

    // The nearest name is the Worker's to say.
    let unknown = Reply::problem(400, "bad_query", "unknown subscription \"shpo\"");
    let ran = Server::new(&[unknown]).run(&["dead-letters", "--subscription", "shpo"]);
    let stderr = "error: unknown subscription \"shpo\"\n".to_owned();
    assert_eq!(ran, Ran { code: Some(2), stdout: String::new(), stderr });
}
