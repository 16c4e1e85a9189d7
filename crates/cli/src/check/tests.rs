//! What the command does with a file.

use elytra_webhooks_check::Scope;

use super::{Checked, MAIN, Question, check};
use crate::memory::Memory;

const CONFIG: &str = r#"name = "shop" # the shop's
main = "src/cloudflare/executor/main.mjs"
build.command = "cargo xtask build"

[secrets] # kept in step
required = ["OLD"] # these

[vars.WEBHOOK]
auth_type = "bearer"
auth = { token = "ELYTRA_TOKEN" }

[vars.SUBSCRIPTION_A]
queue = "A"

[[queues.producers]]
binding = "A"
queue = "a"

[env.staging.vars.WEBHOOK]
auth_type = "bearer"
auth = [{ token = "B" }, { token = "A_TOKEN" }]

[env.staging.vars.SUBSCRIPTION_A]
queue = "A"

[[env.staging.queues.producers]]
binding = "A"
queue = "a-staging"
"#;

#[test]
fn the_list_of_secrets_is_corrected_and_nothing_else() {
    let host = Memory::default().with("wrangler.toml", CONFIG).with(MAIN, "");
    let question = Question { fix: true, ..Question::default() };
    check(&host, &question).expect("no mistakes are left");
    let fixed = host.text("wrangler.toml");
    let list = r#"required = ["ELYTRA_TOKEN"] # these"#;
    let expected = CONFIG.replace(r#"required = ["OLD"] # these"#, list);
    let (before, staging) = fixed.split_at(expected.len());
    assert_eq!(before, expected, "comments stay");
    assert_eq!(staging, "\n[env.staging.secrets]\nrequired = [\"A_TOKEN\", \"B\"]\n");
    // Once more changes nothing.
    check(&host, &question).expect("no mistakes");
    assert_eq!(host.text("wrangler.toml"), fixed);
}

#[test]
fn what_is_right_stays_as_it_was_written() {
    let windows = CONFIG
        .replace("[\"OLD\"]", "[\n  \"ELYTRA_TOKEN\", # the senders'\n]")
        .replace('\n', "\r\n");
    let windows = format!("\u{feff}{windows}");
    let inline = "env = { staging = { vars = { WEBHOOK = { auth_type = \"bearer\", auth = { token = \"B_TOKEN\" } } } } }\n";
    let cases = [
        (
            "line ends and a mark",
            windows.clone(),
            format!("{windows}\r\n[env.staging.secrets]\r\nrequired = [\"A_TOKEN\", \"B\"]\r\n"),
        ),
        (
            "an inline environment",
            inline.to_owned(),
            inline.replace(" } } }\n", " } , secrets = { required = [\"B_TOKEN\"] } } }\n"),
        ),
    ];
    for (why, text, expected) in cases {
        let host = Memory::default().with("kept.toml", &text).with(MAIN, "");
        let config = Some("kept.toml".to_owned());
        let question = Question { config, fix: true, ..Question::default() };
        // What else is wrong with it does not matter here.
        let _ = check(&host, &question);
        assert_eq!(host.text("kept.toml"), expected, "{why}");
    }
}

#[test]
fn only_a_strict_question_minds_warnings() {
    let text = format!("{CONFIG}\n[[kv_namespaces]]\nbinding = \"UNUSED\"\n");
    let host = Memory::default().with("strict.toml", &text).with(MAIN, "");
    let ask = |strict, fix| {
        let config = Some("strict.toml".to_owned());
        let question = Question { config, strict, fix, ..Question::default() };
        check(&host, &question).map_err(|error| error.to_string())
    };
    let error = ask(false, false).expect_err("secrets are not listed");
    assert!(error.ends_with("strict.toml: 2 mistakes, 2 warnings"), "{error}");
    assert_eq!(ask(false, true), Ok(()), "warnings alone are no reason");
    let error = ask(true, false).expect_err("a warning is left");
    assert!(error.ends_with("strict.toml: no mistakes, 1 warning"), "{error}");
}

#[test]
fn both_ways_to_print_have_everything() {
    let host = Memory::default().with(
        "print.toml",
        &CONFIG.replace(
            "queue = \"A\"\n\n[[queues.producers]]\nbinding",
            "queue = \"AA\"\n\n[[queues.producers]]\nbinding",
        ),
    );
    let host = host.with(MAIN, "");
    let checked = Checked::read(&host, "print.toml", Scope::TopLevel).expect("the file");
    let (printed, json) = (checked.print(), checked.to_json());
    let json: serde_json::Value = json.parse().expect("JSON");
    assert_eq!(json["mistakes"][1]["line"], 13);
    assert_eq!(json["mistakes"][1]["path"], "SUBSCRIPTION_A.queue");
    assert_eq!(json["secrets"][0]["name"], "ELYTRA_TOKEN");
    assert_eq!(json["secrets"][0]["used_by"][0], "WEBHOOK.auth.token");
    let file = json["file"].as_str().expect("the file");
    let line = format!(
        "{file}:13:1: mistake: SUBSCRIPTION_A.queue: no queue is bound as \"AA\", did you mean \"A\"?\n    \
         Correct the name, or add the binding to this file.\n"
    );
    assert!(printed.contains(&line), "{printed}");
    let put =
        format!("  npx wrangler secret put ELYTRA_TOKEN --config {file}   # WEBHOOK.auth.token\n");
    assert!(printed.contains(&put), "{printed}");
}
