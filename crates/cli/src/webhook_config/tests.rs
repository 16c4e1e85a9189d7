//! What is registered for which configuration.

use serde_json::{Value, json};

use super::{WebhookConfigArguments, webhook_config};
use crate::Exit;
use crate::memory::Memory;
use crate::sender::Configured;

const BEARER: &str = "auth_type = \"bearer\"\nauth = { token = \"ELYTRA_TOKEN\" }";

/// A configuration with this `[vars.WEBHOOK]`, and subscriptions with these fields.
fn config(webhook: &str, subscriptions: &[&str]) -> String {
    let subscriptions = subscriptions
        .iter()
        .enumerate()
        .map(|(place, fields)| format!("[vars.SUBSCRIPTION_S{place}]\nqueue = \"Q\"\n{fields}\n"));
    format!("[vars.WEBHOOK]\n{webhook}\n")
        + &subscriptions.collect::<String>()
        + "[[queues.producers]]\nbinding = \"Q\"\nqueue = \"q\"\n"
}

fn arguments(url: &str, show_secrets: bool) -> WebhookConfigArguments {
    let configured = Configured::default();
    WebhookConfigArguments { url: url.to_owned(), show_secrets, json: false, configured }
}

#[track_caller]
fn printed(host: &Memory, show_secrets: bool) -> Value {
    webhook_config(host, &arguments("https://webhooks.example.com", show_secrets))
        .expect("printed");
    host.take_printed().parse().expect("JSON")
}

#[test]
fn elytra_sends_what_an_active_subscription_wants() {
    let cases = [
        (
            "the union, in the usual order",
            &[
                "event_types = [\"todo\", \"product\"]\noperations = [\"modify\"]",
                "event_types = [\"product\"]\noperations = [\"add\"]",
            ][..],
            (json!(["todo", "product"]), json!(["add", "modify"]), true),
        ),
        (
            "one that wants all types",
            &["event_types = [\"product\"]\noperations = [\"add\"]", "operations = [\"remove\"]"],
            (json!([]), json!(["add", "remove"]), true),
        ),
        (
            "one that is not active wants nothing",
            &["event_types = [\"product\"]", "active = false\nevent_types = [\"todo\"]"],
            (json!(["product"]), json!([]), true),
        ),
        ("none is active", &["active = false"], (json!([]), json!([]), false)),
    ];
    for (why, subscriptions, (types, operations, active)) in cases {
        let host = Memory::default().with("wrangler.toml", &config(BEARER, subscriptions));
        let webhook = printed(&host, false);
        let found = (&webhook["event_types"], &webhook["operations"], &webhook["active"]);
        assert_eq!(found, (&types, &operations, &json!(active)), "{why}");
    }
}

/// The fields, and the defaults of `retry`, are those of Elytra's `WebhookConfig`.
#[test]
fn every_field_of_the_model_is_there() {
    let host = Memory::default().with("wrangler.toml", &config(BEARER, &[""]));
    let expected = json!({
        "url": "https://webhooks.example.com/webhook",
        "method": "post",
        "auth_type": "bearer",
        "auth": { "token": "<ELYTRA_TOKEN>" },
        "event_types": [],
        "operations": [],
        "retry": { "max_retries": 5, "initial_delay": 1_000, "backoff_multiplier": 2.0, "max_delay": 300_000 },
        "active": true,
    });
    assert_eq!(printed(&host, false), expected);
}

#[test]
fn each_authentication_has_its_fields() {
    let cases = [
        ("none", "auth_type = \"none\"", json!(["none", null])),
        (
            "basic",
            "auth_type = \"basic\"\nauth = { username = \"USER_NAME\", password = \"PASS_WORD\" }",
            json!(["basic", { "username": "<USER_NAME>", "password": "<PASS_WORD>" }]),
        ),
        (
            "an API key in the default header",
            "auth_type = \"apikey\"\nauth = { api_key = \"API_KEY\" }",
            json!(["apikey", { "api_key": "<API_KEY>", "header_name": "api-key" }]),
        ),
        (
            "while a secret is replaced, the new one",
            "auth_type = \"bearer\"\nauth = [{ token = \"OLD_TOKEN\" }, { token = \"NEW_TOKEN\" }]",
            json!(["bearer", { "token": "<NEW_TOKEN>" }]),
        ),
    ];
    for (why, webhook, expected) in cases {
        let host = Memory::default().with("wrangler.toml", &config(webhook, &[""]));
        let found = printed(&host, false);
        assert_eq!(json!([found["auth_type"], found["auth"]]), expected, "{why}");
    }
}

#[test]
fn another_method_is_named_if_it_is_the_only_one() {
    let webhook = format!("{BEARER}\nmethods = [\"PUT\"]");
    let host = Memory::default().with("wrangler.toml", &config(&webhook, &[""]));
    assert_eq!(printed(&host, false)["method"], "put");
}

#[test]
fn a_secret_is_shown_only_if_it_is_asked_for() {
    let host = || Memory::default().with("wrangler.toml", &config(BEARER, &[""]));
    let in_file = host().with(".production.vars", "# ours\nELYTRA_TOKEN=\"from-file\"\n");
    assert_eq!(printed(&in_file, false)["auth"]["token"], "<ELYTRA_TOKEN>");
    assert_eq!(printed(&in_file, true)["auth"]["token"], "from-file");
    let variables = [("ELYTRA_TOKEN".to_owned(), "from-variable".to_owned())].into();
    let in_variable = Memory { variables, ..in_file };
    assert_eq!(printed(&in_variable, true)["auth"]["token"], "from-variable");

    // That of the local Worker is another one.
    let local = host().with(".dev.vars", "ELYTRA_TOKEN=local\n");
    let error = webhook_config(&local, &arguments("https://webhooks.example.com", true));
    let error = error.expect_err("the secret is not known");
    assert_eq!(error.exit(), Exit::Usage);
    assert!(
        error.to_string().contains("ELYTRA_TOKEN is neither in .production.vars nor"),
        "{error}"
    );
    webhook_config(&local, &arguments("http://localhost:8787/webhook", true)).expect("local");
    assert!(local.take_printed().contains("\"http://localhost:8787/webhook\""));
}

#[test]
fn a_wrong_url_or_configuration_is_refused() {
    let host = Memory::default().with("wrangler.toml", &config(BEARER, &[""]));
    for url in [
        "webhooks.example.com",
        "ftp://webhooks.example.com",
        "http://webhooks.example.com",
        "https://a:b@c.example",
    ] {
        let error = webhook_config(&host, &arguments(url, false)).expect_err(url);
        assert_eq!(error.exit(), Exit::Usage, "{url}");
    }
    let host = Memory::default().with("wrangler.toml", &config("auth_typ = \"none\"", &[""]));
    let error = webhook_config(&host, &arguments("https://webhooks.example.com", false));
    let error = error.expect_err("a mistake").to_string();
    assert!(error.contains("did you mean \"auth_type\"?"), "{error}");
}
