//! Every command and every answer that the README shows, run as it is written.

use std::fs;
use std::iter;
use std::path::Path;
use std::process::Command;

use edge::{Process, tools};
use tempfile::TempDir;

pub(crate) const README: &str = include_str!("../../README.md");

const PERFORMANCE: &str = include_str!("../../docs/performance.md");

/// A fenced block of the README.
#[derive(Debug, PartialEq)]
struct Block {
    language: &'static str,
    text: &'static str,
}

fn blocks() -> Vec<Block> {
    let mut rest = README;
    iter::from_fn(|| {
        let (_, behind) = rest.split_once("\n```")?;
        let (language, behind) = behind.split_once('\n')?;
        let (text, behind) = behind.split_once("\n```\n")?;
        rest = behind;
        Some(Block { language, text })
    })
    .collect()
}

#[test]
fn curl_lines_and_their_answers() {
    let blocks = blocks();
    let examples: Vec<_> = blocks
        .iter()
        .zip(blocks.iter().skip(1))
        .filter(|(command, _)| command.language == "sh" && command.text.starts_with("curl"))
        .collect();
    assert_eq!(examples.len(), 7, "for queue and KV, ignored, refused, not let in, binary, batch");

    let storage = storage();
    let mut dev = dev(storage.path());
    let base = dev.wait_for("Ready on ");
    for (command, answer) in examples {
        assert_eq!(answer.language, "http", "behind {command:?} stands its answer");
        let script = command.text.replace("http://localhost:8787", &base);
        let output = Command::new("sh")
            .args(["-c", &script])
            .env("PATH", tools().path().unwrap())
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap().replace('\r', "");
        assert_eq!(printed, answer.text, "the answer to {}", command.text);
    }

    // What the consumer prints when the queue hands it the event.
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

    // And the cron trigger can be started.
    let cron = README.split('`').find_map(|code| code.strip_prefix("curl http://localhost:8787"));
    let answer = ureq::get(format!("{base}{}", cron.unwrap())).call().unwrap();
    assert_eq!(answer.status(), 200);
}

/// A folder for what is stored, which goes with the value: the ledger knows events that it saw.
fn storage() -> TempDir {
    let parent = tools().project().root().join("target/edge");
    fs::create_dir_all(&parent).unwrap();
    tempfile::tempdir_in(parent).unwrap()
}

/// `cargo xtask dev`, on a free port, with this storage and the example's secrets.
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
    let commands: Vec<_> = blocks()
        .into_iter()
        .filter(|block| block.language == "sh")
        .flat_map(|block| block.text.lines())
        .filter(|line| line.starts_with("npx wrangler "))
        .collect();
    assert_eq!(commands.len(), 8, "{commands:?}");
    for command in commands {
        // They need an account; that wrangler knows them shows without one.
        let output = run(&format!("{command} --help"));
        let name: Vec<_> = command.split(' ').skip(1).take(2).collect();
        assert!(output.contains(&name.join(" ")), "{command}: {output}");
    }
}

#[test]
fn size_and_startup() {
    let output = run("npx wrangler deploy --dry-run");
    let (_, upload) = output.split_once("Total Upload: ").expect(&output);
    let (raw, rest) = upload.split_once(" KiB / gzip: ").expect(&output);
    let (gzip, _) = rest.split_once(" KiB").expect(&output);
    for size in [raw, gzip] {
        let size: f64 = size.parse().unwrap();
        let told = PERFORMANCE.lines().any(|line| {
            numbers(line).any(|number| line.contains("KiB") && (number / size - 1.0).abs() < 0.05)
        });
        assert!(told, "the upload has {size} KiB, and docs/performance.md does not say so");
    }
    assert!(output.contains("env.PRODUCT_EVENTS"), "{output}");

    let output = run("npx wrangler check startup --outfile target/edge/startup.cpuprofile");
    assert!(output.contains("startup"), "{output}");
}

fn numbers(line: &str) -> impl Iterator<Item = f64> {
    line.split(|c: char| !c.is_ascii_digit() && c != '.').filter_map(|number| number.parse().ok())
}

/// Runs a command line of the README in the project, as a user's shell would.
#[track_caller]
fn run(line: &str) -> String {
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).current_dir(tools().project().root());
    // As in a user's shell, but with nothing written to the user's home.
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
