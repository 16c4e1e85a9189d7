//! Runs all commands of the README and the other documents, and compares the answers.

use std::collections::BTreeSet;
use std::fs;
use std::iter;
use std::path::Path;
use std::process::Command;

use edge::{Process, tools};
use tempfile::TempDir;

/// The documents with commands, except the one that `deploying.rs` follows. The README comes first, because answers
/// depend on the order of its events.
const DOCUMENTS: [&str; 5] = [
    include_str!("../../README.md"),
    include_str!("../../docs/http.md"),
    include_str!("../../docs/operating.md"),
    include_str!("../../docs/consumers.md"),
    include_str!("../../docs/webhooks.md"),
];

const PERFORMANCE: &str = include_str!("../../docs/performance.md");

/// A fenced block of a document.
#[derive(Debug, PartialEq)]
struct Block {
    language: &'static str,
    text: &'static str,
}

fn blocks() -> Vec<Block> {
    DOCUMENTS.into_iter().flat_map(blocks_of).collect()
}

fn blocks_of(document: &'static str) -> impl Iterator<Item = Block> {
    let mut rest = document;
    iter::from_fn(move || {
        let (_, behind) = rest.split_once("\n```")?;
        let (language, behind) = behind.split_once('\n')?;
        let (text, behind) = behind.split_once("\n```\n")?;
        rest = behind;
        Some(Block { language, text })
    })
}

/// The start of a command that is sent to the local Worker. Its answer follows.
const LOCAL_CURL: &str = "curl -i http://localhost:8787/";

#[test]
fn curl_lines_and_their_answers() {
    let blocks = blocks();
    let examples: Vec<_> = blocks
        .iter()
        .zip(blocks.iter().skip(1))
        .filter(|(command, _)| command.language == "sh" && command.text.starts_with(LOCAL_CURL))
        .collect();
    assert_eq!(examples.len(), 7, "for queue and KV, ignored, refused, not let in, binary, batch");

    let storage = storage();
    let mut dev = dev(storage.path());
    let base = dev.wait_for("Ready on ");
    for (command, answer) in examples {
        assert_eq!(answer.language, "http", "{command:?} is followed by its answer");
        let script = command.text.replace("http://localhost:8787", &base);
        let output = Command::new("sh")
            .args(["-c", &script])
            .env("PATH", tools().path().unwrap())
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap().replace('\r', "");
        assert_eq!(printed, answer.text, "the answer to {}", command.text);
    }

    // The output of the consumer when the queue delivers the event.
    let printed = blocks.iter().find(|block| block.language == "text").unwrap();
    dev.wait_for(printed.text);

    // It follows the reference of an event that is too large for the queue.
    let padding = "x".repeat(130_000);
    let large = format!(
        r#"{{"specversion":"1.0","id":"large","source":"elytra-pim","type":"com.elytra.product","operation":"add","data":{{"padding":"{padding}","objectId":4712,"objectType":"product"}}}}"#
    );
    let post = ureq::post(format!("{base}/webhook"))
        .header("authorization", "Bearer dev-token")
        .header("content-type", "application/cloudevents+json");
    assert_eq!(post.send(large).unwrap().status(), 202);
    dev.wait_for("event large: com.elytra.product, add, product 4712");

    // The cron trigger can be started.
    let cron = DOCUMENTS
        .iter()
        .flat_map(|document| document.split('`'))
        .find_map(|code| code.strip_prefix("curl http://localhost:8787"));
    let answer = ureq::get(format!("{base}{}", cron.unwrap())).call().unwrap();
    assert_eq!(answer.status(), 200);
}

/// A storage folder for this run, because the ledger remembers events.
fn storage() -> TempDir {
    let parent = tools().project().root().join("target/edge");
    fs::create_dir_all(&parent).unwrap();
    tempfile::tempdir_in(parent).unwrap()
}

/// `cargo xtask dev` on a free port, with this storage and the secrets of the example.
fn dev(storage: &Path) -> Process {
    let root = tools().project().root();
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(root)
        .args(["xtask", "dev", "--"])
        .args(["--port", "0", "--inspector-port", "0", "--show-interactive-dev-session=false"])
        .args(["--env-file", ".dev.vars.example"])
        .arg("--persist-to")
        .arg(storage);
    Process::start(cargo)
}

#[test]
fn wrangler_commands_exist() {
    // In blocks and in sentences, a command ends with its line, code, or at a pipe or parenthesis. Each is tried once.
    let commands: BTreeSet<_> = DOCUMENTS
        .iter()
        .flat_map(|document| document.split("npx wrangler ").skip(1))
        .filter_map(|rest| rest.split(['\n', '`', '|', ')']).next())
        .map(str::trim)
        .collect();
    assert_eq!(commands.len(), 7, "{commands:#?}");
    for command in commands {
        // They need an account, but without one, wrangler still shows that it knows them.
        let output = run(&format!("npx wrangler {command} --help"));
        let name = format!("wrangler {}", command.split(' ').next().unwrap_or_default());
        assert!(output.contains(&name), "{command}: {output}");
    }
}

#[test]
fn size_and_startup() {
    let output = run("npx wrangler deploy --dry-run");
    let (_, upload) = output.split_once("Total Upload: ").expect(&output);
    let (raw, rest) = upload.split_once(" KiB / gzip: ").expect(&output);
    let (gzip, _) = rest.split_once(" KiB").expect(&output);
    let reported = documented_upload();
    for (size, reported) in [raw, gzip].into_iter().zip(reported) {
        let size: f64 = size.parse().unwrap();
        assert!(
            (reported / size - 1.0).abs() < 0.05,
            "the upload has {size} KiB, and docs/performance.md says {reported}"
        );
    }
    assert!(output.contains("env.PRODUCT_EVENTS"), "{output}");

    let output = run("npx wrangler check startup --outfile target/edge/startup.cpuprofile");
    assert!(output.contains("startup"), "{output}");
}

/// The size of the upload, plain and gzipped, in KiB, from a table in `docs/performance.md`.
fn documented_upload() -> [f64; 2] {
    let (_, table) = PERFORMANCE.split_once("| upload KiB |").unwrap();
    let (_, cells) = table.split_once("\n| elytra-webhooks | ").unwrap();
    let mut cells = cells.split(" | ").map(|cell| cell.replace(',', "").parse().unwrap());
    [cells.next().unwrap(), cells.next().unwrap()]
}

/// Runs a command line of a document in the project, as a user's shell would.
#[track_caller]
fn run(line: &str) -> String {
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).current_dir(tools().project().root());
    // As in a user's shell, but nothing is written to the user's home.
    for (name, value) in tools().wrangler().unwrap().get_envs() {
        if name != "PATH" {
            shell.env(name, value.unwrap_or_default());
        }
    }
    let output = shell.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {printed}");
    printed
}
