//! The types and the reader for consumers in TypeScript: the compiler accepts what it should and nothing else, the
//! reader agrees with the Worker's own, and the example reads in workerd what the Worker sent.

mod reader;

use std::fs;
use std::path::{Path, PathBuf};

use edge::{Answer, Receiver, Settings, event, tools, wait_until};
use serde_json::json;
use tempfile::TempDir;

use crate::delivery::delicate;
use crate::durability::large;

/// A folder with the package in its `node_modules`, and copies of the tests and the example.
struct Project(TempDir);

/// What the package's `package.json` says of what is imported.
const EXPORTS: &str = r#"{
    "name": "elytra-webhooks",
    "type": "module",
    "exports": {
        ".": { "types": "./worker.d.mts", "default": "./worker/main.mjs" },
        "./events": { "types": "./events.d.mts", "default": "./events.mjs" }
    }
}"#;

impl Project {
    fn new() -> Self {
        let root = tools().project().root();
        let parent = root.join("target/edge");
        fs::create_dir_all(&parent).unwrap();
        let folder = tempfile::tempdir_in(parent).unwrap();
        let package = folder.path().join("node_modules/elytra-webhooks");
        copy(&root.join("npm"), &package, &["events.mjs", "events.d.mts", "worker.d.mts"]);
        fs::write(package.join("package.json"), EXPORTS).unwrap();
        let tests = [
            "types.ts",
            "documents.ts",
            "worker.ts",
            "node.ts",
            "tsconfig.worker.json",
            "tsconfig.node.json",
            "events.test.mjs",
            "read.mjs",
        ];
        copy(&root.join("tests/edge/typescript"), folder.path(), &tests);
        let example = ["package.json", "tsconfig.json", "wrangler.toml", "src/index.ts"];
        copy(&root.join("examples/consumer-ts"), &folder.path().join("example"), &example);
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// What the compiler says about the project with this `tsconfig.json`: nothing, if all is well.
    fn compile(&self, tsconfig: &str) -> String {
        let compiler = tools().project().npm_programs().join("tsc");
        let mut node = tools().node().unwrap();
        let output = node.arg(compiler).arg("--project").arg(self.path().join(tsconfig)).output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.success(), said.is_empty(), "{output:?}");
        said
    }

    /// The example as wrangler deploys it: a folder with its modules and its configuration.
    fn built_example(&self) -> PathBuf {
        let example = self.path().join("example");
        let built = self.path().join("built");
        let mut wrangler = tools().wrangler().unwrap();
        wrangler.args(["deploy", "--dry-run", "--outdir"]).arg(&built).current_dir(&example);
        wrangler.env_remove("WRANGLER_COMMAND");
        let output = wrangler.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        configure(&example, &built, "src/index.ts", "index.js");
        built
    }

    /// The example in Rust, likewise.
    fn built_rust_example(&self) -> PathBuf {
        let example = tools().project().root().join("examples/consumer");
        let built = self.path().join("built-rust");
        // It needs `cargo xtask build consumer`.
        copy(&example, &built, &["build/index.js", "build/index_bg.wasm"]);
        configure(&example, &built, "cargo xtask build consumer", "true");
        built
    }
}

fn copy(from: &Path, to: &Path, files: &[&str]) {
    for file in files {
        let copy = to.join(file);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(from.join(file), copy).expect(file);
    }
}

/// Copies the configuration of an example, with this one thing replaced.
fn configure(example: &Path, built: &Path, this: &str, by: &str) {
    let configuration = fs::read_to_string(example.join("wrangler.toml")).unwrap();
    assert_eq!(configuration.matches(this).count(), 1, "{configuration}");
    fs::write(built.join("wrangler.toml"), configuration.replace(this, by)).unwrap();
}

#[test]
fn types() {
    let project = Project::new();
    for tsconfig in ["tsconfig.worker.json", "tsconfig.node.json", "example/tsconfig.json"] {
        assert_eq!(project.compile(tsconfig), "", "{tsconfig}");
    }

    // A mistake in the example is found, because its imports have types.
    let source = project.path().join("example/src/index.ts");
    let text = fs::read_to_string(&source).unwrap();
    fs::write(&source, text.replace("env.CLAIMS", "env.OTHER")).unwrap();
    let said = project.compile("example/tsconfig.json");
    assert!(said.contains("Property 'OTHER' does not exist on type 'Env'"), "{said}");
    fs::write(&source, text.replace("event.id", "event.ids")).unwrap();
    let said = project.compile("example/tsconfig.json");
    assert!(said.contains("Property 'ids' does not exist on type 'ElytraEvent"), "{said}");
}

/// A valid event with these additional members.
fn with(members: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"e1","source":"s","type":"com.elytra.product",{members}}}"#
    )
}

/// A receiver that sends every event to two queues. The consumer reads one of them, and the test the other.
fn receiver(consumer: PathBuf) -> Receiver {
    let settings = Settings::new(
        r#"
        [vars.WEBHOOK]
        auth_type = "bearer"
        auth = { token = "TOKEN" }
        max_body_bytes = 2_000_000

        [vars.SUBSCRIPTION_PRODUCTS]
        queue = "PRODUCT_EVENTS"

        [vars.SUBSCRIPTION_STREAM]
        queue = "EVENTS_QUEUE"
        "#,
    );
    let settings = settings.with_secret("TOKEN", "right-token").with_kv("CLAIMS");
    Receiver::start(&settings.with_queue("PRODUCT_EVENTS").with_consumer(consumer))
}

#[track_caller]
fn accepted(answer: &Answer) {
    assert_eq!(answer.status, 202, "{}", answer.body);
}

/// Sends events in all modes, and returns how many messages they make.
fn send(receiver: &Receiver) -> usize {
    let structured = [
        event("plain", "product"),
        delicate("product"),
        with(r#""data":null"#),
        with(
            r#""eventtype":"something_new","operation":"archive","data":{"objectId":"a b","objectType":"ä"}"#,
        ),
        with(r#""operation":5,"data":{"objectId":12345678901234567890,"objectType":7}"#),
        with(r#""operation":"","data":{"objectId":1,"objectId":2,"objectType":"twice"}"#),
        large("large", 400_000).replacen(
            r#""data":{"#,
            r#""data":{"objectId":9007199254740993,"#,
            1,
        ),
    ];
    for event in &structured {
        accepted(&receiver.post(event.as_str()).send());
    }

    let binary: [(&str, &str, Vec<u8>); 5] = [
        (
            "json",
            "application/json",
            br#"{"objectId":18446744073709551616,"objectType":"product"}"#.to_vec(),
        ),
        ("text", "text/plain", "Grün \"€\"".into()),
        ("bytes", "image/png", b"\x89PNG\r\n\xff".to_vec()),
        ("large-bytes", "image/png", vec![0xff; 300_000]),
        ("large-text", "text/plain", "é\n".repeat(100_000).into_bytes()),
    ];
    for (id, content_type, body) in &binary {
        let call = receiver
            .post(body.clone())
            .without("content-type")
            .header("content-type", content_type);
        let call = call
            .header("ce-specversion", "1.0")
            .header("ce-id", id)
            .header("ce-source", "/elytra/pim");
        let call = call.header("ce-type", "com.elytra.product").header("ce-operation", "modify");
        accepted(&call.header("ce-subject", "Gr%C3%B6%C3%9Fe%20%2541").send());
    }

    let batch =
        [event("batch-1", "product"), large("batch-2", 150_000), event("batch-3", "document")];
    let body = format!("[{}]", batch.join(","));
    let call = receiver.post(body).without("content-type");
    accepted(&call.header("content-type", "application/cloudevents-batch+json").send());

    structured.len() + binary.len() + batch.len()
}

/// The lines that a consumer printed about events, once there are this many, sorted.
#[track_caller]
fn printed(receiver: &Receiver, count: usize) -> Vec<String> {
    let mut lines = wait_until(&format!("the consumer has printed {count} lines"), || {
        let output = receiver.output();
        let lines = output.lines().filter(|line| line.starts_with("event "));
        let lines: Vec<_> = lines.map(str::to_owned).collect();
        (lines.len() >= count).then_some(lines)
    });
    assert_eq!(lines.len(), count, "each event is printed once: {lines:?}");
    lines.sort();
    lines
}

#[test]
fn both_consumers_print_the_same_of_what_the_worker_sent() {
    let project = Project::new();
    let typescript = receiver(project.built_example());
    let count = send(&typescript);
    let lines = printed(&typescript, count);
    assert!(
        !typescript.output().contains("message "),
        "no message failed: {}",
        typescript.output()
    );
    for line in [
        "event plain: com.elytra.product, modify, product 4711",
        "event a/b cé: com.elytra.product, modify, product 9007199254740993",
        "event large: com.elytra.product, no operation, object 9007199254740993",
        "event json: com.elytra.product, modify, product 18446744073709551616",
        "event large-bytes: com.elytra.product, modify, object unknown",
        "event batch-2: com.elytra.product, no operation, object unknown",
    ] {
        assert!(lines.iter().any(|found| found == line), "{line} is not in {lines:#?}");
    }
    {
        let rust = receiver(project.built_rust_example());
        send(&rust);
        assert_eq!(printed(&rust, count), lines);
    }

    // The messages themselves, and what is stored for those that were too large for a queue.
    let mut texts = typescript.received(count);
    let claims = typescript.kv_of("CLAIMS");
    assert_eq!(claims.len(), 4);
    texts.extend(claims.into_values().map(|entry| entry.value));
    reader::check(&project, &texts);
}

/// Messages that each need their own answer: some for which nothing can be done, some that come too early.
#[test]
fn both_consumers_settle_each_message_on_its_own() {
    let project = Project::new();
    let settle = |consumer: PathBuf| {
        let receiver = receiver(consumer);
        receiver.put_kv("CLAIMS", "there", &with(r#""data":{"objectId":1,"objectType":"there"}"#));
        receiver.put_kv("CLAIMS", "garbage", "garbage");
        receiver.put_kv("CLAIMS", "other", &with(r#""data":1,"subject":"another""#));
        let claimed = |key: &str| json!(with(&format!(r#""dataref":"kv:CLAIMS/{key}#/data""#)));
        let messages = [
            ("good", json!(event("good", "product"))),
            ("garbage", json!("garbage")),
            ("no event", json!("{}")),
            ("an object", json!({ "id": "e1" })),
            ("there", claimed("there")),
            ("absent", claimed("absent")),
            ("garbage in KV", claimed("garbage")),
            ("another event in KV", claimed("other")),
            ("good too", json!(event("last", "document"))),
        ];
        let settled = receiver.hand_to_consumer(&messages);
        (settled, printed(&receiver, 3), receiver.output())
    };
    let (typescript, lines, output) = settle(project.built_example());
    let (rust, rust_lines, _) = settle(project.built_rust_example());
    assert_eq!(lines, rust_lines);
    assert_eq!(lines[0], "event e1: com.elytra.product, no operation, there 1");

    assert_eq!(typescript, rust);
    assert_eq!(typescript.acknowledged, ["good", "there", "good too"]);
    let retried = [
        ("garbage", 0),
        ("no event", 0),
        ("an object", 0),
        // A minute later, KV shows what was not there yet.
        ("absent", 60),
        ("garbage in KV", 0),
        ("another event in KV", 0),
    ];
    let retried = retried.map(|(id, delay)| (id.to_owned(), delay));
    assert_eq!(typescript.retried, retried);

    for line in [
        "message garbage: not a CloudEvent: not JSON: unexpected character at position 0",
        "message no event: not a CloudEvent: specversion: required attribute is missing; id: required",
        "message an object: not a CloudEvent: expected text, found an object",
        "message absent: the whole event is not in CLAIMS yet: retry in 60 seconds",
        "message garbage in KV: what is stored is not an event",
        "message another event in KV: what is stored is an event with other attributes",
    ] {
        assert!(output.contains(line), "{line} is not in {output}");
    }
}
