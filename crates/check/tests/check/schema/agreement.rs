//! The schema and the Worker agree on what is valid, as far as a schema can say it.

use jsonschema::Validator;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};
use test_support::property;

use super::said::is_said;
use super::scenes::{Scene, scenes};
use super::{SECRETS, configure, file, published, refusals, validator};

/// Checks that neither refuses what the other has to accept.
#[track_caller]
fn agree(validator: &Validator, vars: &Value) {
    let (file, configured) = (file(vars), configure(vars));
    let is_valid = validator.is_valid(&file);
    match configured {
        Ok(_) => assert!(is_valid, "{vars}: {:#?}", refusals(validator, &file)),
        Err(broken) if is_valid => {
            for error in &broken.mistakes {
                assert!(!is_said(&error.mistake), "{vars}: {error}");
            }
        }
        Err(_) => {}
    }
}

/// Words that only the Worker knows, or neither.
const OTHERS: &[&str] = &[
    "",
    "EVENTS",
    "PRODUCTS",
    "ARCHIVE",
    "SEARCH",
    "CALLS",
    "CLAIMS",
    "DELIVERIES",
    "LEDGER",
    "WEBHOOK",
    "ADMIN",
    "JOURNAL",
    "SUBSCRIPTION_B",
    "SUBSCRIPTION_a",
    "SUBSCRIPTION_",
    "SUBSCRIPTION_A-B",
    "SUBSCRIPTON_A",
    "LOG_LEVEL",
    "https://a.example",
    "HTTPS://a.example:8443/b?c=d",
    "https://a.example?b",
    "https://a.example/b@c",
    "https://user:pass@a.example",
    "https://user:pass@a.example/b",
    "https://a.example/#b",
    "https://:443",
    "https://",
    "http://a.example",
    "HTTP://a.example",
    "ftp://a.example",
    "mailto:a@a.example",
    "/",
    "/a/b",
    "//a",
    "/a?b",
    "/a#b",
    "/a b",
    "a/b",
    "\u{1}",
    "a\u{85}",
    "ä",
    "shop.cloudflareaccess.com",
    "localhost:+8443",
    "localhost:99999",
    "https://shop.cloudflareaccess.com",
    "a..b",
    "Content-Type",
    "HOST",
    "Ce-Id",
    "x-key",
    "x key",
    "subject",
    "eventtype",
    "object.type",
    "object.id",
    "object.name",
    "data",
    "data.",
    "data.a.b",
    "data..a",
    "dataschema",
    "Data",
    "TRUE",
    "EXISTS subject",
    "(",
    "LIKE",
    "com.elytra.product",
];

/// Names of bindings and secrets, and what matches a pattern.
const TEXTS: [&str; 12] = [
    "EVENTS",
    "PRODUCTS",
    "ARCHIVE",
    "SEARCH",
    "CALLS",
    "TOKEN",
    "ADMIN_TOKEN",
    "SHOP_TOKEN",
    "https://a.example/b",
    "/b",
    "x-key",
    "shop.cloudflareaccess.com",
];

/// Words that have a meaning somewhere in the configuration.
fn words() -> Vec<String> {
    let mut words: Vec<String> = OTHERS.iter().chain(&SECRETS).map(ToString::to_string).collect();
    for (name, definition) in published()["definitions"].as_object().unwrap() {
        if name.starts_with("Elytra") {
            collect(definition, &mut words);
        }
    }
    words.sort();
    words.dedup();
    words
}

/// The names of fields, and the names that are values.
fn collect(schema: &Value, words: &mut Vec<String>) {
    match schema {
        Value::Object(keywords) => {
            for (keyword, value) in keywords {
                match (&**keyword, value) {
                    ("properties", Value::Object(fields)) => words.extend(fields.keys().cloned()),
                    ("enum", Value::Array(names)) => {
                        words.extend(
                            names.iter().filter_map(|name| name.as_str().map(str::to_owned)),
                        );
                    }
                    _ => {}
                }
                collect(value, words);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, words)),
        _ => {}
    }
}

/// The numbers at which a bound of some field is.
fn numbers() -> Vec<i64> {
    let text = published().to_string();
    let bounds = ["\"minimum\":", "\"maximum\":", "\"default\":"].into_iter().flat_map(|keyword| {
        let rests = text.split(keyword).skip(1);
        rests
            .filter_map(|rest| rest.split([',', '}']).next()?.parse::<i64>().ok())
            .collect::<Vec<_>>()
    });
    let mut numbers: Vec<_> = bounds
        .flat_map(|bound| [bound.saturating_sub(1), bound, bound.saturating_add(1)])
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// A whole number, which JavaScript prints without a fraction, as wrangler does.
fn float() -> impl Strategy<Value = Value> + Clone {
    (-2_000.0..2_000.0_f64).prop_map(|number| {
        #[expect(clippy::cast_possible_truncation, reason = "it is small")]
        let whole = number as i64;
        if number.fract() == 0.0 { whole.into() } else { number.into() }
    })
}

fn any_value(words: Vec<String>) -> impl Strategy<Value = Value> + Clone {
    let word = select(words);
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        2 => any::<bool>().prop_map(Value::from),
        4 => select(numbers()).prop_map(Value::from),
        1 => float(),
        8 => word.clone().prop_map(Value::from),
        1 => ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            btree_map(word.clone(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A change to one place of a configuration.
#[derive(Debug, Clone)]
enum Change {
    /// Another value.
    Replace(Value),
    /// No value.
    Remove,
    /// One more field, or item.
    Add(String, Value),
}

/// The places in a value.
fn places(value: &Value, path: &str, found: &mut Vec<String>) {
    found.push(path.to_owned());
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                places(
                    value,
                    &format!("{path}/{}", name.replace('~', "~0").replace('/', "~1")),
                    found,
                );
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                places(value, &format!("{path}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn change(vars: &mut Value, place: Index, change: Change) {
    let mut found = Vec::new();
    places(vars, "", &mut found);
    let path = place.get(&found).clone();
    match change {
        Change::Replace(value) if !path.is_empty() => {
            *vars.pointer_mut(&path).unwrap() = value;
        }
        Change::Remove if !path.is_empty() => {
            let (outer, name) = path.rsplit_once('/').unwrap();
            match vars.pointer_mut(outer).unwrap() {
                Value::Object(fields) => {
                    fields.remove(&name.replace("~1", "/").replace("~0", "~"));
                }
                Value::Array(items) => {
                    items.remove(name.parse().unwrap());
                }
                _ => {}
            }
        }
        Change::Add(name, value) => match vars.pointer_mut(&path).unwrap() {
            Value::Object(fields) => {
                fields.insert(name, value);
            }
            Value::Array(items) => items.push(value),
            other => *other = value,
        },
        Change::Replace(_) | Change::Remove => {}
    }
}

fn changes() -> impl Strategy<Value = Vec<(Index, Change)>> {
    let words = words();
    let value = any_value(words.clone());
    let change = prop_oneof![
        4 => value.clone().prop_map(Change::Replace),
        1 => Just(Change::Remove),
        4 => (select(words), value).prop_map(|(name, value)| Change::Add(name, value)),
    ];
    vec((any::<Index>(), change), 0..4)
}

/// A value that a schema allows, in most cases.
fn allowed(
    schema: &Value,
    root: &Value,
    random: &mut impl FnMut(usize) -> usize,
    depth: usize,
) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let schema = root.pointer(reference.trim_start_matches('#')).unwrap();
        return allowed(schema, root, random, depth);
    }
    if let Some(names) = schema["enum"].as_array() {
        return names[random(names.len())].clone();
    }
    let kind = match &schema["type"] {
        Value::Array(types) => types[random(types.len())].as_str(),
        single => single.as_str(),
    };
    match kind {
        Some("object") => {
            let mut table = Map::new();
            let is_one = !schema["maxProperties"].is_null();
            let fields = schema["properties"].as_object().cloned().unwrap_or_default();
            let chosen = random(fields.len().max(1));
            for (index, (name, of_field)) in fields.iter().enumerate() {
                let is_required =
                    schema["required"].as_array().is_some_and(|all| all.contains(&json!(name)));
                let is_chosen = if is_one { index == chosen } else { random(3) == 0 };
                if is_required || (is_chosen && (depth < 6 || !is_one)) {
                    table.insert(name.clone(), allowed(of_field, root, random, depth + 1));
                }
            }
            if schema["additionalProperties"].is_object() {
                table.insert("subject".to_owned(), json!("a"));
            }
            table.into()
        }
        Some("array") => {
            let count = random(3);
            (0..count).map(|_| allowed(&schema["items"], root, random, depth + 1)).collect()
        }
        Some("integer" | "number") => {
            let (least, most) = (&schema["minimum"], &schema["maximum"]);
            let between = least.as_u64().unwrap_or(1) + 1;
            [least.clone(), most.clone(), json!(between)][random(3)].clone()
        }
        Some("boolean") => (random(2) == 0).into(),
        Some("string") => TEXTS[random(TEXTS.len())].into(),
        _ => schema.get("anyOf").map_or(Value::Null, |any| {
            let any = any.as_array().unwrap();
            allowed(&any[random(any.len())], root, random, depth)
        }),
    }
}

/// What is valid, and what is nearly valid.
#[test]
fn both_agree_on_changed_configurations() {
    let validator = validator();
    let scenes: Vec<_> = scenes().into_iter().map(|scene| scene.vars).collect();
    property((select(scenes), changes()), |(mut vars, changes)| {
        for (place, of_place) in changes {
            change(&mut vars, place, of_place);
        }
        agree(&validator, &vars);
    });
}

/// What the schema allows, with every field that there is.
#[test]
fn both_agree_on_what_the_schema_allows() {
    let validator = validator();
    let root = published();
    property((vec(any::<u16>(), 400), changes()), |(numbers, changes)| {
        let mut numbers = numbers.into_iter().cycle();
        let mut random = |below: usize| usize::from(numbers.next().unwrap_or_default()) % below;
        let definition = |name: &str| root["definitions"][name].clone();
        let mut vars = json!({
            "WEBHOOK": allowed(&definition("ElytraWebhook"), &root, &mut random, 0),
            "SUBSCRIPTION_A": allowed(&definition("ElytraSubscription"), &root, &mut random, 0),
        });
        if random(2) == 0 {
            vars["ADMIN"] = allowed(&definition("ElytraAdmin"), &root, &mut random, 0);
            vars["JOURNAL"] = allowed(&definition("ElytraJournal"), &root, &mut random, 0);
        }
        agree(&validator, &vars);
        for (place, of_place) in changes {
            change(&mut vars, place, of_place);
        }
        agree(&validator, &vars);
    });
}

/// Every field of every table with every word and number. Chance would seldom meet some of them.
#[test]
fn both_agree_on_every_word_in_every_field() {
    let validator = validator();
    let root = published();
    let (words, numbers) = (words(), numbers());
    let lists = words.iter().map(|word| json!([word])).collect::<Vec<_>>();
    let texts = words.into_iter().map(Value::from);
    let mut values: Vec<_> = texts.chain(numbers.into_iter().map(Value::from)).collect();
    values.extend([json!(true), json!(false), json!([]), json!({}), json!([[]]), json!(1.5)]);
    let mut checked = 0;
    for scene in scenes() {
        for (field, of_field) in scene.fields(&root) {
            let lists = if of_field["items"].is_null() { &[][..] } else { &lists };
            for value in values.iter().chain(lists) {
                agree(&validator, &scene.set(&field, value.clone()));
                checked += 1;
            }
        }
    }
    assert!(checked > 10_000, "{checked}");
}

/// What is often written in a field.
fn usual(of_field: &Value) -> Vec<Value> {
    let names = of_field["enum"].as_array().cloned().unwrap_or_default();
    let numbers = [of_field.get("minimum"), of_field.get("maximum"), of_field.get("default")];
    let mut usual: Vec<_> =
        names.into_iter().chain(numbers.into_iter().flatten().cloned()).collect();
    if of_field["type"] == "boolean" {
        usual.extend([json!(true), json!(false)]);
    }
    if usual.is_empty() {
        let texts = ["EVENTS", "TOKEN", "*", "http://a.example", "a.example", "/"];
        usual.extend(texts.map(Value::from));
        usual.extend([json!(["a"]), json!({ "subject": "a" }), json!({ "token": "SHOP_TOKEN" })]);
    }
    usual
}

/// Fields that require and exclude each other.
#[test]
fn both_agree_on_every_two_fields() {
    let validator = validator();
    let root = published();
    let mut checked = 0;
    for scene in scenes() {
        let fields: Vec<_> = scene.fields(&root).into_iter().collect();
        for (index, (one, of_one)) in fields.iter().enumerate() {
            for value in usual(of_one) {
                let with_one = Scene { vars: scene.set(one, value), ..scene };
                for (other, of_other) in fields.iter().skip(index + 1) {
                    for value in usual(of_other) {
                        agree(&validator, &with_one.set(other, value));
                        checked += 1;
                    }
                }
            }
        }
    }
    assert!(checked > 10_000, "{checked}");
}

/// Names of attributes are words, too.
#[test]
fn both_agree_on_the_names_of_attributes() {
    let validator = validator();
    for word in words() {
        for dialect in ["exact", "prefix", "suffix"] {
            let filters = json!([{ dialect: { word.as_str(): "a" } }]);
            let subscription = json!({ "queue": "PRODUCTS", "filters": filters });
            let vars =
                json!({ "WEBHOOK": { "auth_type": "none" }, "SUBSCRIPTION_A": subscription });
            agree(&validator, &vars);
        }
    }
}

/// And so are those of vars.
#[test]
fn both_agree_on_the_names_of_vars() {
    let validator = validator();
    let subscription = json!({ "queue": "PRODUCTS" });
    let long = format!("SUBSCRIPTION_{}", "A".repeat(64));
    for word in words().into_iter().chain([long.clone(), format!("{long}A")]) {
        for value in [subscription.clone(), json!("a"), json!(1), json!([]), json!({})] {
            let mut vars = json!({
                "WEBHOOK": { "auth_type": "none" },
                "SUBSCRIPTION_Z": subscription.clone(),
            });
            vars[word.as_str()] = value.clone();
            agree(&validator, &vars);
            let only = json!({ "WEBHOOK": { "auth_type": "none" }, word.as_str(): value });
            agree(&validator, &only);
        }
    }
}
