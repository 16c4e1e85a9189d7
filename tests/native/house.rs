//! The rules of the house, read off the source itself.

use std::fs;
use std::path::{Path, PathBuf};

use elytra_events::{EventType, Known, Operation};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below a folder, with its path below the root.
pub(crate) fn rust_files(folder: &str) -> Vec<(String, String)> {
    let mut folders: Vec<PathBuf> = vec![root().join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                files.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(files.len() > 5, "there are files below {folder}");
    files.sort();
    files
}

/// The crates that others depend on.
const CRATES: [&str; 2] = ["crates/cesql/src", "crates/elytra-events/src"];

/// Every Rust file of the Worker, and of the crates that it is made of.
fn source() -> Vec<(String, String)> {
    ["src", "crates/cesql/src", "crates/elytra-events/src"]
        .into_iter()
        .flat_map(rust_files)
        .collect()
}

/// The lines of code of a file, with their numbers; no comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate();
    let code = lines.map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default()));
    code.filter(|(_, line)| !line.trim().is_empty())
}

/// Every line of code that breaks a rule.
#[track_caller]
fn check(rule: &str, files: &[(String, String)], breaks: impl Fn(&str) -> bool) {
    let mut found = Vec::new();
    for (name, text) in files {
        let lines = code(text).filter(|(_, line)| breaks(line));
        found.extend(lines.map(|(number, line)| format!("{name}:{number}: {}", line.trim())));
    }
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

/// The words and numbers of a line.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

#[test]
fn only_the_edge_names_the_platform() {
    let mut core = source();
    core.retain(|(name, _)| !name.starts_with("src/cloudflare"));
    let platform = ["worker", "js_sys", "wasm_bindgen", "console_error_panic_hook"];
    check("rule 1: only src/cloudflare* names the platform", &core, |line| {
        words(line).any(|word| platform.contains(&word))
    });
}

#[test]
fn only_the_reply_knows_our_status_codes_and_only_the_answer_those_of_others() {
    let mut others = source();
    others.retain(|(name, _)| !["src/reply.rs", "src/delivery/answer.rs"].contains(&&**name));
    let statuses = [
        "200", "201", "202", "204", "301", "302", "307", "308", "400", "401", "403", "404", "405",
        "408", "409", "410", "411", "413", "415", "422", "425", "429", "500", "501", "502", "503",
        "504",
    ];
    check("rule 1: only reply.rs and delivery/answer.rs know status codes", &others, |line| {
        words(line).any(|word| statuses.contains(&word))
    });
}

/// What `cargo doc` shows of the crates that others depend on.
#[test]
fn every_public_type_of_a_crate_has_an_example() {
    for (name, text) in CRATES.into_iter().flat_map(rust_files) {
        let mut has_example = false;
        for line in text.lines().map(str::trim) {
            let types = ["pub struct ", "pub enum ", "pub trait ", "pub type ", "pub union "];
            let is_type = types.iter().any(|start| line.starts_with(start));
            assert!(!is_type || has_example, "{name}: {line} has no example");
            let goes_on = line.starts_with("///") || line.starts_with("#[");
            has_example = goes_on && (has_example || line == "/// # Examples");
        }
    }
}

#[test]
fn the_core_reads_no_clock() {
    let mut core = source();
    core.retain(|(name, _)| name != "src/cloudflare/clock.rs");
    let clocks = ["Date::now", "Utc::now", "Local::now", "SystemTime", "Instant::now"];
    check("rule 1: the clock is read in one place", &core, |line| {
        clocks.iter().any(|clock| line.contains(clock))
    });
}

/// A page in a browser can use it, too.
#[test]
fn the_crates_of_the_command_line_do_no_io() {
    let io = ["std::fs", "std::io", "std::env", "std::process", "std::thread", "std::time"];
    let io =
        [&io[..], &["TcpStream", "UdpSocket", "ToSocketAddrs", "Utc::now", "Local::now"]].concat();
    for folder in ["crates/conformance/src", "crates/operator/src"] {
        check("text in, text out", &rust_files(folder), |line| {
            io.iter().any(|io| line.contains(io))
        });
    }
}

#[test]
fn the_tests_are_in_folders_of_their_own() {
    check("a library has `test = false`, so that no test in it would run", &source(), |line| {
        line.contains("cfg(test)") || line.contains("#[test]")
    });
}

#[test]
fn nothing_that_can_panic_is_written() {
    let panics = [
        ".unwrap()",
        ".expect(",
        "panic!(",
        "unreachable!(",
        "todo!(",
        "unimplemented!(",
        "assert!(",
        "assert_eq!(",
        "assert_ne!(",
    ];
    check("rule 2: one panic ends every request of the isolate", &source(), |line| {
        panics.iter().any(|panic| line.contains(panic))
    });
}

#[test]
fn an_exception_to_a_lint_is_expected_with_its_reason() {
    for folder in ["src", "crates", "tests", "xtask/src"] {
        // The pattern is put together, lest this file break its own rule.
        let allow = ["#[", "allow("].concat();
        let allow_all = ["#![", "allow("].concat();
        check("an exception to a lint says why it is one", &rust_files(folder), |line| {
            line.contains(&allow) || line.contains(&allow_all)
        });
    }
}

/// In comments as well as in code; but for the specifications, which everybody can read.
#[test]
fn nothing_is_cited_that_is_not_here() {
    let specifications =
        ["http-protocol-binding.md", "http-webhook.md", "json-format.md", "spec.md"];
    for folder in ["src", "crates", "tests", "bench", "xtask/src"] {
        for (name, text) in rust_files(folder) {
            for word in text.split(|c: char| c.is_whitespace() || "()\"`'<>,;:!?".contains(c)) {
                let path = Path::new(word.trim_end_matches('.'));
                let is_paper = path.extension().is_some_and(|extension| extension == "md");
                let paper = path.file_name().unwrap_or_default();
                // By its path or its name, from the folder of the file or one above it, or `docs`.
                let mut folders = Path::new(&name).ancestors().chain([Path::new("docs")]);
                let is_here = folders.any(|folder| {
                    let folder = root().join(folder);
                    folder.join(path).is_file() || folder.join(paper).is_file()
                });
                let is_public = specifications.iter().any(|one| paper == *one);
                assert!(
                    !is_paper || is_here || is_public,
                    "{name} cites {word}, which is not here"
                );
            }
            let words: Vec<_> = words(&text).collect();
            let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
            let cited = words.windows(2).find(|pair| pair[0] == "issue" && is_number(pair[1]));
            assert_eq!(cited, None, "{name}: write the reason, not a number");
        }
    }
}

#[test]
fn the_papers_are_there() {
    for name in ["LICENSE", "README.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        let text = fs::read_to_string(root().join(name)).unwrap_or_default();
        assert!(!text.trim().is_empty(), "{name} is missing or empty");
    }
    let license = fs::read_to_string(root().join("LICENSE")).unwrap_or_default();
    assert!(license.contains("Apache License"), "the licence is Apache-2.0");
}

#[test]
fn unsafe_code_is_forbidden_and_the_lints_hold_everywhere() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let lints = &manifest["workspace"]["lints"];
    assert_eq!(lints["rust"]["unsafe_code"].as_str(), Some("forbid"));
    let mut packages = vec!["Cargo.toml".to_owned()];
    let members = manifest["workspace"]["members"].as_array().unwrap().iter();
    packages.extend(members.map(|member| format!("{}/Cargo.toml", member.as_str().unwrap())));
    for package in packages {
        let text = fs::read_to_string(root().join(&package)).unwrap();
        let table: toml::Table = text.parse().unwrap();
        let is_inherited = table.get("lints").and_then(|lints| lints["workspace"].as_bool());
        assert_eq!(is_inherited, Some(true), "{package} has the workspace's lints");
    }
}

#[test]
fn every_event_type_is_listed() {
    let section = fs::read_to_string(root().join("docs/event-types.md")).unwrap();
    let listed: Vec<_> = section.split('`').skip(1).step_by(2).skip(1).collect();
    let known: Vec<_> = EventType::ALL.iter().map(|known| known.as_str()).collect();
    assert_eq!(listed, known, "behind the name of the field come the names it takes");
}

/// What is said to consumers in JavaScript and to their compiler.
#[test]
fn the_npm_package_has_the_same_names() {
    /// The names in the brackets after the declaration of this list.
    fn listed<'t>(text: &'t str, list: &str) -> Vec<&'t str> {
        let declaration = [" = Object.freeze([", ": readonly ["];
        let starts = declaration.map(|middle| format!("const {list}{middle}"));
        let start = starts.iter().find_map(|start| text.split_once(start)).expect(list).1;
        let (names, _) = start.split_once(']').expect(list);
        names.split('"').skip(1).step_by(2).collect()
    }
    fn known<T: Known>() -> Vec<&'static str> {
        T::ALL.iter().map(|known| known.as_str()).collect()
    }
    for file in ["npm/events.mjs", "npm/events.d.mts"] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        assert_eq!(listed(&text, "EVENT_TYPES"), known::<EventType>(), "{file}");
        assert_eq!(listed(&text, "OPERATIONS"), known::<Operation>(), "{file}");
    }
}
