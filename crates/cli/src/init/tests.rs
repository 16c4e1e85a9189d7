//! What is written for every answer, and what is said of wrong ones.

use std::collections::BTreeSet;
use std::path::Path;

use clap::{Parser, ValueEnum as _};
use elytra_webhooks_check::{Scope, check};
use serde_json::Value;
use toml_edit::{DocumentMut, Item};

use super::answers::{MAX_NAME_BYTES, MAX_SUBSCRIPTION_BYTES, WorkerName};
use super::project::{WORKERS_TYPES, WRANGLER};
use super::{Authentication, Console, DestinationKind, InitArguments, configuration, init};
use crate::Exit;
use crate::memory::{Memory, run};

/// The program, as far as it is this command.
#[derive(Parser)]
struct Program {
    #[command(flatten)]
    arguments: InitArguments,
}

/// The command with these arguments, on this machine: how it ends, and what it says last.
fn run_on(host: &Memory, arguments: &[&str]) -> Result<(), (Exit, String)> {
    let arguments = [&["init"], arguments].concat();
    let program = Program::try_parse_from(arguments).map_err(|error| {
        (Exit::Usage, error.to_string().lines().next().unwrap_or_default().to_owned())
    })?;
    run(init(host, &program.arguments)).map_err(|error| (error.exit(), error.to_string()))
}

/// A machine on which these arguments have written a project in the current folder.
#[track_caller]
fn written(arguments: &[&str]) -> Memory {
    let host = Memory::default();
    assert_eq!(run_on(&host, arguments), Ok(()), "{arguments:?}");
    host
}

/// All combinations of what can be answered, as arguments.
fn combinations() -> Vec<Vec<&'static str>> {
    let mut all = vec![Vec::new()];
    let auth = Authentication::value_variants().len();
    let console = Console::value_variants().len();
    let destinations: [&[&str]; 5] = [
        &["--destination", "queue"],
        &["--destination", "kv"],
        &["--destination", "r2"],
        &["--destination", "webhook", "--url", "https://shop.example.com/elytra?a='b'"],
        &["--destination", "service", "--service", "search_2"],
    ];
    assert_eq!(
        (auth, console, destinations.len()),
        (3, 2, DestinationKind::value_variants().len())
    );
    let questions: [&[&[&str]]; 6] = [
        &[&["--auth", "bearer"], &["--auth", "basic"], &["--auth", "apikey"]],
        &[&[], &["--subscription", "Produktdaten_2026_Shop"], &["--subscription", "a"]],
        &[&[], &["--event-types", "all"], &["--event-types", EVERY_KIND]],
        &destinations,
        &[&["--console", "yes"], &["--console", "no"]],
        &[&[], &["--staging"]],
    ];
    for answers in questions {
        let longer = all.iter().flat_map(|one| answers.iter().map(|more| [one, *more].concat()));
        all = longer.collect();
    }
    for one in &mut all {
        if one.contains(&"webhook") && one.contains(&"--staging") {
            one.extend(["--staging-url", "https://staging.example.com/elytra"]);
        }
    }
    all
}

const EVERY_KIND: &str = "product, product_text,product_attribute_value product_attribute_groups \
     classification_featuremapping scheduler_active_table_update";

#[test]
fn nothing_is_wrong_with_any_project() {
    let combinations = combinations();
    assert_eq!(combinations.len(), 3 * 3 * 3 * 5 * 2 * 2);
    for arguments in combinations {
        let host = written(&arguments);
        let files = host.files.borrow().clone();
        let exists = |path: &str| files.contains_key(path);
        let text = host.text("wrangler.toml");
        let report = check(&text, Scope::All, exists);
        assert!(
            report.mistakes.is_empty() && report.warnings.is_empty(),
            "{arguments:?}\n{}\n{text}",
            report.print("wrangler.toml")
        );
        let mut secrets = BTreeSet::new();
        for path in [".dev.vars", ".production.vars", ".staging.vars"] {
            if path == ".staging.vars" && !arguments.contains(&"--staging") {
                assert!(!exists(path));
                continue;
            }
            let vars = host.text(path);
            let vars: Vec<_> = vars.lines().filter_map(|line| line.split_once('=')).collect();
            let names: Vec<_> = vars.iter().map(|(name, _)| (*name).to_owned()).collect();
            let environment = (path == ".staging.vars").then(|| "staging".to_owned());
            let needed = report.secrets.iter().filter(|secret| secret.environment == environment);
            let needed: Vec<_> = needed.map(|secret| secret.name.clone()).collect();
            assert_eq!(names, needed, "{path} has what is needed");
            for (name, value) in vars {
                if name == "ELYTRA_USERNAME" {
                    assert_eq!(value, "elytra");
                } else {
                    assert_eq!(value.len(), 43, "32 bytes");
                    assert!(secrets.insert(value.to_owned()), "each is another one");
                }
            }
            assert!(host.private.borrow().contains(path), "{path} is for its owner alone");
        }
        for (path, text) in &files {
            let text = String::from_utf8_lossy(text);
            let extension = Path::new(path).extension().and_then(|one| one.to_str());
            if extension == Some("toml") {
                text.parse::<DocumentMut>().expect(path);
            } else if extension == Some("json") {
                text.parse::<Value>().expect(path);
            }
            let is_secret = extension == Some("vars");
            let shows = secrets.iter().any(|secret| text.contains(&**secret));
            assert_eq!(shows, is_secret, "{path}: only .vars has secrets");
            assert!(text.ends_with('\n') && !text.contains("\n\n\n"), "{path}\n{text}");
            assert!(text.lines().all(|line| line.trim_end() == line), "{path}");
        }
        let again = run_on(&host, &arguments).expect_err("it is there already");
        assert_eq!(again.0, Exit::Failed);
        assert!(again.1.contains("in the way: wrangler.toml."), "{again:?}");
        assert_eq!(*host.files.borrow(), files, "and nothing is overwritten");
    }
}

/// This field of every table in a list of tables.
fn fields<'d>(document: &'d DocumentMut, path: &[&str], field: &str) -> Vec<&'d str> {
    let found = path.iter().try_fold(document.as_item(), |item, name| item.get(name));
    let tables = found.and_then(Item::as_array_of_tables);
    tables.into_iter().flatten().filter_map(|one| one.get(field)?.as_str()).collect()
}

#[test]
fn what_is_named_fits_together_and_is_short_enough() {
    let name = "n".repeat(MAX_NAME_BYTES);
    let subscription = "s".repeat(MAX_SUBSCRIPTION_BYTES);
    for destination in DestinationKind::value_variants() {
        let destination = super::answers::Choice::name(*destination);
        let mut arguments = vec!["--staging", "--name", &name, "--subscription", &subscription];
        arguments.extend(["--destination", &destination]);
        match &*destination {
            "webhook" => arguments.extend([
                "--url",
                "https://a.example",
                "--staging-url",
                "https://b.example",
            ]),
            "service" => arguments.extend(["--service", "search"]),
            _ => {}
        }
        let host = written(&arguments);
        let text = host.text("wrangler.toml");
        let receiver: DocumentMut = text.parse().expect("TOML");
        for stage in [&[][..], &["env", "staging"]] {
            let list = |field: &[&'static str], of: &str| {
                let names = fields(&receiver, &[stage, field].concat(), of);
                names.into_iter().map(str::to_owned).collect::<Vec<_>>()
            };
            let queues = list(&["queues", "producers"], "queue");
            let buckets = list(&["r2_buckets"], "bucket_name");
            for one in queues.iter().chain(&buckets) {
                assert!(one.len() <= 63, "{one} has {} characters", one.len());
                assert_eq!(one.ends_with("-staging"), !stage.is_empty(), "each its own");
            }
            if destination == "queue" {
                let text = host.text("consumer/wrangler.toml");
                let consumer: DocumentMut = text.parse().expect("TOML");
                let read = fields(&consumer, &[stage, &["queues", "consumers"]].concat(), "queue");
                assert_eq!(read, queues, "the consumer reads the queue");
                let bound = fields(&consumer, &[stage, &["kv_namespaces"]].concat(), "binding");
                assert_eq!(bound, ["CLAIMS"]);
                assert!(format!("{name}-consumer-staging").len() <= 63);
            }
        }
    }
}

#[test]
fn the_commands_of_the_project_name_its_files() {
    for (arguments, expected) in [
        (
            &["--destination", "kv"][..],
            &[
                ("dev", "wrangler dev"),
                ("deploy", "wrangler deploy --secrets-file .production.vars"),
            ][..],
        ),
        (
            &["--destination", "kv", "--staging"],
            &[
                ("dev", "wrangler dev --env="),
                ("deploy", "wrangler deploy --env= --secrets-file .production.vars"),
                ("deploy:staging", "wrangler deploy --env staging --secrets-file .staging.vars"),
            ],
        ),
        (
            &["--destination", "queue"],
            &[
                ("dev", "wrangler dev -c wrangler.toml -c consumer/wrangler.toml"),
                (
                    "deploy",
                    "wrangler deploy --secrets-file .production.vars && npm run deploy:consumer",
                ),
                (
                    "deploy:consumer",
                    "node consumer/claims.mjs && wrangler deploy -c consumer/wrangler.toml",
                ),
            ],
        ),
        (
            &["--destination", "queue", "--staging"],
            &[
                (
                    "deploy:staging",
                    "wrangler deploy --env staging --secrets-file .staging.vars && npm run deploy:consumer:staging",
                ),
                (
                    "deploy:consumer:staging",
                    "node consumer/claims.mjs staging && wrangler deploy -c consumer/wrangler.toml --env staging",
                ),
            ],
        ),
    ] {
        let host = written(arguments);
        let package: Value = host.text("package.json").parse().expect("JSON");
        for (name, script) in expected {
            assert_eq!(package["scripts"][name], *script, "{arguments:?}: {name}");
        }
        let scripts = package["scripts"].as_object().expect("scripts");
        let words = scripts.values().filter_map(Value::as_str).flat_map(|one| one.split(' '));
        let words: Vec<_> = words.collect();
        for word in &words {
            let is_file = [".toml", ".mjs", ".vars"].iter().any(|end| word.ends_with(end));
            assert!(!is_file || host.files.borrow().contains_key(*word), "there is {word}");
        }
        for (place, word) in words.iter().enumerate() {
            if *word == "run" {
                assert!(scripts.contains_key(words[place + 1]), "there is {}", words[place + 1]);
            }
        }
        for section in ["dependencies", "devDependencies"] {
            assert!(package[section].is_object(), "{package}");
        }
    }
}

#[test]
fn wrong_answers_are_refused_with_what_is_right() {
    let cases: [(&str, &[&str], &str); 20] = [
        (
            "a capital letter",
            &["--name", "Shop"],
            "--name \"Shop\": expected 1 to 32 lower-case letters, digits and hyphens, with no hyphen at either end",
        ),
        ("nothing", &["--name", ""], "--name \"\": expected 1 to 32 lower-case letters"),
        ("a hyphen at the end", &["--name", "shop-"], "--name \"shop-\": expected 1 to 32"),
        ("too long", &["--name", &"n".repeat(33)], "expected 1 to 32"),
        ("an underscore", &["--name", "my_shop"], "--name \"my_shop\": expected"),
        (
            "no way to authenticate",
            &["--auth", "none"],
            "error: invalid value 'none' for '--auth <KIND>'",
        ),
        (
            "a hyphen",
            &["--subscription", "my-products"],
            "--subscription \"my-products\": expected 1 to 22 letters, digits and underscores, with a letter first and no underscore last",
        ),
        (
            "a digit first, which no binding has",
            &["--subscription", "1"],
            "--subscription \"1\": expected",
        ),
        ("an underscore last", &["--subscription", "a_"], "--subscription \"a_\": expected"),
        ("too long", &["--subscription", "abcdefghijklmnopqrstuvw"], "expected 1 to 22"),
        (
            "the prefix",
            &["--subscription", "SUBSCRIPTION_A"],
            "the name of its var begins with SUBSCRIPTION_ anyway: write \"a\"",
        ),
        (
            "almost a type",
            &["--event-types", "product,prodct"],
            "--event-types \"product,prodct\": unknown event type \"prodct\", did you mean \"product\"?",
        ),
        ("no type", &["--event-types", ","], "--event-types \",\": expected event types, or all"),
        ("all among others", &["--event-types", "all,product"], "unknown event type \"all\""),
        (
            "nothing to call",
            &["--destination", "webhook"],
            "--url is missing: the URL of the server",
        ),
        (
            "nothing to call in staging",
            &["--destination", "webhook", "--url", "https://a.example", "--staging"],
            "--staging-url is missing: the URL of the staging server",
        ),
        (
            "no other Worker",
            &["--destination", "service"],
            "--service is missing: the name of the other Worker",
        ),
        (
            "a bad name of one",
            &["--destination", "service", "--service", "Search"],
            "--service \"Search\": expected 1 to 63 lower-case",
        ),
        (
            "a URL for a queue",
            &["--url", "https://a.example"],
            "--url is for --destination webhook, but the destination is queue",
        ),
        (
            "a Worker for a namespace",
            &["--destination", "kv", "--service", "a"],
            "--service is for --destination service, but the destination is kv",
        ),
    ];
    for (why, arguments, expected) in cases {
        let host = Memory::default();
        let (exit, said) = run_on(&host, arguments).expect_err(why);
        assert!(said.contains(expected), "{why}: {said}");
        assert_eq!(exit, Exit::Usage, "{why}");
        assert!(host.files.borrow().is_empty(), "{why}: nothing is written");
    }
}

#[test]
fn a_url_is_what_the_worker_takes() {
    for (url, is_right) in [
        ("https://shop.example.com/elytra", true),
        ("https://shop.example.com:8443/elytra?a=b", true),
        ("http://shop.example.com", false),
        ("shop.example.com", false),
        ("https://user:password@shop.example.com", false),
        ("", false),
    ] {
        assert_eq!(configuration::check_url(url).is_ok(), is_right, "{url}");
    }
}

#[test]
fn a_person_is_asked_until_the_answer_is_right() {
    let typed = [
        "token",
        "basic", // authentication
        "my products",
        " Prices ", // subscription
        "price",
        "product_attribute_value, product", // event types
        "server",
        "webhook", // destination
        "",
        "http://shop.example.com",
        "https://shop.example.com", // URL
        "",
        "https://staging.example.com", // that of staging
        "maybe",
        "no", // console
    ];
    let host = Memory::typing(&typed);
    assert_eq!(run_on(&host, &["shop", "--staging"]), Ok(()));
    let said = host.said.borrow();
    for expected in [
        "How does Elytra authenticate?\n  bearer   A token\n",
        "Which one [bearer]:   expected bearer, basic, apikey\n",
        "The name of the first subscription [products]:   expected 1 to 22 letters",
        "[product]:   unknown event type \"price\"",
        "Where do its events go?\n  queue    A queue, with an example of a Worker that reads it\n",
        "The URL of the server: ",
        "The URL of the staging server: ",
        "Assumed: --name shop\n",
    ] {
        assert!(said.contains(expected), "{expected}\n{said}");
    }
    let text = host.text("shop/wrangler.toml");
    for expected in [
        "auth_type = \"basic\"",
        "[vars.SUBSCRIPTION_PRICES]\nevent_types = [\"product_attribute_value\", \"product\"]\n\
         webhook = { url = \"https://shop.example.com\" }\n",
        "webhook = { url = \"https://staging.example.com\" }\n",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert!(!text.contains("ADMIN") && !text.contains("assets"), "no console");
}

#[test]
fn whoever_stops_answering_gets_nothing_written() {
    for (why, typed, expected) in [
        ("the end of the input", &["basic"][..], "cannot read the answer: "),
        ("only wrong answers", &["wrong"; 30], "there was no answer, give it as --auth"),
    ] {
        let host = Memory::typing(typed);
        let (exit, said) = run_on(&host, &[]).expect_err(why);
        assert_eq!(exit, Exit::Failed, "{why}");
        assert!(said.contains(expected), "{said}");
        assert!(host.files.borrow().is_empty(), "{why}");
    }
    let host = Memory::typing(&[]);
    assert_eq!(run_on(&host, &["--yes"]), Ok(()), "nothing is asked");
}

#[test]
fn what_was_written_and_what_comes_next_is_printed() {
    let host = written(&["my shop"]);
    let printed = host.take_printed();
    assert!(printed.starts_with("Written to my shop:\n  .gitignore "), "{printed}");
    let end = "\nNext:\n  cd \"my shop\"\n  npm install\n  npm run dev\n\n\
               Then send it a test event, in another terminal:\n  npx elytra-webhooks trigger\n";
    assert!(printed.ends_with(end), "{printed}");
    assert_eq!(
        *host.said.borrow(),
        "Assumed: --name my-shop --auth bearer --subscription products --event-types product --destination queue \
         --console yes\n"
    );
    let host = written(&["--json", "--destination", "kv"]);
    let printed: Value = host.take_printed().parse().expect("JSON");
    assert_eq!(printed["name"], "project", "after the folder");
    assert_eq!(printed["next"], serde_json::json!(["npm install", "npm run dev"]));
    assert_eq!(printed["trigger"], "npx elytra-webhooks trigger");
    let files = printed["files"].as_array().expect("files");
    assert_eq!(files.len(), host.files.borrow().len());
    for file in files.iter().filter_map(Value::as_str) {
        assert!(host.files.borrow().contains_key(file), "{file}");
    }
}

#[test]
fn a_folder_gives_its_name() {
    for (folder, name) in [
        ("shop", "shop"),
        ("My Shop (2026)", "my-shop-2026"),
        ("--", "elytra-webhooks"),
        ("Größe", "gr-e"),
        (&"x-".repeat(40), ("x-".repeat(15) + "x").as_str()),
    ] {
        let named = WorkerName::of_folder(folder);
        assert_eq!(named.as_str(), name);
        assert_eq!(WorkerName::parse(name), Ok(named), "which is a right one");
    }
    for (folder, name) in [
        (".", "project"),
        ("./", "project"),
        ("a/b/", "b"),
        ("a\\b\\", "b"),
        ("../other", "other"),
        ("a/..", "project"),
        ("/elsewhere/shop", "shop"),
    ] {
        let host = written(&[folder, "--json"]);
        let printed: Value = host.take_printed().parse().expect("JSON");
        assert_eq!(printed["name"], name, "{folder}");
    }
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    for (there, arguments, named) in [
        ("README.md", &[][..], "README.md"),
        ("shop/.dev.vars", &["shop"], "shop/.dev.vars"),
        ("shop/.gitignore", &["shop/"], "shop/.gitignore"),
        ("src", &[], "src/index.js"),
        ("README.md/index.html", &[], "README.md"),
        ("package.json", &[], "package.json"),
    ] {
        let host = Memory::default().with(there, "{\"dependencies\":{\"other\":\"1\"}}");
        let (exit, said) = run_on(&host, arguments).expect_err(there);
        assert_eq!(exit, Exit::Failed);
        let expected = format!(
            "nothing is overwritten, and this is in the way: {named}. Name another folder, or move that away"
        );
        assert_eq!(said, expected);
        assert_eq!(host.files.borrow().len(), 1, "nothing is written");
    }
    let host = Memory { unwritable: ".dev.vars".to_owned(), ..Memory::default() };
    let (_, said) = run_on(&host, &[]).expect_err("a file cannot be written");
    assert_eq!(
        said,
        "cannot write .dev.vars: permission denied. These were written before, remove them to try again: .gitignore, \
         wrangler.toml, src/index.js, package.json, README.md"
    );
}

#[test]
fn what_npm_has_installed_stays_installed() {
    let installed =
        "{\n  \"dependencies\": {\n    \"elytra-webhooks\": \"file:../a.tgz\"\n  }\n}\n";
    let host = Memory::default().with("package.json", installed);
    assert_eq!(run_on(&host, &[]), Ok(()));
    let package: Value = host.text("package.json").parse().expect("JSON");
    assert_eq!(package["dependencies"]["elytra-webhooks"], "file:../a.tgz");
    assert_eq!(package["scripts"]["check"], "elytra-webhooks check");
    // With anything else, it is somebody's.
    for other in [
        "{\"dependencies\":{\"elytra-webhooks\":\"1\"},\"name\":\"a\"}",
        "{\"dependencies\":{\"elytra-webhooks\":\"1\",\"a\":\"1\"}}",
        "{\"dependencies\":{\"elytra-webhooks\":1}}",
        "no JSON",
    ] {
        let host = Memory::default().with("package.json", other);
        run_on(&host, &[]).expect_err(other);
        assert_eq!(host.text("package.json"), other);
    }
}

#[test]
fn a_project_is_written_for_what_is_shipped() {
    let shipped: DocumentMut = include_str!("../../../../wrangler.toml").parse().expect("TOML");
    let date = shipped["compatibility_date"].as_str();
    assert_eq!(date, Some(configuration::COMPATIBILITY_DATE));
    let tools: Value = include_str!("../../../../package.json").parse().expect("JSON");
    assert_eq!(tools["devDependencies"]["wrangler"], WRANGLER);
    let runtime = tools["devDependencies"]["miniflare"].as_str().expect("a version");
    let types = WORKERS_TYPES.split('.').nth(1).expect("a date");
    assert!(runtime.contains(types), "the types of the same runtime");
    let worker: DocumentMut = include_str!("../../../../Cargo.toml").parse().expect("TOML");
    let version = worker["workspace"]["package"]["version"].as_str();
    assert_eq!(version, Some(env!("CARGO_PKG_VERSION")), "the package has the Worker's version");
    assert_eq!(worker["package"]["version"]["workspace"].as_bool(), Some(true));
    let host = written(&[]);
    let package: Value = host.text("package.json").parse().expect("JSON");
    assert_eq!(
        package["dependencies"]["elytra-webhooks"],
        format!("^{}", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(package["devDependencies"]["wrangler"], format!("^{WRANGLER}"));
}
