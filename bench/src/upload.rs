//! What would be uploaded to Cloudflare, made by wrangler: it is what is measured, its size and its
//! start included.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use toml::Table;

use crate::lab::Lab;
use crate::workerd::Worker;

/// A Worker as it would be uploaded.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    folder: PathBuf,
    pub(crate) worker: Worker,
    pub(crate) size: Size,
}

/// How large it is.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Size {
    pub(crate) raw_kib: f64,
    pub(crate) gzip_kib: f64,
}

impl Upload {
    /// Bundles the Worker whose wrangler.toml lies in this folder.
    #[track_caller]
    pub(crate) fn make(lab: &Lab, name: &str, folder: PathBuf) -> Self {
        let place = lab.folder().join(name);
        if place.exists() {
            fs::remove_dir_all(&place).unwrap();
        }
        let arguments = ["deploy", "--dry-run", "--outdir", place.to_str().unwrap()];
        let printed = wrangler(lab, &folder, &arguments);
        let configuration = fs::read_to_string(folder.join("wrangler.toml")).unwrap();
        let configuration: Table = configuration.parse().unwrap();
        let date = configuration["compatibility_date"].as_str().unwrap();
        let flags = configuration.get("compatibility_flags").and_then(|flags| flags.as_array());
        let flags = flags.into_iter().flatten().map(|flag| flag.as_str().unwrap().to_owned());
        let worker = Worker {
            modules: modules(&place),
            compatibility_date: date.to_owned(),
            compatibility_flags: flags.collect(),
            bindings: Vec::new(),
        };
        Self { folder, worker, size: size(&printed) }
    }

    /// For how many milliseconds it is active when it starts.
    #[track_caller]
    pub(crate) fn startup_ms(&self, lab: &Lab) -> f64 {
        let profile = lab.folder().join("startup.cpuprofile");
        let arguments = ["check", "startup", "--outfile", profile.to_str().unwrap()];
        let printed = wrangler(lab, &self.folder, &arguments);
        let (_, active) = printed.split_once("Active: ").expect(&printed);
        let (active, _) = active.split_once(" ms").expect(&printed);
        active.parse().unwrap()
    }
}

/// The modules of a bundle, the one where it begins first.
fn modules(place: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path());
    let is_module = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "js" || extension == "wasm")
    };
    let mut modules: Vec<_> = entries.filter(is_module).collect();
    let is_wasm = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "wasm");
    modules.sort_by_key(is_wasm);
    let scripts = modules.iter().filter(|path| !is_wasm(path)).count();
    assert_eq!(scripts, 1, "a bundle is one script, and wasm: {modules:?}");
    modules
}

fn size(printed: &str) -> Size {
    let (_, upload) = printed.split_once("Total Upload: ").expect(printed);
    let (raw, rest) = upload.split_once(" KiB / gzip: ").expect(printed);
    let (gzip, _) = rest.split_once(" KiB").expect(printed);
    Size { raw_kib: raw.parse().unwrap(), gzip_kib: gzip.parse().unwrap() }
}

/// What wrangler prints in this folder.
#[track_caller]
fn wrangler(lab: &Lab, folder: &Path, arguments: &[&str]) -> String {
    let mut wrangler = lab.tools.wrangler().unwrap();
    let output = wrangler.args(arguments).current_dir(folder).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "wrangler {arguments:?}: {printed}");
    printed
}
