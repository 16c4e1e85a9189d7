//! Another Worker of the account, called through a service binding: the field `service`.
//!
//! Its events go to the queue bound as `DELIVERIES`, from which the Worker calls it.

use fluent_uri::Uri;
use serde_json::Value;

use super::call::{CallSettings, Callee, look_up_queues};
use super::check_reserved;
use crate::platform::Target;
use crate::vars::{BindingKind, Bindings, Mistake, Mistakes, Table, look_up};

const FIELD: &str = "service";

/// An example of the field.
pub(super) const EXAMPLE: &str = "\"<binding>\"";

/// The path that is called unless the configuration names another.
pub const DEFAULT_PATH: &str = "/";

/// The fields of `webhook` that a service does not have, and why.
const NOT_FOR_SERVICES: [(&str, &str); 4] = [
    ("url", "its binding names the Worker, and path says where the events go"),
    ("auth_type", NO_CREDENTIALS),
    ("auth", NO_CREDENTIALS),
    ("allow_insecure", "it is not called over the network"),
];

const NO_CREDENTIALS: &str = "its binding lets this Worker in, so no credentials are sent";

/// Another Worker of the account.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceDestination {
    /// The name of the service binding.
    pub binding: String,
    /// The URL that the other Worker sees: `https://`, the binding in lower case, `.service` and the path.
    /// The binding decides who is called; the host is never looked up.
    pub url: String,
    /// How it is called.
    pub call: CallSettings,
}

impl ServiceDestination {
    /// Reads `service`: a binding, or a table with one.
    pub(super) fn read(
        table: &mut Table,
        bindings: &Bindings,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let path = table.path_of(FIELD);
        let value = table.take(FIELD)?;
        look_up_queues(&path, bindings, mistakes);
        let (value, binding_path) = match value {
            Value::String(_) => (Value::from_iter([("binding", value)]), path.clone()),
            Value::Object(_) => (value, format!("{path}.binding")),
            _ => {
                mistakes.note(path, Mistake::WrongType { expected: "a string or a table" });
                return None;
            }
        };
        let mut table = Table::new(path, value, mistakes)?;
        let binding = table
            .required_string("binding", mistakes)
            .inspect(|binding| check_reserved(&binding_path, binding, mistakes));
        let binding = binding.and_then(|binding| {
            look_up(binding_path, binding, BindingKind::Service, bindings, mistakes)
        });
        let path = read_path(&mut table, mistakes);
        let call = CallSettings::read(&mut table, mistakes);
        refuse_fields_of_webhooks(&mut table, mistakes);
        table.finish(mistakes);
        let binding = binding?;
        let url = format!("https://{}.service{}", host_label(&binding), path?);
        Some(Self { binding, url, call: call? })
    }

    /// The name by which the ledger knows it.
    pub(super) fn holder(&self, subscription: &str) -> String {
        format!("service/{subscription}/{}", self.binding)
    }

    /// How it is called.
    pub(super) fn callee(&self) -> Callee<'_> {
        Callee {
            field: FIELD,
            target: Target::Service { binding: &self.binding, url: &self.url },
            credential: None,
            settings: &self.call,
        }
    }
}

/// A binding's name as a part of a host: in lower case, with a hyphen for what no host can have.
fn host_label(binding: &str) -> String {
    let is_of_host = |c: char| c.is_ascii_alphanumeric() || c == '_';
    binding.to_ascii_lowercase().replace(|c| !is_of_host(c), "-")
}

fn read_path(table: &mut Table, mistakes: &mut Mistakes) -> Option<String> {
    let has_path = table.has("path");
    let path = match table.string("path", mistakes) {
        Some(path) => path,
        None if has_path => return None,
        None => DEFAULT_PATH.to_owned(),
    };
    let url = format!("https://service{path}");
    let is_path = path.starts_with('/')
        && Uri::parse(&*url).is_ok_and(|url| !url.has_query() && !url.has_fragment());
    if !is_path {
        mistakes.note(table.path_of("path"), Mistake::BadPath);
    }
    is_path.then_some(path)
}

/// Says why a service has no such field, rather than that it is unknown.
fn refuse_fields_of_webhooks(table: &mut Table, mistakes: &mut Mistakes) {
    for (field, why) in NOT_FOR_SERVICES {
        if table.has(field) {
            table.take(field);
            mistakes.note(table.path_of(field), Mistake::NotForService(why));
        }
    }
}
