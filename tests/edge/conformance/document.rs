//! The part of `docs/conformance.md` that is written from what was found.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use elytra_webhooks_conformance::{Case, Finding, Mistake, Report, Verdict};

/// What stands before and after that part.
const MARKS: [&str; 2] = ["<!-- What was found begins here. -->\n", "<!-- It ends here. -->\n"];

/// What is said about one receiver.
struct Column {
    /// Its name at the head of a table.
    name: &'static str,
    /// What it is written with.
    written_with: String,
    /// How many cases had which verdict, as the cells of a row.
    summary: String,
    /// The verdict of each case, by its id.
    verdicts: BTreeMap<String, String>,
    /// A table of what is wrong.
    mistakes: String,
}

/// Whether the document is to be written.
pub(crate) fn is_update() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1")
}

/// The document says what was found: about our receiver, about the peers in JavaScript, and about the
/// one in Python, unless it was not asked. Then what the document says of it stays as it is.
#[track_caller]
pub(crate) fn check(ours: &Report, peers: &[&Report; 2], fastapi: Option<&Report>) {
    let path = root().join("docs/conformance.md");
    let document = fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(MARKS[0]).expect("the beginning");
    let (shown, behind) = rest.split_once(MARKS[1]).expect("the end");

    let [hono, sdk] = peers;
    let npm = |packages: &[(&str, &str)]| versions(packages, npm_version);
    let python = versions(&[("FastAPI", "fastapi"), ("pydantic", "pydantic")], python_version);
    let columns = [
        Column::of("elytra-webhooks", "Rust".to_owned(), ours),
        Column::of("Hono", npm(&[("Hono", "hono"), ("Zod", "zod")]), hono),
        Column::of("CloudEvents SDK", npm(&[("cloudevents", "cloudevents")]), sdk),
        match fastapi {
            Some(report) => Column::of("FastAPI", python, report),
            None => Column::shown("FastAPI", python, shown),
        },
    ];
    let found = text(ours, &columns);
    if is_update() {
        fs::write(path, [before, MARKS[0], &found, MARKS[1], behind].concat()).unwrap();
    } else {
        let advice = "run UPDATE_DOCS=1 cargo test --package edge --test edge -- conformance";
        assert!(shown == found, "{advice}; what was found: {found}");
    }
}

fn text(ours: &Report, columns: &[Column]) -> String {
    let mut out = String::from(
        "\n| receiver | written with | right | wrong, MUST | wrong, SHOULD | n/a |\n\
         |---|---|---:|---:|---:|---:|\n",
    );
    for Column { name, written_with, summary, .. } in columns {
        let _ = writeln!(out, "| {name} | {written_with} |{summary}");
    }

    let mut group = None;
    for Finding { case, .. } in ours.findings() {
        if group != Some(case.group) {
            group = Some(case.group);
            let _ = write!(out, "\n## {}\n\n| case | says | section |", case.group.title());
            for column in columns {
                let _ = write!(out, " {} |", column.name);
            }
            let _ = writeln!(out, "\n|---|---|---|{}", "---|".repeat(columns.len()));
        }
        let Case { id, says, section, level, .. } = case;
        let level = level.as_str();
        let _ = write!(out, "| `{id}` | {says} | [{}]({}), {level} |", section.name, section.link);
        for column in columns {
            let _ = write!(out, " {} |", column.verdicts[*id]);
        }
        out.push('\n');
    }

    out.push_str("\n## What the peers get wrong\n");
    for Column { name, mistakes, .. } in columns.iter().skip(1) {
        let _ = write!(out, "\n### {name}\n\n{mistakes}");
    }
    out.push('\n');
    out
}

impl Column {
    fn of(name: &'static str, written_with: String, report: &Report) -> Self {
        assert!(report.is_meaningful(), "{name} accepts a plain event");
        let summary = report.summary();
        let mut verdicts = BTreeMap::new();
        let mut mistakes = String::from("| case | request | expected | got |\n|---|---|---|---|\n");
        for Finding { case, verdict } in report.findings() {
            let word = match verdict {
                Verdict::Right => "right",
                Verdict::Wrong(_) => "**wrong**",
                Verdict::NotApplicable(_) => "n/a",
            };
            verdicts.insert(case.id.to_owned(), word.to_owned());
            if let Verdict::Wrong(Mistake { request, expected, got, .. }) = verdict {
                let _ = writeln!(mistakes, "| `{}` | {request} | {expected} | {got} |", case.id);
            }
        }
        Self {
            name,
            written_with,
            summary: format!(
                " {} | {} | {} | {} |",
                summary.right, summary.wrong_must, summary.wrong_should, summary.not_applicable
            ),
            verdicts,
            mistakes,
        }
    }

    /// What the document says of the receiver in the last column.
    fn shown(name: &'static str, written_with: String, document: &str) -> Self {
        let row = format!("| {name} | {written_with} |");
        let summary = document.lines().find_map(|line| line.strip_prefix(&row));
        let rows = document.lines().filter_map(|line| {
            let (id, rest) = line.strip_prefix("| `")?.split_once("` |")?;
            let verdict = rest.trim_end_matches('|').rsplit('|').next()?;
            Some((id.to_owned(), verdict.trim().to_owned()))
        });
        let (tables, lists) =
            document.split_once("## What the peers get wrong").unwrap_or_default();
        let verdicts = rows.take(tables.matches("\n| `").count()).collect();
        let mistakes = lists.split_once(&format!("### {name}\n\n")).unwrap_or_default().1;
        Self {
            summary: summary.unwrap_or_default().to_owned(),
            verdicts,
            mistakes: mistakes.strip_suffix('\n').unwrap_or_default().to_owned(),
            name,
            written_with,
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What a peer is written with: names, each with the version of a package.
fn versions(packages: &[(&str, &str)], version: fn(&str) -> String) -> String {
    let named = packages.iter().map(|(name, package)| format!("{name} {}", version(package)));
    named.collect::<Vec<_>>().join(" + ")
}

fn npm_version(package: &str) -> String {
    let manifest = fs::read_to_string(root().join("bench/peers/package.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    manifest["dependencies"][package].as_str().expect("the package is a dependency").to_owned()
}

fn python_version(package: &str) -> String {
    let requirements = fs::read_to_string(root().join("xtask/requirements/fastapi.txt")).unwrap();
    let line = requirements.lines().find_map(|line| line.strip_prefix(&format!("{package}==")));
    let version = line.and_then(|line| line.split(' ').next());
    version.expect("the package is required").to_owned()
}
