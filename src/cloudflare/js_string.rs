//! Names as strings of JavaScript's.

use std::cell::RefCell;
use std::collections::BTreeMap;

use js_sys::JsString;

thread_local! {
    static STRINGS: RefCell<BTreeMap<String, JsString>> = RefCell::default();
}

/// This name, made once for each isolate: a decoder of the runtime's has to be called for each, and a
/// batch of 100 messages names 300. Names that come from outside do not belong here, since each is kept.
pub(super) fn js_string(name: &str) -> JsString {
    STRINGS.with_borrow_mut(|strings| {
        if let Some(string) = strings.get(name) {
            return string.clone();
        }
        strings.entry(name.to_owned()).or_insert_with(|| name.into()).clone()
    })
}
