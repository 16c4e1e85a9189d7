//! The console, and how operators sign in to it.

mod access;
mod browser;
mod sessions;

use edge::{Answer, Call, Receiver, Settings};

/// The operator's token.
const OPERATOR: &str = "the-operators-own-token";

/// What an operator presents.
const ADMIN: &str = "Bearer the-operators-own-token";

/// A receiver with a console and a journal, and this table of the operator's.
fn settings(admin: &str) -> Settings {
    operated(Settings::standard(), admin)
}

/// The same, for a receiver with these settings.
fn operated(settings: Settings, admin: &str) -> Settings {
    settings
        .with_vars(&format!("\n[vars.ADMIN]\n{admin}\n[vars.JOURNAL]\n"))
        .with_webhook_field("dedupe_window_seconds = 600")
        .with_secret("ADMIN_TOKEN", OPERATOR)
        .with_ledger()
        .with_console()
}

/// The table of an operator with a token.
const TOKEN: &str = "auth_type = \"bearer\"\nauth = { token = \"ADMIN_TOKEN\" }";

/// With a token for the operator.
fn with_token() -> Settings {
    settings(TOKEN)
}

/// A call without credentials.
fn call<'r>(receiver: &'r Receiver, method: &'r str, path: &'r str) -> Call<'r> {
    receiver.post("").method(method).path(path).without("authorization").without("content-type")
}

fn get(receiver: &Receiver, path: &str) -> Answer {
    call(receiver, "GET", path).send()
}

#[test]
fn the_page_and_its_files_are_served() {
    let receiver = Receiver::start(&with_token());
    let table = [
        ("the page", "/console", "text/html; charset=utf-8"),
        ("the page, as a folder", "/console/", "text/html; charset=utf-8"),
        ("a module", "/console/main.js", "text/javascript; charset=utf-8"),
        ("a module in a folder", "/console/views/events.js", "text/javascript; charset=utf-8"),
        ("the style sheet", "/console/console.css", "text/css; charset=utf-8"),
        ("the icon", "/console/icon.svg", "image/svg+xml"),
    ];
    for (why, path, media_type) in table {
        let answer = get(&receiver, path);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some(media_type)),
            "{why}"
        );
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'"), "{why}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{why}: {policy}");
        assert!(!policy.contains("unsafe"), "{why}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{why}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{why}");
        assert_eq!(
            answer.header("cache-control"),
            Some("no-cache"),
            "{why}: it is asked for again"
        );
        let etag = answer.header("etag").unwrap();
        let again = call(&receiver, "GET", path).header("if-none-match", etag).send();
        assert_eq!((again.status, &*again.body), (304, ""), "{why}, which the browser has");
    }
    let nothing =
        ["/console/nothing.js", "/console/../wrangler.toml", "/console/views/", "/main.js", "/"];
    for path in nothing {
        let answer = get(&receiver, path);
        assert_eq!((answer.status, &*answer.code()), (404, "not_found"), "{path}");
    }
    let post = call(&receiver, "POST", "/console").send();
    assert_eq!((post.status, post.header("allow")), (405, Some("GET, HEAD")));
}

#[test]
fn without_an_operator_there_is_nothing() {
    let settings = Settings::standard().with_console();
    let receiver = Receiver::start(&settings);
    for path in [
        "/console",
        "/console/",
        "/console/main.js",
        "/session",
        "/overview",
        "/configuration",
        "/rates",
    ] {
        let answer = get(&receiver, path);
        assert_eq!((answer.status, &*answer.code()), (404, "not_found"), "{path}");
    }
}

/// What the page needs of a Worker whose configuration is broken: itself, a session, and the mistakes.
#[test]
fn a_broken_configuration_can_be_seen() {
    let receiver =
        Receiver::start(&with_token().with_vars("\n[vars.SUBSCRIPTION_X]\nqueue = \"NO_QUEUE\"\n"));
    assert_eq!(get(&receiver, "/console").status, 200);
    let session = get(&receiver, "/session").json();
    assert_eq!((&session["signed_in"], &session["is_broken"]), (&false.into(), &true.into()));
    let signed_in = call(&receiver, "POST", "/session").header("authorization", ADMIN).send();
    assert_eq!(signed_in.status, 200, "{}", signed_in.body);
    let shown = call(&receiver, "GET", "/configuration").header("authorization", ADMIN).send();
    assert_eq!((shown.status, &*shown.code()), (503, "broken_configuration"));
    assert_eq!(shown.json()["mistakes"][0]["path"], "SUBSCRIPTION_X.queue");
    let unknown = get(&receiver, "/configuration");
    assert_eq!((unknown.status, unknown.json()["mistakes"].is_null()), (401, true));
}
