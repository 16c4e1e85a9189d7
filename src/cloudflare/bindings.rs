//! The Worker's `env` as values: the bindings and their kinds.

use js_sys::{JSON, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use worker::{Bucket, Env, EnvBinding, Fetcher, ObjectNamespace, Queue, RateLimiter};

use crate::config::{Binding, Bindings};

/// The class of a KV namespace in workerd.
const KV_CLASS: &str = "KvNamespace";

/// Reads every binding of the `env`.
pub(super) fn read(env: &Env) -> Bindings {
    let env: &Object = env.unchecked_ref();
    Object::keys(env)
        .iter()
        .filter_map(|name| {
            let value = Reflect::get(env, &name).ok()?;
            Some((name.as_string()?, classify(&value)))
        })
        .collect()
}

fn classify(value: &JsValue) -> Binding {
    if let Some(text) = value.as_string() {
        return Binding::Text(text);
    }
    match class_of(value).as_deref() {
        Some(<Queue as EnvBinding>::TYPE_NAME) => Binding::Queue,
        Some(KV_CLASS) => Binding::Kv,
        Some(<Bucket as EnvBinding>::TYPE_NAME) => Binding::R2,
        Some(<RateLimiter as EnvBinding>::TYPE_NAME) => Binding::RateLimit,
        Some(<ObjectNamespace as EnvBinding>::TYPE_NAME) => Binding::DurableObject,
        Some(<Fetcher as EnvBinding>::TYPE_NAME) => Binding::Service,
        Some("Object" | "Array") | None => {
            let json = JSON::stringify(value).ok().and_then(|json| json.as_string());
            Binding::Json(json.unwrap_or_else(|| "null".to_owned()))
        }
        Some(class) => Binding::Other(class.to_owned()),
    }
}

/// The name of an object's class. `None` if it is not an object.
fn class_of(value: &JsValue) -> Option<String> {
    let constructor = Reflect::get(value, &JsValue::from_str("constructor")).ok()?;
    Reflect::get(&constructor, &JsValue::from_str("name")).ok()?.as_string()
}
