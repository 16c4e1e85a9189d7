//! The rules of a specification: one case for each, and the list of them, which is written from the
//! cases.

use std::collections::BTreeSet;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

/// A rule, and what shows that it holds.
pub struct Case<C: 'static = fn()> {
    /// Its stable name.
    pub rule: &'static str,
    /// The section of the specification that it comes from.
    pub section: &'static str,
    /// What it says, in our own words.
    pub says: &'static str,
    /// What shows that it holds.
    pub check: C,
}

/// What shows that a rule holds.
pub trait Check {
    /// Whether it holds, as far as can be told here.
    fn holds(&self) -> bool;

    /// The test, as it stands in the list; the case is in this file.
    fn test(&self, file: &str) -> String;
}

/// It holds where this does not panic.
impl Check for fn() {
    fn holds(&self) -> bool {
        catch_unwind(*self).is_ok()
    }

    fn test(&self, file: &str) -> String {
        format!("`{file}`")
    }
}

/// The rules of a specification.
pub struct Rules<C: 'static = fn()> {
    /// The package, as `CARGO_MANIFEST_DIR` names it; the paths below begin here.
    pub package: &'static str,
    /// The folder of the cases.
    pub folder: &'static str,
    /// The command that runs the tests.
    pub command: &'static str,
    /// The list's file.
    pub document: &'static str,
    /// What stands before the rules in it.
    pub head: &'static str,
    /// Of each file its name, what its rules are about, and they themselves.
    pub files: &'static [(&'static str, &'static str, &'static [Case<C>])],
}

impl<C: Check> Rules<C> {
    /// Each of them.
    pub fn all(&self) -> impl Iterator<Item = &'static Case<C>> {
        self.files.iter().flat_map(|(_, _, rules)| *rules)
    }

    /// Each of them holds.
    #[track_caller]
    pub fn check_each(&self) {
        let broken = self.all().filter(|rule| !rule.check.holds());
        let broken: Vec<_> = broken.map(|rule| rule.rule).collect();
        assert_eq!(broken, [""; 0], "each tells above what it found");
    }

    /// Each has a name of its own, and fits in a table.
    #[track_caller]
    pub fn check_names(&self) {
        let names: BTreeSet<_> = self.all().map(|rule| rule.rule).collect();
        assert_eq!(names.len(), self.all().count());
        for Case { rule, section, says, .. } in self.all() {
            let is_good =
                rule.bytes().all(|b| b.is_ascii_lowercase() || b"-0123456789".contains(&b));
            assert!(is_good && rule.contains('-'), "{rule}");
            assert!(!says.contains(['|', '\n']) && !section.contains('|'), "{rule}");
        }
    }

    /// The list is up to date; it is brought so where that is asked for.
    #[track_caller]
    pub fn check_document(&self) {
        let path = Path::new(self.package).join(self.document);
        if env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
            fs::write(&path, self.list()).unwrap();
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        let advice = format!("run UPDATE_DOCS=1 {}", self.command);
        assert!(found == self.list(), "{advice}");
    }

    fn list(&self) -> String {
        let mut list = self.head.to_owned();
        for (file, title, rules) in self.files {
            write!(list, "\n## {title}\n\n| rule | says | section | test |\n|---|---|---|---|\n")
                .unwrap();
            for Case { rule, section, says, check } in *rules {
                let test = check.test(&format!("{}/{file}.rs", self.folder));
                writeln!(list, "| `{rule}` | {says} | {section} | {test} |").unwrap();
            }
        }
        list
    }
}

/// The tests that a list of rules has.
#[macro_export]
macro_rules! test_rules {
    ($rules:expr) => {
        #[test]
        fn every_rule_holds() {
            $rules.check_each();
        }

        #[test]
        fn each_rule_has_a_name_of_its_own() {
            $rules.check_names();
        }

        #[test]
        fn the_list_of_the_rules_is_up_to_date() {
            $rules.check_document();
        }
    };
}
