//! Cached JavaScript strings.

use std::cell::RefCell;
use std::collections::BTreeMap;

use js_sys::JsString;

thread_local! {
    static STRINGS: RefCell<BTreeMap<String, JsString>> = RefCell::default();
}

/// A name as a JavaScript string, made once per isolate. Otherwise the runtime's decoder would run
/// for each name, and a batch of 100 messages has 300 of them. Strings are never released, so names
/// must not come from outside.
pub(super) fn js_string(name: &str) -> JsString {
    STRINGS.with_borrow_mut(|strings| {
        if let Some(string) = strings.get(name) {
            return string.clone();
        }
        strings.entry(name.to_owned()).or_insert_with(|| name.into()).clone()
    })
}
