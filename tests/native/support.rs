//! What several files of tests need: properties, the head of a request, the text of an event.

use elytra_webhooks::receive::RequestHead;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestRunner};

/// Checks a property of many values; a failure shows the smallest value that has it not.
#[track_caller]
pub(crate) fn property<S: Strategy>(strategy: S, check: impl Fn(S::Value)) {
    let config = Config { failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&strategy, |value| {
        check(value);
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// The head of a request.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    method: &'static str,
    path: &'static str,
    headers: Vec<(String, String)>,
}

impl Head {
    /// `POST /webhook`, without any header.
    pub(crate) fn post() -> Self {
        Self { method: "POST", path: "/webhook", headers: Vec::new() }
    }

    pub(crate) fn method(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    pub(crate) fn path(self, path: &'static str) -> Self {
        Self { path, ..self }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

impl RequestHead for Head {
    fn method(&self) -> &str {
        self.method
    }

    fn path(&self) -> &str {
        self.path
    }

    fn header(&self, name: &str) -> Option<String> {
        assert_eq!(name, name.to_ascii_lowercase(), "headers are asked for in lower case");
        let named = self.headers.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name));
        let values: Vec<_> = named.map(|(_, value)| &**value).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }
}

/// The text of a valid event with these members besides the four that every event must have.
pub(crate) fn event(members: &str) -> String {
    let separator = if members.is_empty() { "" } else { "," };
    format!(r#"{{"specversion":"1.0","id":"1","source":"s","type":"t"{separator}{members}}}"#)
}

/// A string that every attribute may hold.
pub(crate) fn text() -> impl Strategy<Value = String> {
    r"\PC{1,24}"
}
