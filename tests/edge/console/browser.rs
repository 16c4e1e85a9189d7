//! The console in a browser. Each scenario is a script in `browser/`, which drives Chromium.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use edge::{Order, Receiver, Reply, Settings, Shop, tools};
use serde_json::{Value, json};

use super::{OPERATOR, TOKEN, operated};

/// A receiver with everything that the console shows, and a shop that refuses events whose id begins with `bad`, until it is
/// mended.
struct Stage {
    receiver: Receiver,
    shop: Shop,
    is_mended: Arc<AtomicBool>,
}

/// Elytra's token, long enough that there is no warning about it.
const ELYTRA: &str = "a-token-of-elytra-itself";

impl Stage {
    fn new() -> Self {
        Self::with(TOKEN, |settings| settings)
    }

    /// With this table of the operator's, and other settings.
    fn with(admin: &str, change: impl FnOnce(Settings) -> Settings) -> Self {
        let shop = Shop::open();
        let is_mended = Arc::new(AtomicBool::new(false));
        let mended = Arc::clone(&is_mended);
        shop.answer(move |order| {
            let is_bad = order.id().contains("bad") && !mended.load(Ordering::SeqCst);
            if is_bad {
                Reply::status(400).body("no such product <b>4711</b>")
            } else {
                Reply::status(204)
            }
        });
        let vars = format!(
            r#"
            [vars.WEBHOOK]
            auth_type = "bearer"
            auth = {{ token = "TOKEN" }}
            max_body_bytes = 4_000_000

            [vars.SUBSCRIPTION_PRODUCTS]
            event_types = ["product", "product_text"]
            queue = "EVENTS_QUEUE"

            [vars.SUBSCRIPTION_ARCHIVE]
            event_types = ["document"]
            kv = {{ binding = "EVENTS_KV", expiration_ttl = 3600 }}

            [vars.SUBSCRIPTION_SHOP]
            event_types = ["product"]
            filters = [{{ not = {{ prefix = {{ subject = "import/" }} }} }}]

            [vars.SUBSCRIPTION_SHOP.webhook]
            url = "{}/elytra?key=hush"
            allow_insecure = true
            "#,
            shop.url()
        );
        let settings = Settings::new(vars).with_secret("TOKEN", ELYTRA);
        let settings = operated(settings, admin).with_webhooks();
        let settings = settings.with_kv("SPOOL").with_kv("CLAIMS");
        let receiver = Receiver::start(&change(settings));
        Self { receiver, shop, is_mended }
    }

    /// Plays a scenario, which may ask for things while it runs, one on a line: see `ask` in `browser.mjs`.
    #[track_caller]
    fn play(mut self, scenario: &str) {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("console/browser");
        let mut node = tools().node().unwrap();
        let mut node = node
            .arg(folder.join(scenario))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut to_node = node.stdin.take().unwrap();
        let task = json!({
            "base": self.receiver.base(),
            "operator": OPERATOR,
            "token": ELYTRA,
            "browser": xtask::setup::setup_browser().unwrap(),
            "pictures": tools().project().root().join("docs/console"),
        });
        writeln!(to_node, "{task}").unwrap();
        let lines = BufReader::new(node.stdout.take().unwrap()).lines();
        for line in lines {
            let asked: Value = serde_json::from_str(&line.unwrap()).unwrap();
            writeln!(to_node, "{}", self.answer(&asked)).unwrap();
        }
        let output = node.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{scenario}:\n{errors}\n{}", self.receiver.output());
        // What was measured.
        let _ = std::io::stderr().write_all(&output.stderr);
    }

    /// What a scenario asks for while it runs.
    fn answer(&mut self, asked: &Value) -> Value {
        match asked["ask"].as_str().unwrap() {
            "restart" => {
                self.receiver.restart();
                json!({ "base": self.receiver.base() })
            }
            "kill" => {
                self.receiver.kill();
                json!({})
            }
            "mend" => {
                self.is_mended.store(true, Ordering::SeqCst);
                json!({})
            }
            "orders" => {
                let orders = self.shop.orders_so_far();
                json!(orders.iter().map(Order::id).collect::<Vec<_>>())
            }
            fill => {
                assert_eq!(fill, "fill", "nothing else can be asked for");
                let number = asked["events"].as_u64().unwrap();
                self.receiver.fill_journal(usize::try_from(number).unwrap());
                json!({})
            }
        }
    }
}

#[test]
fn signing_in() {
    Stage::new().play("sign-in.mjs");
}

#[test]
fn signing_in_with_a_user_name() {
    let admin =
        "auth_type = \"basic\"\nauth = { username = \"ADMIN_USER\", password = \"ADMIN_TOKEN\" }";
    let named = |settings: Settings| settings.with_secret("ADMIN_USER", "nächtlich");
    Stage::with(admin, named).play("credentials.mjs");
}

#[test]
fn signing_in_with_a_key() {
    let admin =
        "auth_type = \"apikey\"\nauth = { api_key = \"ADMIN_TOKEN\", header_name = \"X-Night\" }";
    Stage::with(admin, |settings| settings).play("credentials.mjs");
}

#[test]
fn every_view() {
    Stage::new().play("views.mjs");
}

#[test]
fn searching_and_following() {
    Stage::new().play("events.mjs");
}

#[test]
fn one_event() {
    Stage::new().play("event.mjs");
}

#[test]
fn what_could_not_be_delivered() {
    Stage::new().play("dead-letters.mjs");
}

#[test]
fn sending_again() {
    Stage::new().play("replays.mjs");
}

#[test]
fn a_long_list() {
    Stage::new().play("long.mjs");
}

#[test]
fn events_that_attack() {
    Stage::new().play("attack.mjs");
}

#[test]
fn two_operators_and_a_restart() {
    Stage::new().play("restart.mjs");
}

#[test]
fn a_tab_that_nobody_looks_at() {
    Stage::new().play("hidden.mjs");
}

#[test]
fn every_window() {
    Stage::new().play("windows.mjs");
}

#[test]
fn times_as_people_write_them() {
    Stage::new().play("times.mjs");
}

#[test]
fn what_changes_meanwhile() {
    Stage::new().play("races.mjs");
}

#[test]
fn nothing_fails_in_silence() {
    Stage::new().play("failures.mjs");
}

#[test]
fn with_the_keyboard_alone() {
    Stage::new().play("keyboard.mjs");
}

#[test]
fn a_broken_configuration() {
    let broken = "\n[vars.SUBSCRIPTION_WRONG]\nqueue = \"NO_QUEUE\"\n";
    Stage::with(TOKEN, |settings| settings.with_vars(broken)).play("broken.mjs");
}

/// Every picture in the documents is one that a scenario takes.
#[test]
fn no_picture_is_left_over() {
    let root = tools().project().root();
    let page = fs::read_to_string(root.join("docs/console.md")).unwrap();
    for entry in fs::read_dir(root.join("docs/console")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(page.contains(&format!("console/{name}")), "docs/console.md shows no {name}");
    }
}
