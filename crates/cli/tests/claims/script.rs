//! The script that gives the consumer of a new project the receiver's namespace for large events, run by Node with the
//! wrangler that is installed here. A server on loopback answers as Cloudflare would.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;

const SCRIPT: &str = "consumer/claims.mjs";

const ID: &str = "0123456789abcdef0123456789abcdef";

const STAGING_ID: &str = "fedcba9876543210fedcba9876543210";

const RECEIVER: &str = r#"name = "shop"

# Events that are too large for a queue.
[[kv_namespaces]]
binding = "CLAIMS"

[[kv_namespaces]]
binding = "SPOOL"

[[env.staging.kv_namespaces]]
binding = "CLAIMS"
"#;

const CONSUMER: &str = r#"name = "shop-consumer"

[[kv_namespaces]]   # the same as the receiver's
binding = "CLAIMS"

[[env.staging.kv_namespaces]]
binding = "CLAIMS"
"#;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A project with these two configurations.
struct Project {
    folder: PathBuf,
}

impl Project {
    /// Writes the project to a folder of this name.
    fn new(name: &str, receiver: &str, consumer: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("claims").join(name);
        // It may be left from before.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("consumer")).expect("the folder");
        let script = root().join("crates/cli/src/init/template/claims.mjs");
        fs::copy(script, folder.join(SCRIPT)).expect("the script");
        fs::write(folder.join("wrangler.toml"), receiver).expect("the receiver");
        fs::write(folder.join("consumer/wrangler.toml"), consumer).expect("the consumer");
        fs::create_dir_all(folder.join("node_modules")).expect("the folder");
        let wrangler = root().join("node_modules/wrangler").canonicalize();
        let wrangler = wrangler.expect("wrangler, which `cargo xtask setup` installs");
        symlink(wrangler, folder.join("node_modules/wrangler")).expect("a link");
        Self { folder }
    }

    /// Runs the script with Cloudflare at this address.
    fn run(&self, cloudflare: &str, arguments: &[&str]) -> Output {
        let node = root().join("node_modules/.bin/node");
        let mut command = Command::new(node);
        command.arg(SCRIPT).args(arguments).current_dir(&self.folder);
        command.env("CLOUDFLARE_API_BASE_URL", cloudflare).env("CLOUDFLARE_API_TOKEN", "token");
        command.env("CLOUDFLARE_ACCOUNT_ID", "account").env("WRANGLER_SEND_METRICS", "false");
        // What wrangler logs stays here.
        command.env("XDG_CONFIG_HOME", self.folder.join("home")).env("HOME", &self.folder);
        command.output().expect("Node, which `cargo xtask setup` installs")
    }

    fn texts(&self) -> [String; 2] {
        ["wrangler.toml", "consumer/wrangler.toml"]
            .map(|file| fs::read_to_string(self.folder.join(file)).expect(file))
    }
}

/// Cloudflare, as far as it lists these namespaces. It answers until the test ends, and returns its address.
fn cloudflare(namespaces: &[(&str, &str)]) -> String {
    let list = namespaces.iter().map(|(title, id)| serde_json::json!({ "id": id, "title": title }));
    let list = serde_json::json!({
        "success": true, "errors": [], "messages": [], "result": list.collect::<Vec<_>>(),
        "result_info": { "page": 1, "per_page": 1000, "count": namespaces.len(), "total_count": namespaces.len() },
    });
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Whoever hangs up has no answer.
            let _ = answer(stream, &list.to_string());
        }
    });
    format!("http://{address}")
}

fn answer(mut stream: TcpStream, namespaces: &str) -> std::io::Result<()> {
    let mut lines = BufReader::new(&stream).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let is_list = request.starts_with("GET /accounts/account/storage/kv/namespaces?");
    // wrangler asks for one page after the other until there is an empty one.
    let is_first = !request.contains("&page=") || request.contains("&page=1");
    let (status, body) = match (is_list, is_first) {
        (true, true) => ("200 OK", namespaces),
        (true, false) => ("200 OK", NO_MORE),
        (false, _) => ("404 Not Found", "{}"),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The answer after the last page.
const NO_MORE: &str = r#"{"success":true,"errors":[],"messages":[],"result":[]}"#;

/// An address at which nobody answers.
const NOBODY: &str = "http://127.0.0.1:1";

#[track_caller]
fn assert_success(output: &Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stdout));
}

/// A configuration in which the nth binding of CLAIMS has this id.
fn with_id(text: &str, nth: usize, id: &str) -> String {
    let mut parts: Vec<_> = text.split("binding = \"CLAIMS\"\n").map(str::to_owned).collect();
    parts[nth + 1] = format!("id = \"{id}\"\n{}", parts[nth + 1]);
    parts.join("binding = \"CLAIMS\"\n")
}

#[test]
fn both_get_the_namespace_that_was_created_for_the_receiver() {
    let others = [("shop-spool", "1"), ("shop-staging-claims", STAGING_ID), ("shop-claims", ID)];
    let cloudflare = cloudflare(&others);
    let project = Project::new("created", RECEIVER, CONSUMER);
    assert_success(&project.run(&cloudflare, &[]));
    let production = [with_id(RECEIVER, 0, ID), with_id(CONSUMER, 0, ID)];
    assert_eq!(project.texts(), production, "and nothing else is changed");
    assert_success(&project.run(&cloudflare, &["staging"]));
    let both = production.map(|text| with_id(&text, 1, STAGING_ID));
    assert_eq!(project.texts(), both);
    // Nobody is asked again.
    assert_success(&project.run(NOBODY, &[]));
    assert_success(&project.run(NOBODY, &["staging"]));
    assert_eq!(project.texts(), both);
}

#[test]
fn an_id_that_is_written_is_used() {
    let cases = [
        ("receiver", with_id(RECEIVER, 0, ID), CONSUMER.to_owned()),
        ("consumer", RECEIVER.to_owned(), with_id(CONSUMER, 0, ID)),
    ];
    for (name, receiver, consumer) in cases {
        let project = Project::new(name, &receiver, &consumer);
        assert_success(&project.run(NOBODY, &[]));
        assert_eq!(project.texts(), [with_id(RECEIVER, 0, ID), with_id(CONSUMER, 0, ID)], "{name}");
    }
}

#[test]
fn what_cannot_be_done_is_an_error_that_says_so() {
    let cloudflare = cloudflare(&[("other-claims", ID)]);
    let unlike = (with_id(RECEIVER, 0, ID), with_id(CONSUMER, 0, STAGING_ID));
    let moved = CONSUMER.replace("binding = \"CLAIMS\"", "id = \"1\"\nbinding = \"CLAIMS\"");
    let cases = [
        (
            "missing",
            RECEIVER,
            CONSUMER,
            &*cloudflare,
            "there is no namespace shop-claims: deploy the receiver first",
        ),
        ("unreachable", RECEIVER, CONSUMER, NOBODY, "cannot list the namespaces"),
        (
            "unlike",
            &unlike.0,
            &unlike.1,
            NOBODY,
            "wrangler.toml has another id for CLAIMS than consumer/wrangler.toml",
        ),
        (
            "moved",
            RECEIVER,
            &moved,
            NOBODY,
            "consumer/wrangler.toml has no [[kv_namespaces]] that begins with binding = \"CLAIMS\"",
        ),
    ];
    for (name, receiver, consumer, cloudflare, expected) in cases {
        let project = Project::new(name, receiver, consumer);
        let output = project.run(cloudflare, &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(said.contains(&format!("claims.mjs: {expected}")), "{name}: {said}");
        assert_eq!(project.texts(), [receiver, consumer], "{name}: nothing is written");
    }
}
