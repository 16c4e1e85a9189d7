//! The files of a project, made from the answers.

use std::fmt::Write as _;
use std::io;

use serde_json::Value;

use super::answers::{Answers, Authentication, Console, Destination};
use super::configuration::{self, CONSUMER, Secret};
use crate::host::Access;

/// What npm knows of the project.
pub(super) const PACKAGE: &str = "package.json";

/// Where the receiver's code begins.
pub(super) const MAIN: &str = "src/index.js";

/// The oldest wrangler that deploys the project: it creates the queues and buckets that do not exist.
pub(super) const WRANGLER: &str = "4.164.0";

/// The types that an editor knows the runtime by.
pub(super) const WORKERS_TYPES: &str = "5.20261117.1";

/// The secrets of the deployed Worker.
const PRODUCTION_SECRETS: &str = ".production.vars";

/// The secrets of staging.
const STAGING_SECRETS: &str = ".staging.vars";

/// A file of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    /// Its path in the project.
    pub(super) path: String,
    pub(super) text: String,
    pub(super) access: Access,
    /// What it is, in a few words.
    pub(super) about: &'static str,
}

/// The `package.json` that `npm install` writes in an empty folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Package {
    /// The version of elytra-webhooks that it asks for.
    range: String,
}

impl Package {
    /// Reads a `package.json`. `None` if it has anything that would be lost.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let package: Value = serde_json::from_slice(text).ok()?;
        let sole = |value: &Value, field: &str| {
            let fields = value.as_object().filter(|fields| fields.len() == 1)?;
            fields.get(field).cloned()
        };
        let range = sole(&sole(&package, "dependencies")?, "elytra-webhooks")?;
        Some(Self { range: range.as_str()?.to_owned() })
    }
}

/// The files of the project. Each call of `secret` makes another secret. A package that is there keeps the version
/// that it asks for.
///
/// # Errors
/// There are no secrets.
pub(super) fn project(
    answers: &Answers,
    mut secret: impl FnMut() -> io::Result<String>,
    package: Option<&Package>,
) -> io::Result<Vec<File>> {
    let file = |path: &str, text: String, about| File {
        path: path.to_owned(),
        text,
        access: Access::Default,
        about,
    };
    let mut files = vec![
        // First, so that git never sees a secret.
        file(".gitignore", GITIGNORE.to_owned(), "keeps the secrets out of git"),
        file("wrangler.toml", configuration::receiver(answers), "the configuration"),
        file(MAIN, INDEX.to_owned(), "the Worker, from the package"),
        file(PACKAGE, package_json(answers, package), "its commands and dependencies"),
        file("README.md", readme(answers), "how to go on"),
    ];
    let staging = answers.has_staging.then_some((STAGING_SECRETS, "secrets for staging"));
    let stores = [
        (".dev.vars", "secrets for npm run dev"),
        (PRODUCTION_SECRETS, "secrets for npm run deploy"),
    ];
    for (path, about) in stores.into_iter().chain(staging) {
        let mut text = format!("# The {about}. git ignores this file.\n");
        for Secret { name, value } in configuration::secrets(answers) {
            let value = match value {
                Some(value) => value.to_owned(),
                None => secret()?,
            };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name}={value}");
        }
        files.push(File { access: Access::Owner, ..file(path, text, about) });
    }
    if answers.destination == Destination::Queue {
        let consumer =
            |path: &str, text: String, about| file(&format!("{CONSUMER}/{path}"), text, about);
        files.extend([
            consumer("wrangler.toml", configuration::consumer(answers), "of the consumer"),
            consumer("src/index.ts", CONSUMER_INDEX.to_owned(), "prints every event"),
            consumer("tsconfig.json", TSCONFIG.to_owned(), "for editors"),
            consumer("claims.mjs", CLAIMS.to_owned(), "binds it to the receiver's large events"),
        ]);
    }
    Ok(files)
}

const GITIGNORE: &str = "node_modules\n.wrangler\n\n# Secrets\n*.vars\n*.vars.*\n";

const INDEX: &str = "\
// The whole Worker is in the package, and wrangler.toml says what it does.
export { default, Ledger } from \"elytra-webhooks\";
";

/// The example that is tested here is the one that everybody starts from.
const CONSUMER_INDEX: &str = include_str!("../../../../examples/consumer-ts/src/index.ts");

const CLAIMS: &str = include_str!("template/claims.mjs");

const TSCONFIG: &str = r#"{
  "compilerOptions": {
    "target": "es2024",
    "lib": ["es2024"],
    "module": "esnext",
    "moduleResolution": "bundler",
    "types": ["@cloudflare/workers-types"],
    "strict": true,
    "noEmit": true
  },
  "include": ["src"]
}
"#;

fn has_consumer(answers: &Answers) -> bool {
    answers.destination == Destination::Queue
}

fn package_json(answers: &Answers, package: Option<&Package>) -> String {
    let json = |text: &str| Value::from(text).to_string();
    let own = concat!("^", env!("CARGO_PKG_VERSION"));
    let range = package.map_or(own, |package| &package.range);
    let entries = |entries: &[(String, String)]| {
        let lines =
            entries.iter().map(|(name, value)| format!("    {}: {}", json(name), json(value)));
        lines.collect::<Vec<_>>().join(",\n")
    };
    let types = ("@cloudflare/workers-types".to_owned(), format!("^{WORKERS_TYPES}"));
    let types = has_consumer(answers).then_some(types);
    let wrangler = ("wrangler".to_owned(), format!("^{WRANGLER}"));
    let tools: Vec<_> = types.into_iter().chain([wrangler]).collect();
    let dependencies = [("elytra-webhooks".to_owned(), range.to_owned())];
    format!(
        r#"{{
  "name": {},
  "private": true,
  "type": "module",
  "scripts": {{
{}
  }},
  "dependencies": {{
{}
  }},
  "devDependencies": {{
{}
  }},
  "engines": {{
    "node": ">=22.12"
  }}
}}
"#,
        json(answers.name.as_str()),
        entries(&scripts(answers)),
        entries(&dependencies),
        entries(&tools),
    )
}

/// The commands of the project, which cmd.exe understands as well as sh.
fn scripts(answers: &Answers) -> Vec<(String, String)> {
    // With a second environment in the file, wrangler wants to hear that the top level is meant.
    let top = if answers.has_staging { " --env=" } else { "" };
    let dev = if has_consumer(answers) {
        format!("wrangler dev -c wrangler.toml -c {CONSUMER}/wrangler.toml{top}")
    } else {
        format!("wrangler dev{top}")
    };
    let mut scripts = vec![
        ("dev".to_owned(), dev),
        ("trigger".to_owned(), "elytra-webhooks trigger".to_owned()),
        ("check".to_owned(), "elytra-webhooks check".to_owned()),
    ];
    let staging = ("deploy:staging", " --env staging", STAGING_SECRETS, " staging");
    let stages = [("deploy", top, PRODUCTION_SECRETS, "")];
    let staging = answers.has_staging.then_some(staging);
    for (name, environment, secrets, argument) in stages.into_iter().chain(staging) {
        let deploy = format!("wrangler deploy{environment} --secrets-file {secrets}");
        if has_consumer(answers) {
            let consumer = name.replace("deploy", "deploy:consumer");
            scripts.push((name.to_owned(), format!("{deploy} && npm run {consumer}")));
            let deploy = format!(
                "node {CONSUMER}/claims.mjs{argument} && wrangler deploy -c {CONSUMER}/wrangler.toml{environment}"
            );
            scripts.push((consumer, deploy));
        } else {
            scripts.push((name.to_owned(), deploy));
        }
    }
    scripts
}

fn readme(answers: &Answers) -> String {
    let name = answers.name.as_str();
    let subscription = answers.subscription.as_str();
    let types = answers.event_types.names();
    let events = match &*types {
        [] => "all events".to_owned(),
        [one] => format!("events of the type `{one}`"),
        several => format!("events of the types `{}`", several.join("`, `")),
    };
    let (destination, dev) = match &answers.destination {
        Destination::Queue => (
            "a queue, which the Worker in `consumer/` reads",
            "The consumer prints each event. Put what you want to do with one into `consumer/src/index.ts`.",
        ),
        Destination::Kv => {
            ("a KV namespace", "The events are in a local namespace, in `.wrangler/`.")
        }
        Destination::R2 => ("an R2 bucket", "The events are in a local bucket, in `.wrangler/`."),
        Destination::Webhook { .. } => {
            ("an HTTP server", "The local Worker calls the server, too.")
        }
        Destination::Service { .. } => (
            "another Worker",
            "Run the other Worker with its own `wrangler dev`: the two find each other.",
        ),
    };
    let auth = match answers.authentication {
        Authentication::Bearer => "`bearer`, with the token `ELYTRA_TOKEN`",
        Authentication::Basic => {
            "`basic`, with the user name `ELYTRA_USERNAME` and the password `ELYTRA_PASSWORD`"
        }
        Authentication::Apikey => "`apikey`, with the key `ELYTRA_API_KEY` in the header `api-key`",
    };
    let console = if answers.console == Console::Yes {
        "\nOperators find events, and send them again, at `<URL>/console`. The token is `ADMIN_TOKEN`; locally, the one in\n`.dev.vars`. The command line takes it from a variable, and has `event`, `replay`, `refusals` and more:\n\n```sh\nELYTRA_ADMIN_TOKEN=<ADMIN_TOKEN> npx elytra-webhooks events --url <URL>\n```\n"
    } else {
        ""
    };
    let staging = if answers.has_staging {
        "\n`npm run deploy:staging` does the same with a second Worker, for tests, whose secrets are in `.staging.vars`.\n"
    } else {
        ""
    };
    format!(
        "\
# {name}

Receives the webhooks of Elytra PIM, with [elytra-webhooks](https://www.npmjs.com/package/elytra-webhooks). The
subscription `{subscription}` forwards {events} to {destination}.

## Try it

```sh
npm install
npm run dev
```

In another terminal, send a test event:

```sh
npm run trigger
```

{dev}
{console}
## Deploy it

```sh
npx wrangler login
npm run deploy
```

This creates what `wrangler.toml` names and does not exist yet, sets the secrets in `.production.vars`, and prints the URL
of the Worker. Keep the secrets in your password manager, too: git ignores the file, and Cloudflare does not show them.
If a deployment stops halfway, the next one may say that a namespace exists already: find its id with
`npx wrangler kv namespace list`, and write it below its binding in `wrangler.toml`, as `id = \"...\"`.
{staging}
In Elytra, create the webhook that this prints. It has the URL `<URL>/webhook` and the authentication {auth}:

```sh
npx elytra-webhooks webhook-config --url <URL> --show-secrets
```

When you have changed which events are wanted, run it again and change the webhook in Elytra.

## Change it

`wrangler.toml` says who may call, which events are wanted, and where they go. `npm run check` finds mistakes in it;
`npm run dev` and `npm run deploy` check it first.
"
    )
}
