//! Sends events to a receiver, as Elytra would.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use elytra_events::{CloudEvent, EventType, Known, Operation, TYPE_PREFIX};
use elytra_webhooks::delivery::{binary_body, binary_headers};
use elytra_webhooks::names::nearest;
use elytra_webhooks::when::to_rfc3339;
use elytra_webhooks_check::Presented;
use elytra_webhooks_operator::{clean, json_line, no_connection};
use serde_json::{Value, json};

use crate::host::{HttpAnswer, HttpRequest};
use crate::sender::{Configured, Credentials};
use crate::terminal::{Progress, print, say};
use crate::webhook_config::receiver;
use crate::{Error, Exit, Host, Result};

/// The arguments of `trigger`.
#[derive(Debug, clap::Args)]
pub struct TriggerArguments {
    /// Elytra's event type; can be repeated
    #[arg(long, alias = "event_type", value_name = "NAME", default_value = "product", value_parser = name::<EventType>)]
    event_type: Vec<EventType>,
    /// Elytra's operation; can be repeated
    #[arg(long, value_name = "NAME", default_value = "modify", value_parser = name::<Operation>)]
    operation: Vec<Operation>,
    /// Each event type with each operation
    #[arg(long, conflicts_with_all = ["event_type", "operation", "file"])]
    all: bool,
    /// The object that the events are about; if not given, 4711 of the event's type
    #[arg(long, value_name = "TYPE/ID", value_parser = object)]
    object: Option<(String, String)>,
    /// Send this file instead, an event or a batch in JSON; `-` is the standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["event_type", "operation", "object", "count"])]
    file: Option<String>,
    /// How many of each
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    count: u32,
    /// The mode
    #[arg(long, value_enum, default_value_t = Mode::Structured)]
    mode: Mode,
    /// The URL of the Worker
    #[arg(long, default_value = "http://localhost:8787")]
    url: String,
    /// Print the answers as they are, one per line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    configured: Configured,
}

/// The modes of the HTTP binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Mode {
    /// One event in the JSON format
    Structured,
    /// The attributes as headers, and the data as the body
    Binary,
    /// Many events in one request
    Batch,
}

/// A name from a fixed list, or the error with the nearest one.
fn name<T: Known>(text: &str) -> std::result::Result<T, String> {
    T::from_name(text).ok_or_else(|| {
        let names = T::ALL.iter().map(|known| known.as_str());
        match nearest(text, names) {
            Some(nearest) => format!("did you mean {nearest:?}?"),
            None => format!(
                "expected one of {}",
                T::ALL.iter().map(|known| known.as_str()).collect::<Vec<_>>().join(", ")
            ),
        }
    })
}

fn object(text: &str) -> std::result::Result<(String, String), String> {
    match text.split_once('/') {
        Some((type_, id)) if !type_.is_empty() && !id.is_empty() => {
            Ok((type_.to_owned(), id.to_owned()))
        }
        _ => Err("expected a type and an id, such as product/4711".to_owned()),
    }
}

/// A request to be sent: its headers, beside the credentials, and its body.
#[derive(Debug, PartialEq, Eq)]
struct Sending {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Sends the events, one after the other, and prints what became of each.
///
/// # Errors
/// The receiver does not answer, or refuses an event ([`Exit::Invalid`]), or no subscription wants any of them
/// ([`Exit::Nothing`]).
pub async fn trigger(host: &impl Host, arguments: &TriggerArguments) -> Result<()> {
    let (base, url) = receiver(&arguments.url)?;
    let sender = arguments.configured.sender(host)?;
    let credentials = arguments.configured.credentials(host, &base, &sender.credentials)?;
    let sendings = arguments.sendings(host, sender.max_batch_events)?;
    let method =
        if sender.methods.contains(&"POST") { Some(&"POST") } else { sender.methods.first() };
    let mut progress = Progress::new(host);
    let many = sendings.len();
    let (mut is_wanted, mut failure) = (false, None::<Error>);
    for (place, Sending { mut headers, body }) in sendings.into_iter().enumerate() {
        headers.extend(credentials.as_ref().map(Credentials::header));
        let call = HttpRequest {
            method: method.map_or_else(String::new, |method| (*method).to_owned()),
            url: url.clone(),
            headers,
            body: Some(body),
            may_use_proxy: !base.is_loopback(),
        };
        let answer = host.fetch(&call).await;
        let answer =
            answer.map_err(|cause| no_connection(&base, &cause.to_string(), host.program()))?;
        let body = String::from_utf8_lossy(&answer.body);
        let said: Value = serde_json::from_str(&body).unwrap_or_default();
        // Whatever was sent, this says what to do.
        if answer.status == 401 {
            return Err(unauthenticated(&base.to_string(), &sender.credentials));
        }
        if arguments.json {
            // What is no JSON becomes some, so that a program can read all lines.
            let line = if said.is_null() {
                json!({ "status": answer.status, "body": body }).to_string()
            } else {
                json_line(&body)
            };
            print(host, &(line + "\n"))?;
        } else if many == 1 || !(200..300).contains(&answer.status) || !progress.is_terminal() {
            print(host, &printed(&answer, &said, &body))?;
        }
        is_wanted |= has_code(&said, &["accepted", "duplicate"]);
        failure = failure.or_else(|| failed(&answer, &said, &base.to_string()));
        if many > 1 {
            progress.show_if_slow(|| format!("{} of {many} requests", place + 1));
        }
    }
    progress.end_if_shown();
    if many > 1 {
        say(host, &format!("{many} requests were sent"));
    }
    match failure {
        Some(failure) => Err(failure),
        None if is_wanted => Ok(()),
        None => Err(Error::nothing("no subscription wants what was sent")),
    }
}

/// Why an answer is no success, if it is none.
fn failed(answer: &HttpAnswer, said: &Value, base: &str) -> Option<Error> {
    let is_ours = said.get("code").is_some_and(Value::is_string);
    Some(match answer.status {
        200..=299 if is_ours => return None,
        408 | 429 | 500.. if is_ours => {
            Error::new("the receiver could not take what was sent: try again")
        }
        400..=499 if is_ours && answer.status != 404 => {
            Error::new("the receiver refused what was sent").with_exit(Exit::Invalid)
        }
        status => {
            Error::new(format!("{base} answered {status}, but it is no receiver: check --url"))
        }
    })
}

fn unauthenticated(base: &str, presented: &[Presented]) -> Error {
    let names: Vec<_> = presented.iter().flat_map(Presented::names).collect();
    let names = names.join(", ");
    Error::new(if names.is_empty() {
        format!(
            "the receiver at {base} wants credentials, but the configuration has none: deploy it, or name another with --config"
        )
    } else {
        format!(
            "the receiver at {base} does not accept the credentials: what it has as {names} is something else, or it \
             has another configuration; name the file that it was deployed with by --secrets-file, or set the variables"
        )
    })
}

/// Whether an answer, or the part of it about an event, has one of these codes.
fn has_code(said: &Value, codes: &[&str]) -> bool {
    let is_one = |said: &Value| {
        said.get("code").and_then(Value::as_str).is_some_and(|code| codes.contains(&code))
    };
    let events = said.get("events").and_then(Value::as_array);
    is_one(said) || events.into_iter().flatten().any(is_one)
}

/// An answer for people: a line for each event.
fn printed(answer: &HttpAnswer, said: &Value, body: &str) -> String {
    let status = answer.status;
    let events = said.get("events").and_then(Value::as_array);
    let Some(code) = said.get("code").and_then(Value::as_str) else {
        let beginning: String = clean(body.trim()).chars().take(200).collect();
        return format!("{status} {beginning}\n");
    };
    let mut text = String::new();
    match events {
        Some(events) => events.iter().for_each(|event| line(&mut text, status, event)),
        None => line(&mut text, status, said),
    }
    if text.is_empty() { format!("{status} {}\n", clean(code)) } else { text }
}

fn line(text: &mut String, status: u16, said: &Value) {
    let field = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).map(clean);
    let list = |name: &str| said.get(name).and_then(Value::as_array).into_iter().flatten();
    let code = field(said, "code").unwrap_or_default();
    // Writing to a string cannot fail.
    let _ = write!(text, "{status} {code}");
    if let Some(id) = field(said, "id") {
        let _ = write!(text, "  {id}");
    }
    let names: Vec<_> = list("subscriptions").filter_map(|name| name.as_str().map(clean)).collect();
    if !names.is_empty() {
        let _ = write!(text, "  {}", names.join(", "));
    }
    text.push('\n');
    if let Some(detail) = field(said, "detail") {
        let _ = writeln!(text, "    {detail}");
    }
    for one in list("reasons").chain(list("violations")) {
        let about = field(one, "subscription").or_else(|| field(one, "attribute"));
        let message = field(one, "message").or_else(|| field(one, "code")).unwrap_or_default();
        let about = about.map(|about| format!("{about}: ")).unwrap_or_default();
        let _ = writeln!(text, "    {about}{message}");
    }
}

impl TriggerArguments {
    /// What is sent, in this order.
    fn sendings(&self, host: &impl Host, max_batch_events: usize) -> Result<Vec<Sending>> {
        let Some(file) = &self.file else {
            let events = self.events(host)?;
            return match self.mode {
                Mode::Structured => Ok(events.into_iter().map(structured).collect()),
                Mode::Binary => events.iter().map(|event| binary(event)).collect(),
                Mode::Batch => {
                    let batches = events.chunks(max_batch_events.max(1));
                    Ok(batches.map(|events| batch(format!("[{}]", events.join(",")))).collect())
                }
            };
        };
        let read = if file == "-" { host.read_input() } else { host.read(file) };
        let read = read.map_err(|cause| Error::file("read", file, &cause))?;
        // What is invalid is sent as it is: the receiver says what is wrong with it.
        let text = String::from_utf8_lossy(&read);
        let is_list = text.trim_start().starts_with('[');
        Ok(vec![match self.mode {
            Mode::Binary => binary(&text)?,
            Mode::Batch if !is_list => batch(format!("[{text}]")),
            Mode::Structured if !is_list => Sending { body: read, ..structured(String::new()) },
            Mode::Batch | Mode::Structured => Sending { body: read, ..batch(String::new()) },
        }])
    }

    /// The events, as JSON.
    fn events(&self, host: &impl Host) -> Result<Vec<String>> {
        let (types, operations) = if self.all {
            (EventType::ALL, Operation::ALL)
        } else {
            (&*self.event_type, &*self.operation)
        };
        let mut events = Vec::new();
        for type_ in types {
            let own = || (type_.as_str().to_owned(), "4711".to_owned());
            let (object_type, object_id) = self.object.clone().unwrap_or_else(own);
            // Elytra's ids of objects are numbers.
            let number = object_id.parse::<u64>().map(Value::from);
            let object_id = number.unwrap_or_else(|_| object_id.into());
            for operation in operations {
                for _ in 0..self.count {
                    // Elytra writes `com.elytra.product.attribute.value` for `product_attribute_value`.
                    let event = json!({
                        "specversion": "1.0",
                        "id": new_id(host)?,
                        "source": "elytra-webhooks-trigger",
                        "type": format!("{TYPE_PREFIX}{}", type_.as_str().replace('_', ".")),
                        "datacontenttype": "application/json",
                        "time": to_rfc3339(host.now()),
                        "eventtype": type_.as_str(),
                        "operation": operation.as_str(),
                        "data": { "objectType": object_type, "objectId": object_id },
                    });
                    events.push(event.to_string());
                }
            }
        }
        Ok(events)
    }
}

fn structured(event: String) -> Sending {
    let type_ = "application/cloudevents+json; charset=UTF-8".to_owned();
    Sending { headers: vec![("content-type".to_owned(), type_)], body: event.into_bytes() }
}

fn batch(events: String) -> Sending {
    let type_ = "application/cloudevents-batch+json; charset=UTF-8".to_owned();
    Sending { headers: vec![("content-type".to_owned(), type_)], body: events.into_bytes() }
}

fn binary(event: &str) -> Result<Sending> {
    let event = CloudEvent::from_json(event).map_err(|invalid| {
        let why = invalid.to_string();
        Error::new(format!("only a valid event can be sent in binary mode: {why}"))
            .with_exit(Exit::Invalid)
    })?;
    let headers = binary_headers(&event).into_iter();
    let headers = headers.map(|(name, value)| (name.into_owned(), value)).collect();
    Ok(Sending { headers, body: binary_body(&event).into_owned() })
}

/// A random UUID (RFC 9562 section 5.4).
fn new_id(host: &impl Host) -> Result<String> {
    let mut bytes = [0; 16];
    host.random(&mut bytes)
        .map_err(|cause| Error::new(format!("the machine has no random numbers: {cause}")))?;
    let number = u128::from_be_bytes(bytes);
    let version = (number & !(0xf << 76)) | (0x4 << 76);
    let id = (version & !(0x3 << 62)) | (0x2 << 62);
    let hex = format!("{id:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    Ok([part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-"))
}
