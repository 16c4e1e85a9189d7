//! Events like those of Elytra.

use std::fmt::Write as _;

/// An event that is about `bytes` large, with data like that of a product.
pub(crate) fn event(bytes: usize) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"385d27ef-ac6d-4d93-904b-ea9801fc1bde","source":"elytra-pim","type":"com.elytra.product.attribute.value","datacontenttype":"application/json","time":"2025-12-31T04:19:30.860984129+01:00","eventtype":"product_attribute_value","operation":"modify","data":{}}}"#,
        data(bytes.saturating_sub(290))
    )
}

/// So many of them in a batch.
pub(crate) fn batch(events: usize, bytes: usize) -> String {
    let events: Vec<_> = (0..events).map(|_| event(bytes)).collect();
    format!("[{}]", events.join(","))
}

/// JSON of about this size: an object with a list of attributes in it.
pub(crate) fn data(bytes: usize) -> String {
    let mut data = String::from(r#"{"objectId":4711,"objectType":"product","objectData":["#);
    let mut number = 0;
    while data.len() < bytes {
        let separator = if number == 0 { "" } else { "," };
        write!(
            data,
            r#"{separator}{{"attribute":"width_{number}","language":"de","value":"Größe {number} \"mm\"","number":{number}.25,"inherited":false}}"#
        )
        .unwrap();
        number += 1;
    }
    data + "]}"
}

/// The same event's headers in binary mode.
pub(crate) fn headers() -> Vec<(String, String)> {
    [
        ("content-type", "application/json"),
        ("content-length", "1000"),
        ("host", "example.com"),
        ("ce-specversion", "1.0"),
        ("ce-id", "385d27ef-ac6d-4d93-904b-ea9801fc1bde"),
        ("ce-source", "elytra-pim"),
        ("ce-type", "com.elytra.product.attribute.value"),
        ("ce-time", "2025-12-31T04:19:30.860984129+01:00"),
        ("ce-eventtype", "product_attribute_value"),
        ("ce-operation", "modify"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}
