//! The events that are sent: what Elytra tells of a product, of exactly the size that is asked for.

use std::fmt::Write as _;

/// The operation that the one subscription of the benchmark wants.
const WANTED: &str = "modify";

/// One that it does not, so that an event is left out only by the last thing that is looked at.
const UNWANTED: &str = "link";

/// The attributes of an event beside `id` and `operation`, in binary mode named as headers.
pub(crate) const ATTRIBUTES: [(&str, &str); 5] = [
    ("specversion", "1.0"),
    ("source", "elytra-pim"),
    ("type", "com.elytra.product.attribute.value"),
    ("time", "2025-12-31T04:19:30.860984129+01:00"),
    ("eventtype", "product_attribute_value"),
];

/// The event's operation.
pub(crate) fn operation(is_wanted: bool) -> &'static str {
    if is_wanted { WANTED } else { UNWANTED }
}

/// An event in the JSON format, of this many bytes, with this id.
pub(crate) fn event(id: &str, bytes: usize, is_wanted: bool) -> String {
    let operation = operation(is_wanted);
    let mut text = format!(r#"{{"id":"{id}","operation":"{operation}","#);
    for (name, value) in ATTRIBUTES {
        let _ = write!(text, r#""{name}":"{value}","#);
    }
    text.push_str(r#""datacontenttype":"application/json","data":"#);
    let rest = bytes.checked_sub(text.len() + 1).expect("an event has room for its attributes");
    text.push_str(&data(rest));
    text.push('}');
    assert_eq!(text.len(), bytes, "an event has the size it is told to have");
    text
}

/// JSON of exactly this size: an object with a list of attributes in it.
pub(crate) fn data(bytes: usize) -> String {
    let mut data = String::from(r#"{"objectId":4711,"objectType":"product","objectData":["#);
    let end = r#"],"note":""}"#;
    for number in 0.. {
        let separator = if number == 0 { "" } else { "," };
        let value = format!(
            r#"{separator}{{"attribute":"width_{number}","language":"de","value":"Größe {number} \"mm\"","number":{number}.25,"inherited":false}}"#
        );
        if data.len() + value.len() + end.len() > bytes {
            break;
        }
        data.push_str(&value);
    }
    let rest = bytes.checked_sub(data.len() + end.len()).expect("data have room for an object");
    let note = "x".repeat(rest);
    let _ = write!(data, r#"],"note":"{note}"}}"#);
    data
}

/// Events that differ in nothing but their ids.
pub(crate) struct Template {
    head: String,
    tail: String,
    /// How many are joined to a batch, if they are.
    batch: Option<usize>,
}

impl Template {
    pub(crate) fn new(bytes: usize, batch: Option<usize>, is_wanted: bool) -> Self {
        let text = event(&id(0), bytes, is_wanted);
        let (head, tail) = text.split_once(&id(0)).expect("an event has its id");
        Self { head: head.to_owned(), tail: tail.to_owned(), batch }
    }

    /// The body whose events have the ids from this one on. It has no line break.
    pub(crate) fn body(&self, first: usize) -> String {
        let event = |number| format!("{}{}{}", self.head, id(number), self.tail);
        match self.batch {
            None => event(first),
            Some(events) => {
                let events: Vec<_> = (first..first + events).map(event).collect();
                format!("[{}]", events.join(","))
            }
        }
    }
}

/// An id as long as those of Elytra.
pub(crate) fn id(number: usize) -> String {
    format!("385d27ef-ac6d-4d93-904b-{number:012x}")
}
