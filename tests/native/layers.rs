//! The modules of the crate stand in layers: each imports only those of the layers before its own.

use std::fs;

use crate::house::rust_files;

/// The layers, from the modules that everybody may import to the one that nobody does.
const LAYERS: [&[&str]; 26] = [
    &[
        "capacity",
        "guesses",
        "handshake",
        "level",
        "limits",
        "message",
        "names",
        "report",
        "routes",
        "team_keys",
        "text",
    ],
    &["counts"],
    &["about", "ledger", "request", "when"],
    &["journal"],
    &["filter", "platform"],
    &["flush", "search", "vars"],
    &["auth", "kv_entry", "times"],
    &["large", "trace"],
    &["dispatch"],
    &["destination"],
    &["subscription"],
    &["config", "fate"],
    &["operator_claims", "plan", "recording", "spool"],
    &["dead"],
    &["jobs"],
    &["delivery"],
    &["claim"],
    &["forward"],
    &["settle"],
    &["replay"],
    &["operator"],
    &["outcome"],
    &["access", "body", "log", "refused", "reply"],
    &["receive", "sign_in"],
    &["endpoints"],
    &["cloudflare"],
];

/// Those of `xtask`, which is a library and a program.
const XTASK_LAYERS: [&[&str]; 8] = [
    &["output", "project"],
    &["cache", "command", "machine"],
    &["tools"],
    &["setup"],
    &["build", "dependencies", "fuzz", "instructions"],
    &["bench", "dev", "package", "soak"],
    &["test"],
    &["main"],
];

/// Those of the commands.
const CLI_LAYERS: [&[&str]; 8] = [
    &["error"],
    &["host"],
    &["memory"],
    &["deployment", "dotenv", "terminal"],
    &["client", "sender"],
    &["check", "completions", "conformance", "explain", "webhook_config"],
    &["init", "operator", "trigger"],
    &["lib"],
];

/// The files of a crate, each with its path below the root, and the layers of its modules.
struct Crate<'a> {
    /// The folder of the files, with `/` behind it.
    folder: &'a str,
    files: &'a [(String, String)],
    layers: &'a [&'a [&'a str]],
}

impl Crate<'_> {
    /// The imports that break this: in a file, of a module of its own layer or a later one, or of none.
    fn violations(&self) -> Vec<String> {
        let place = |module: &str| self.layers.iter().position(|layer| layer.contains(&module));
        let mut found = Vec::new();
        for (name, text) in self.files {
            let module = self.module(name);
            if module == "lib" {
                continue;
            }
            let Some(own) = place(module) else {
                found.push(format!("{name}: {module} is in no layer"));
                continue;
            };
            for (line, imported) in imports(text) {
                let Some(imported) = self.home(imported) else { continue };
                if imported != module && place(imported).is_none_or(|of| of >= own) {
                    found.push(format!("{name}:{line}: {module} imports {imported}"));
                }
            }
        }
        found
    }

    /// The module at the root that a file belongs to.
    fn module<'f>(&self, file: &'f str) -> &'f str {
        let path = file.strip_prefix(self.folder).unwrap_or(file);
        path.split(['/', '.']).next().unwrap_or_default()
    }

    /// The module that a name at the root belongs to: one of that name, or the one from which `lib.rs`
    /// exports it. A macro, and what is another crate's, belongs to none.
    fn home<'n>(&'n self, name: &'n str) -> Option<&'n str> {
        if self.files.iter().any(|(file, _)| self.module(file) == name) {
            return Some(name);
        }
        let lib = format!("{}lib.rs", self.folder);
        let (_, lib) = self.files.iter().find(|(file, _)| *file == lib)?;
        let mut exports = lib.split("pub use ").skip(1).filter_map(|rest| rest.split_once(';'));
        exports.find_map(|(export, _)| {
            let (module, names) = export.split_once("::")?;
            let is_ours = self.files.iter().any(|(file, _)| self.module(file) == module);
            (is_ours && words(names).any(|exported| exported == name)).then_some(module)
        })
    }
}

/// The names that a file imports from the root of its crate, one by one or in braces, and the lines
/// they are in.
fn imports(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut depth = 0;
    for (index, line) in text.lines().enumerate() {
        let mut rest = line.split_once("//").map_or(line, |(code, _)| code);
        while !rest.is_empty() {
            if depth == 0 {
                let Some((_, path)) = rest.split_once("crate::") else { break };
                rest = path;
                if let Some(names) = path.strip_prefix('{') {
                    (depth, rest) = (1, names);
                } else {
                    found.extend(words(path).next().map(|name| (index + 1, name)));
                }
                continue;
            }
            // In `crate::{…}`, where names follow one another; those deeper belong to other modules.
            let (names, brace) = rest.split_at(rest.find(['{', '}']).unwrap_or(rest.len()));
            if depth == 1 {
                let paths = names.split(',');
                found.extend(paths.filter_map(|path| Some((index + 1, words(path).next()?))));
            }
            let mut brace = brace.chars();
            depth += match brace.next() {
                Some('{') => 1,
                Some(_) => -1,
                None => 0,
            };
            rest = brace.as_str();
        }
    }
    found
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

#[test]
fn every_module_imports_only_what_stands_before_it() {
    let crates =
        [("src/", &LAYERS[..]), ("xtask/src/", &XTASK_LAYERS), ("crates/cli/src/", &CLI_LAYERS)];
    for (folder, layers) in crates {
        let files = rust_files(folder);
        let found = Crate { folder, files: &files, layers }.violations();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

#[test]
fn an_import_that_goes_up_is_named() {
    let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let files = [
        file("src/auth.rs", "use crate::request::RequestHead; // not crate::log\n"),
        file("src/ledger/records.rs", "use std::fmt;\n\nuse crate::log::LogLine;\n"),
        file("src/log.rs", "crate::macro_of_ours!();\n"),
        file("src/new.rs", ""),
        file("src/request.rs", ""),
    ];
    let layers: [&[&str]; 3] = [&["ledger", "request", "when"], &["auth"], &["log"]];
    let ours = Crate { folder: "src/", files: &files, layers: &layers };
    assert_eq!(
        ours.violations(),
        ["src/ledger/records.rs:3: ledger imports log", "src/new.rs: new is in no layer"]
    );
}

/// Several names in braces, over several lines, and types that the root exports from their modules.
#[test]
fn an_import_in_braces_that_goes_up_is_named() {
    let file = |name: &str, text: &str| (format!("xtask/src/{name}.rs"), text.to_owned());
    let files = [
        file("lib", "mod setup;\n\npub use error::{Error, Result};\npub use tools::Tools;\n"),
        file("error", ""),
        file("setup/npm", "use crate::{Error, Result, setup};\n"),
        file(
            "setup",
            "use crate::{\n    Result, Tools, // and not\n    error::{Error, test}, test,\n};\n",
        ),
        file("tools", "use crate::{Error, setup};\n\nfn f() -> crate::Result<crate::Tools> {}\n"),
        file("test", "use crate::setup;\n"),
    ];
    let layers: [&[&str]; 4] = [&["error"], &["tools"], &["setup"], &["test"]];
    let xtask = Crate { folder: "xtask/src/", files: &files, layers: &layers };
    assert_eq!(
        xtask.violations(),
        ["xtask/src/setup.rs:3: setup imports test", "xtask/src/tools.rs:1: tools imports setup"]
    );
}

#[test]
fn the_architecture_names_the_layers() {
    let text = fs::read_to_string("ARCHITECTURE.md").unwrap();
    let (_, drawing) = text.split_once("## Layers").unwrap();
    let drawing = drawing.split("```").nth(1).unwrap();
    let named: Vec<Vec<_>> =
        drawing.trim().lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(named, LAYERS, "line by line");
}
