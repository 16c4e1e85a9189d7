//! What `check` finds in a configuration is what the Worker finds, and a mistake stops a deployment.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use edge::{Receiver, Settings, tools};
use elytra_webhooks_check::{NOT_INHERITED, Scope, WRANGLER_FIELDS, check};
use serde_json::Value;
use tempfile::TempDir;

/// How many configurations are started.
const CONFIGURATIONS: usize = 24;

/// What a part of a configuration can be.
struct Part {
    right: &'static [&'static str],
    wrong: &'static [&'static str],
}

impl Part {
    /// One of them, mostly a right one.
    fn by_chance(&self, random: &mut fastrand::Rng) -> &'static str {
        let of = if random.u8(..5) == 0 { self.wrong } else { self.right };
        of[random.usize(..of.len())]
    }
}

/// How callers authenticate.
const AUTH: Part = Part {
    right: &[
        "auth_type = \"bearer\"\nauth = { token = \"TOKEN\" }",
        "auth_type = \"bearer\"\nauth = [{ token = \"TOKEN\" }, { token = \"TOKEN_NEXT\" }]",
        "auth_type = \"basic\"\nauth = { username = \"USERNAME\", password = \"PASSWORD\" }",
        "auth_type = \"apikey\"\nauth = { api_key = \"API_KEY\", header_name = \"x-key\" }",
        "auth_type = \"none\"",
    ],
    wrong: &[
        "auth_type = \"apikey\"\nauth = { api_key = \"API_KEY\", header_name = \"x key\" }",
        "auth_type = \"none\"\nauth = { token = \"TOKEN\" }",
        "auth_type = \"Bearer\"\nauth = { token = \"TOKEN\" }",
        "auth = { token = \"TOKEN\" }",
    ],
};

/// Other fields of `[vars.WEBHOOK]`.
const WEBHOOK: Part = Part {
    right: &[
        "",
        "max_body_bytes = 65536",
        "max_batch_events = 1_000.0",
        "methods = [\"POST\"]",
        "allowed_origins = [\"a.example\"]\nallowed_rate = 1",
    ],
    wrong: &[
        "max_body_bytes = 65535",
        "max_body_bytes = \"65536\"",
        "max_batch_events = 1.5",
        "methods = []",
        "dedupe_window_seconds = 59",
        "time_budget = 4_000",
        "allowed_origins = [\"a.example\"]",
        "allowed_origins = [\"a.example\"]\nallowed_rate = 0",
        "rate_limit = \"CALLS\"",
        "claims_expiration_ttl = 604_800",
    ],
};

/// A subscription.
const SUBSCRIPTION: Part = Part {
    right: &[
        "queue = \"EVENTS_QUEUE\"",
        "active = false\nqueue = \"EVENTS_QUEUE\"",
        "kv = { binding = \"EVENTS_KV\" }",
        "r2 = { binding = \"ARCHIVE\", prefix = \"a/\" }",
        "kv = { binding = \"EVENTS_KV\", key = \"object\" }",
        "webhook = { url = \"https://shop.example.com\" }",
        "webhook = { url = \"https://shop.example.com\", auth_type = \"bearer\", auth = { token = \"SHOP\" } }",
        "filters = [{ exact = { type = \"a\" } }]\nqueue = \"EVENTS_QUEUE\"",
    ],
    wrong: &[
        "",
        "queue = \"EVENTS_QEUE\"",
        "queue = \"EVENTS_KV\"",
        "queue = \"DELIVERIES\"",
        "kv = { binding = \"EVENTS_KV\", expiration_ttl = 59 }",
        "kv = { binding = \"EVENTS_KV\", key = \"objects\" }",
        "webhook = { url = \"http://shop.example.com\" }",
        "webhook = { url = \"https://shop.example.com\", auth_type = \"bearer\", auth = { token = \"TOKEN\" } }",
        "webhook = { url = \"https://shop.example.com\", retry = { max_retries = 100 } }",
        "event_types = [\"com.elytra.product\"]\nqueue = \"EVENTS_QUEUE\"",
        "event_types = [1]\nqueue = \"EVENTS_QUEUE\"",
        "operations = [\"delete\"]\nqueue = \"EVENTS_QUEUE\"",
        "filters = [{ sql = \"type = 'a\" }]\nqueue = \"EVENTS_QUEUE\"",
        "active = \"yes\"\nqueue = \"EVENTS_QUEUE\"\nkv = { binding = \"EVENTS_KV\" }",
    ],
};

/// Another table.
const OTHER: Part = Part {
    right: &["", "[vars.ADMIN]\nauth_type = \"bearer\"\nauth = { token = \"ADMIN_TOKEN\" }\n"],
    wrong: &[
        "[vars.ADMIN]\nauth_type = \"none\"\n",
        "[vars.ADMIN]\nauth_type = \"bearer\"\nauth = { token = \"TOKEN\" }\n",
        "[vars.SUBSCRIPTON_X]\nqueue = \"EVENTS_QUEUE\"\n",
        "[vars.SUBSCRIPTION_a]\nqueue = \"EVENTS_QUEUE\"\n",
    ],
};

/// A configuration by chance. What it needs besides may be missing, too.
fn by_chance(random: &mut fastrand::Rng) -> Settings {
    let vars = format!(
        "[vars.WEBHOOK]\n{}\n{}\n[vars.SUBSCRIPTION_A]\n{}\n[vars.SUBSCRIPTION_B]\n{}\n{}",
        AUTH.by_chance(random),
        WEBHOOK.by_chance(random),
        SUBSCRIPTION.by_chance(random),
        SUBSCRIPTION.by_chance(random),
        OTHER.by_chance(random),
    );
    let mut mostly = || random.u8(..5) > 0;
    let settings = Settings::new(vars);
    let settings = if mostly() { settings.with_ledger() } else { settings };
    let settings = if mostly() { settings.with_webhooks() } else { settings };
    if mostly() { settings.with_r2("ARCHIVE") } else { settings }
}

#[test]
fn it_finds_what_the_worker_finds() {
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut broken = 0;
    for _ in 0..CONFIGURATIONS {
        let settings = by_chance(&mut random);
        let text = settings.text();
        let report = check(&text, Scope::TopLevel, |_| true);
        let expected: BTreeSet<_> = report
            .mistakes
            .iter()
            .filter(|finding| finding.found_by_worker)
            .map(|finding| format!("{}: {}", finding.path, finding.message))
            .collect();
        let with_secret = |settings: Settings, name: &str| {
            settings.with_secret(name, &format!("the-secret-that-is-set-as-{name}"))
        };
        let names = report.secrets.iter().map(|secret| &*secret.name);
        let receiver = Receiver::start(&names.fold(settings, with_secret));
        let health = receiver.post("").method("GET").path("/health").send();
        let reasons = receiver.log(1)[0]["reasons"].clone();
        let found = reasons.as_array().into_iter().flatten();
        let found: BTreeSet<_> = found.filter_map(|reason| reason.as_str()).collect();
        let status = if expected.is_empty() { 200 } else { 503 };
        assert_eq!(health.status, status, "seed {seed}: {expected:?} for\n{text}");
        let expected: BTreeSet<_> = expected.iter().map(String::as_str).collect();
        assert_eq!(found, expected, "seed {seed}, for\n{text}");
        broken += usize::from(status == 503);
    }
    assert!((1..CONFIGURATIONS).contains(&broken), "seed {seed}: {broken} are broken");
}

/// A folder with a `wrangler.toml`, whose build command is that of the shipped one.
fn folder(configuration: &str) -> TempDir {
    let root = tools().project().root();
    let parent = root.join("target/edge");
    fs::create_dir_all(&parent).unwrap();
    let folder = tempfile::tempdir_in(parent).unwrap();
    let root = root.display();
    let text = configuration
        .replace("main = \"", &format!("main = \"{root}/"))
        .replace("[build]", &format!("[build]\ncwd = \"{root}\""));
    let text = text.replace("directory = \"", &format!("directory = \"{root}/"));
    fs::write(folder.path().join("wrangler.toml"), text).unwrap();
    folder
}

fn shipped() -> String {
    fs::read_to_string(tools().project().root().join("wrangler.toml")).unwrap()
}

/// `wrangler deploy --dry-run` with these arguments and this environment variable.
fn deploy(folder: &Path, arguments: &[&str], cloudflare_env: Option<&str>) -> Output {
    let mut wrangler = tools().wrangler().unwrap();
    wrangler.current_dir(folder).args(["deploy", "--dry-run"]).args(arguments);
    if let Some(name) = cloudflare_env {
        wrangler.env("CLOUDFLARE_ENV", name);
    }
    with_cargo(&mut wrangler).output().unwrap()
}

/// The build command calls cargo.
fn with_cargo(command: &mut Command) -> &mut Command {
    let path = tools().path().unwrap();
    let cargo = PathBuf::from(env!("CARGO"));
    let folders = std::env::split_paths(&path).chain(cargo.parent().map(Path::to_owned));
    command.env("PATH", std::env::join_paths(folders).unwrap())
}

#[test]
fn a_mistake_stops_a_deployment() {
    let broken = shipped().replacen("queue = \"PRODUCT_EVENTS\"", "queue = \"PRODUCT_EVENT\"", 1);
    let staging = "\n[env.staging.vars.WEBHOOK]\nauth_type = \"bearr\"\n";
    let (right, wrong) = (folder(&(shipped() + staging)), folder(&broken));
    let named = wrong.path().join("wrangler.toml").display().to_string();
    let message = "no queue is bound as \"PRODUCT_EVENT\", did you mean \"PRODUCT_EVENTS\"?";
    let of_staging =
        "[env.staging] WEBHOOK.auth_type: unknown name \"bearr\", did you mean \"bearer\"?";
    let cases = [
        ("the file in the folder", wrong.path(), &[][..], None, Some(message)),
        ("the file of --config", right.path(), &["--config", &named], None, Some(message)),
        ("the top level alone is right", right.path(), &["--env="], None, None),
        ("the environment of --env", right.path(), &["-e", "staging"], None, Some(of_staging)),
        ("the environment of CLOUDFLARE_ENV", right.path(), &[], Some("staging"), Some(of_staging)),
    ];
    for (why, folder, arguments, cloudflare_env, expected) in cases {
        let output = deploy(folder, arguments, cloudflare_env);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), expected.is_none(), "{why}: {printed}");
        assert_eq!(printed.contains("Total Upload"), expected.is_none(), "{why}: {printed}");
        assert!(expected.is_none_or(|expected| printed.contains(expected)), "{why}: {printed}");
    }
}

#[test]
fn the_fields_of_wrangler_are_those_of_its_schema() {
    let path = tools().project().root().join("node_modules/wrangler/config-schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let fields = |definition: &str| -> BTreeSet<_> {
        let properties = schema["definitions"][definition]["properties"].as_object().unwrap();
        properties.keys().cloned().collect()
    };
    let known: BTreeSet<_> = WRANGLER_FIELDS.iter().map(|field| (*field).to_owned()).collect();
    assert_eq!(known, fields("RawConfig"), "the top level");
    let of_environments = fields("RawEnvironment");
    for field in NOT_INHERITED {
        assert!(of_environments.contains(field), "{field} is a field of environments");
    }
    let definitions = schema["definitions"]["RawEnvironment"]["properties"].as_object().unwrap();
    for (field, definition) in definitions {
        let description = definition["description"].as_str().unwrap_or_default();
        if description.contains("not automatically inherited") {
            assert!(NOT_INHERITED.contains(&&**field), "{field} is not inherited");
        }
    }
}
