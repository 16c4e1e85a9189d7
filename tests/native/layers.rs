//! The modules of the crate stand in layers: each imports only those of the layers before its own.

use std::fs;
use std::path::Path;

use crate::house::rust_files;

/// The layers, from the modules that everybody may import to the one that nobody does.
const LAYERS: [&[&str]; 20] = [
    &["capacity", "handshake", "level", "limits", "message", "names", "text"],
    &["cloudevents"],
    &["cesql", "elytra", "ledger", "request"],
    &["filter", "platform"],
    &["vars"],
    &["auth", "kv_entry", "times"],
    &["large", "trace"],
    &["dispatch"],
    &["destination"],
    &["subscription"],
    &["config", "fate"],
    &["plan", "spool", "webhook"],
    &["claim"],
    &["forward"],
    &["operator", "settle"],
    &["outcome"],
    &["access", "body", "log", "reply"],
    &["receive"],
    &["endpoints"],
    &["cloudflare"],
];

/// The imports that break this: in a file, of a module of its own layer or a later one, or of none.
fn violations(files: &[(String, String)]) -> Vec<String> {
    let place = |module: &str| LAYERS.iter().position(|layer| layer.contains(&module));
    let mut found = Vec::new();
    for (name, text) in files {
        let path = name.trim_start_matches("src/").trim_end_matches(".rs");
        let module = path.split_once('/').map_or(path, |(module, _)| module);
        if module == "lib" {
            continue;
        }
        let Some(own) = place(module) else {
            found.push(format!("{name}: {module} is in no layer"));
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            let code = line.split_once("//").map_or(line, |(code, _)| code);
            for imported in code.split("crate::").skip(1) {
                let is_of_name = |c: &char| c.is_ascii_lowercase() || *c == '_';
                let imported: String = imported.chars().take_while(is_of_name).collect();
                let imported = &*imported;
                // What is at the root itself, such as a macro, begins with another letter or is no module.
                let is_module = Path::new("src").join(imported).is_dir()
                    || Path::new("src").join(format!("{imported}.rs")).is_file();
                if is_module && imported != module && place(imported).is_none_or(|of| of >= own) {
                    found.push(format!("{name}:{}: {module} imports {imported}", number + 1));
                }
            }
        }
    }
    found
}

#[test]
fn every_module_imports_only_what_stands_before_it() {
    let found = violations(&rust_files("src"));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn an_import_that_goes_up_is_named() {
    let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let files = [
        file("src/auth.rs", "use crate::request::RequestHead; // not crate::log\n"),
        file("src/cesql/error.rs", "use std::fmt;\n\nuse crate::log::LogLine;\n"),
        file("src/new.rs", ""),
    ];
    assert_eq!(
        violations(&files),
        ["src/cesql/error.rs:3: cesql imports log", "src/new.rs: new is in no layer"]
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
