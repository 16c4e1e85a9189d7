//! `cargo xtask dev` with a configuration of one's own.

use std::fs;
use std::path::Path;
use std::process::Command;

use edge::{Process, event, tools, wait_until};
use tempfile::TempDir;

const CONFIGURATION: &str = r#"
name = "mine"
main = "MAIN"
compatibility_date = "2026-11-01"

[env.staging.secrets]
required = ["STAGING_TOKEN"]

[env.staging.vars.WEBHOOK]
auth_type = "bearer"
auth = { token = "STAGING_TOKEN" }

[env.staging.vars.SUBSCRIPTION_ONE]
queue = "ONE"

[[env.staging.queues.producers]]
binding = "ONE"
queue = "queue-of-staging"
"#;

/// A folder with this configuration, and this file of secrets.
fn folder(configuration: &str, secrets: &str) -> TempDir {
    let root = tools().project().root();
    let parent = root.join("target/edge");
    fs::create_dir_all(&parent).unwrap();
    let folder = tempfile::tempdir_in(parent).unwrap();
    write(folder.path(), configuration);
    fs::write(folder.path().join(".dev.vars"), secrets).unwrap();
    folder
}

fn write(folder: &Path, configuration: &str) {
    let main = tools().project().root().join("src/cloudflare/executor/main.mjs");
    let text = configuration.replace("MAIN", &main.display().to_string());
    fs::write(folder.join("mine.toml"), text).unwrap();
}

/// `cargo xtask dev` with the configuration in this folder, on a free port.
fn dev(folder: &Path, arguments: &[&str]) -> Process {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(tools().project().root())
        .args(["xtask", "dev", "--config"])
        .arg(folder.join("mine.toml"))
        .args(arguments)
        .args(["--port", "0", "--inspector-port", "0", "--show-interactive-dev-session=false"]);
    Process::start(cargo)
}

/// The answer to an event: its status and its body. `None` while wrangler starts again.
fn try_to_send(base: &str, id: &str) -> Option<(u16, String)> {
    let post = ureq::post(format!("{base}/webhook"))
        .config()
        .http_status_as_error(false)
        .build()
        .header("authorization", "Bearer token-of-staging")
        .header("content-type", "application/cloudevents+json");
    let mut answer = post.send(event(id, "product")).ok()?;
    Some((answer.status().as_u16(), answer.body_mut().read_to_string().ok()?))
}

#[track_caller]
fn send(base: &str, id: &str) -> (u16, String) {
    try_to_send(base, id).unwrap()
}

#[test]
fn it_runs_until_it_is_right_again() {
    let folder = folder(CONFIGURATION, "STAGING_TOKEN=token-of-staging\n");
    let mut dev = dev(folder.path(), &["--env", "staging"]);
    let base = dev.wait_for("Ready on ");
    assert_eq!(
        send(&base, "1"),
        (202, r#"{"code":"accepted","id":"1","subscriptions":["one"]}"#.to_owned())
    );
    dev.wait_for("[elytra-webhooks-consumer] event 1: com.elytra.product, modify, product 4711");
    assert!(dev.output().contains("[mine-staging] {\"outcome\":\"accepted\""), "{}", dev.output());
    assert!(folder.path().join(".wrangler/mine-staging").is_dir(), "it has a storage of its own");

    // A mistake is printed, and the configuration before goes on.
    write(folder.path(), &CONFIGURATION.replace("queue = \"ONE\"\n\n", "queue = \"OEN\"\n\n"));
    dev.wait_for(
        "[env.staging] SUBSCRIPTION_ONE.queue: no queue is bound as \"OEN\", did you mean \"ONE\"?",
    );
    dev.wait_for("The Worker keeps running with the previous configuration.");
    assert_eq!(send(&base, "2").0, 202);

    // The next one without mistakes takes its place, on the same port.
    write(folder.path(), &CONFIGURATION.replace("SUBSCRIPTION_ONE", "SUBSCRIPTION_TWO"));
    let expected = r#"{"code":"accepted","id":"3","subscriptions":["two"]}"#;
    wait_until("the new configuration runs", || {
        try_to_send(&base, "3").filter(|(_, body)| body == expected)
    });
    assert!(!dev.output().contains("[undefined]"), "{}", dev.output());
}

#[test]
fn a_mistake_ends_it_with_the_reason() {
    let wrong = CONFIGURATION.replace("bearer", "baerer");
    let cases = [
        (
            "a mistake",
            &*wrong,
            "STAGING_TOKEN=x",
            "staging",
            "mistake: [env.staging] WEBHOOK.auth_type: unknown name \"baerer\", did you mean \"bearer\"?",
        ),
        (
            "a secret that is not there",
            CONFIGURATION,
            "ELYTRA_TOKEN=x",
            "staging",
            ".dev.vars lacks secrets that the configuration names: add STAGING_TOKEN=<secret>",
        ),
        (
            "a secret that cannot be right",
            CONFIGURATION,
            "STAGING_TOKEN=",
            "staging",
            "[env.staging] WEBHOOK.auth.token: the secret \"STAGING_TOKEN\" is empty",
        ),
        (
            "another environment",
            CONFIGURATION,
            "STAGING_TOKEN=x",
            "stagin",
            "there is no [env.stagin], did you mean \"staging\"?",
        ),
    ];
    for (why, configuration, secrets, environment, expected) in cases {
        let folder = folder(configuration, secrets);
        let mut dev = dev(folder.path(), &["--env", environment]);
        wait_until(&format!("it ends: {why}"), || dev.has_ended().then_some(()));
        wait_until(&format!("it says why: {why}"), || {
            dev.output().contains(expected).then_some(())
        });
    }
}
