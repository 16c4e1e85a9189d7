//! The head of a request, in memory.

use elytra_events::http::Headers;
use elytra_webhooks::request::RequestHead;

/// `POST /webhook` with these headers, their names in lower case.
pub(crate) struct Head(pub(crate) Vec<(String, String)>);

impl Headers for Head {
    fn header(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
    }

    fn ce_headers(&self) -> Vec<(String, String)> {
        let named = self.0.iter();
        named
            .filter_map(|(name, value)| Some((name.strip_prefix("ce-")?.to_owned(), value.clone())))
            .collect()
    }
}

impl RequestHead for Head {
    fn method(&self) -> &'static str {
        "POST"
    }

    fn origin(&self) -> &'static str {
        "https://webhooks.example.com"
    }

    fn path(&self) -> &'static str {
        "/webhook"
    }

    fn query(&self) -> String {
        String::new()
    }
}
