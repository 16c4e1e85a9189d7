//! What an operator does with dead letters on the command line.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use edge::{Receiver, Reply, Shop, tools, wait_until};
use elytra_webhooks::jobs::STEP_LETTERS;
use serde_json::{Value, json};

use super::dead_letters::{ids, letters, list, with_admin};
use super::jobs::fill;
use super::{PATIENT, product, send_batch, settings, subscription, timeout};

/// The program of `cargo xtask`, built once.
static XTASK: LazyLock<PathBuf> = LazyLock::new(|| {
    let mut cargo = Command::new(env!("CARGO"));
    // What cargo says to this test would change the build of crates that look at it, and they would be built anew.
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        if ["CARGO_MANIFEST_", "CARGO_PKG_"].iter().any(|own| name.starts_with(own)) {
            cargo.env_remove(&*name);
        }
    }
    let output = cargo
        .current_dir(tools().project().root())
        .args(["build", "--package", "xtask", "--message-format", "json"])
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "xtask does not build");
    let lines = String::from_utf8(output.stdout).unwrap();
    let messages = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut programs = messages.filter_map(|message| Some(message["executable"].as_str()?.into()));
    programs.next_back().unwrap()
});

/// Runs `cargo xtask dead-letters` with these arguments.
fn run(receiver: &Receiver, token: &str, arguments: &[&str]) -> Output {
    Command::new(&*XTASK)
        .arg("dead-letters")
        .args(arguments)
        .args(["--url", receiver.base()])
        .env("ELYTRA_ADMIN_TOKEN", token)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// How it ends, and what it prints and says.
fn ran(receiver: &Receiver, arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = run(receiver, "admin-token", arguments);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// The JSON of a command that succeeds.
#[track_caller]
fn json_of(receiver: &Receiver, arguments: &[&str]) -> Value {
    let (code, stdout, stderr) = ran(receiver, &[arguments, &["--json"]].concat());
    assert_eq!(code, Some(0), "{arguments:?}: {stderr}");
    serde_json::from_str(&stdout).expect(&stdout)
}

/// With the local queues.
#[test]
fn listed_redriven_and_deleted() {
    let shop = Shop::open();
    let settings = settings().with_ledger();
    let settings = settings.with_vars(&subscription("SHOP", &shop, &timeout(PATIENT)));
    let receiver = Receiver::start(&with_admin(settings));
    let (code, stdout, stderr) = ran(&receiver, &[]);
    assert_eq!((code, &*stdout, &*stderr), (Some(3), "", "no dead letter was found\n"));
    let wrong = run(&receiver, "wrong-token", &[]);
    let stderr = String::from_utf8(wrong.stderr).unwrap();
    assert!(wrong.status.code() == Some(1) && stderr.contains("does not accept"), "{stderr}");

    shop.answer(|_| Reply::status(422).body("no such shelf"));
    send_batch(&receiver, &["a", "b", "c"]);
    wait_until("all are dead", || (letters(&receiver).len() == 3).then_some(()));
    assert_eq!(shop.take_orders().len(), 3);

    // Each line is what the Worker has, and the table says the same.
    let (code, stdout, _) = ran(&receiver, &["--subscription", "shop", "--json"]);
    let listed: Vec<Value> =
        stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((code, &json!(listed)), (Some(0), &list(&receiver, "")["dead_letters"]));
    let (code, table, stderr) = ran(&receiver, &["--cause", "status"]);
    assert_eq!((code, table.lines().count(), &*stderr), (Some(0), 4, ""), "{table}");
    assert!(ids(&list(&receiver, "")).iter().all(|id| table.contains(id)), "{table}");
    let (code, shown, _) = ran(&receiver, &["show", "b"]);
    assert!(code == Some(0) && shown.contains("\nanswered  no such shelf\n"), "{shown}");
    let (code, _, stderr) = ran(&receiver, &["--subscription", "shpo"]);
    assert!(code == Some(2) && stderr.contains("did you mean \"shop\"?"), "{stderr}");

    // Nobody has confirmed anything.
    let (code, stdout, stderr) = ran(&receiver, &["delete", "--all"]);
    assert_eq!((code, &*stdout), (Some(2), ""));
    let question =
        "error: Delete 3 dead letters? Their events are lost. Nobody can answer here: add --yes\n";
    assert!(stderr.ends_with(question), "{stderr}");
    let (code, _, stderr) = ran(&receiver, &["redrive", "--event", "a", "--dry-run"]);
    assert_eq!((code, &*stderr), (Some(0), "1 dead letter would be sent again\n"));
    assert_eq!(letters(&receiver).len(), 3);

    shop.answer(|_| Reply::status(204));
    let done = json_of(&receiver, &["redrive", "--event", "a", "--yes"]);
    assert_eq!((&done["job"]["state"], &done["job"]["redriven"]), (&json!("finished"), &json!(1)));
    assert_eq!(shop.orders(1)[0].text(), product("a"));
    let left = ids(&list(&receiver, ""));
    assert_eq!(left.len(), 2);

    let (code, stdout, _) = ran(&receiver, &["delete", "--id", &left[0], "--yes"]);
    assert_eq!((code, &*stdout), (Some(0), "the dead letter was deleted\n"));
    let (code, stdout, _) = ran(&receiver, &["redrive", "--id", &left[0], "--yes"]);
    let before = "the dead letter had been sent again or deleted before\n";
    assert_eq!((code, &*stdout), (Some(0), before), "the ledger knows");
    let (code, _, stderr) = ran(&receiver, &["delete", "--id", &left[0], "--dry-run"]);
    assert_eq!((code, &*stderr), (Some(3), "there is no dead letter with this id\n"));
    let (code, stdout, _) = ran(&receiver, &["redrive", "--id", &left[1], "--yes"]);
    assert_eq!((code, &*stdout), (Some(0), "the dead letter was sent again\n"));
    wait_until("the shop has it", || (shop.orders_so_far().len() == 2).then_some(()));
    assert!(letters(&receiver).is_empty());
    let (code, _, stderr) = ran(&receiver, &["redrive", "--all", "--yes"]);
    assert_eq!((code, &*stderr), (Some(3), "there is no such dead letter\n"));
}

/// More than a step of a job, and more than a page of a list.
#[test]
fn many_are_followed_to_the_end() {
    let shop = Shop::open();
    let settings = settings().with_ledger();
    let settings = settings.with_vars(&subscription("SHOP", &shop, &timeout(PATIENT)));
    let receiver = Receiver::start(&with_admin(settings));
    let cause = |number: usize| if number == 1_050 { "gone" } else { "timeout" };
    let keys = fill(&receiver, 1_100, cause);
    // One that can never be sent.
    receiver.put_kv("DEAD", "shop/0/nonsense", "nonsense");

    let (code, table, stderr) = ran(&receiver, &["redrive", "--all", "--dry-run"]);
    assert_eq!((code, &*stderr), (Some(0), "1,101 dead letters would be sent again\n"), "{table}");
    assert!(table.contains("timeout  1,099"), "{table}");
    assert!(shop.orders_so_far().is_empty());

    let until = "2025-12-01T00:00:00.300Z";
    let started = json_of(&receiver, &["redrive", "--until", until, "--yes", "--detach"]);
    let job = started["job"]["id"].as_str().unwrap();
    let (code, stdout, stderr) = ran(&receiver, &["jobs", job, "--follow"]);
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    assert!(stdout.contains("result    300 sent again\n          1 stuck"), "{stdout}");
    let error = "error: not all were sent again: 1 stuck, and can never be sent again\n";
    assert!(stderr.ends_with(error), "{stderr}");
    assert_eq!(shop.orders(3 * STEP_LETTERS).len(), 300);
    let left: Vec<_> = letters(&receiver).into_keys().collect();
    assert_eq!(left.len(), 801);
    assert_eq!(left[1..], keys[300..]);

    let done = json_of(&receiver, &["delete", "--cause", "timeout", "--yes"]);
    assert_eq!((&done["code"], &done["job"]["deleted"]), (&json!("job"), &json!(799)));
    let left: Vec<_> = letters(&receiver).into_keys().collect();
    assert_eq!(left, ["shop/0/nonsense", &*keys[1_050]]);
    let (code, stdout, stderr) = ran(&receiver, &["jobs", "--json"]);
    assert_eq!((code, stdout.lines().count()), (Some(0), 2), "{stderr}");
    let (code, _, stderr) = ran(&receiver, &["stop", job]);
    assert_eq!((code, &*stderr), (Some(1), "error: 409 job_ended: the job is finished\n"));
    assert_eq!(shop.orders_so_far().len(), 300, "nothing else was sent");
}
