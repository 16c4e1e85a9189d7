//! A valid configuration for each table.

use serde_json::{Map, Value, json};

use super::toml;

/// Vars, and a table in them that the schema describes.
pub(super) struct Scene {
    /// The vars, which are valid.
    pub(super) vars: Value,
    /// The place of the table in them.
    pub(super) table: &'static str,
    /// Its schema.
    pub(super) schema: &'static str,
}

/// The place of each table, what follows `/definitions/Elytra` at that of its schema, and the vars that are not the
/// shortest. Fields that exclude each other are in different ones.
const SCENES: [(&str, &str, &str); 25] = [
    ("/WEBHOOK", "Webhook", ""),
    ("/WEBHOOK", "Webhook", r#"WEBHOOK = { auth_type = "bearer", auth = { token = "TOKEN" } }"#),
    (
        "/WEBHOOK/auth",
        "Webhook/properties/auth",
        r#"WEBHOOK = { auth_type = "bearer", auth = { token = "TOKEN" } }"#,
    ),
    (
        "/WEBHOOK/auth",
        "Webhook/properties/auth",
        r#"WEBHOOK = { auth_type = "basic", auth = { username = "TOKEN", password = "OTHER_TOKEN" } }"#,
    ),
    (
        "/WEBHOOK/auth",
        "Webhook/properties/auth",
        r#"WEBHOOK = { auth_type = "apikey", auth = { api_key = "TOKEN" } }"#,
    ),
    (
        "/WEBHOOK/auth/1",
        "Webhook/properties/auth",
        r#"WEBHOOK = { auth_type = "bearer", auth = [{ token = "TOKEN" }, { token = "OTHER_TOKEN" }] }"#,
    ),
    ("/ADMIN", "Admin", r#"ADMIN = { auth_type = "bearer", auth = { token = "ADMIN_TOKEN" } }"#),
    (
        "/ADMIN",
        "Admin",
        r#"ADMIN = { auth_type = "access", team_domain = "shop.cloudflareaccess.com", aud = "tag" }"#,
    ),
    (
        "/ADMIN/auth",
        "Admin/properties/auth",
        r#"ADMIN = { auth_type = "bearer", auth = { token = "ADMIN_TOKEN" } }"#,
    ),
    (
        "/ADMIN/auth",
        "Admin/properties/auth",
        r#"ADMIN = { auth_type = "basic", auth = { username = "ADMIN_TOKEN", password = "ADMIN_TOKEN" } }"#,
    ),
    (
        "/ADMIN/auth",
        "Admin/properties/auth",
        r#"ADMIN = { auth_type = "apikey", auth = { api_key = "ADMIN_TOKEN" } }"#,
    ),
    ("/JOURNAL", "Journal", "JOURNAL = {}"),
    ("/SUBSCRIPTION_A", "Subscription", ""),
    ("/SUBSCRIPTION_A", "Subscription", r#"SUBSCRIPTION_A.service = "SEARCH""#),
    ("/SUBSCRIPTION_A/kv", "Kv", r#"SUBSCRIPTION_A.kv = { binding = "EVENTS" }"#),
    ("/SUBSCRIPTION_A/kv", "Kv", r#"SUBSCRIPTION_A.kv = { binding = "EVENTS", key = "object" }"#),
    ("/SUBSCRIPTION_A/r2", "R2", r#"SUBSCRIPTION_A.r2 = { binding = "ARCHIVE" }"#),
    (
        "/SUBSCRIPTION_A/webhook",
        "HttpDestination",
        r#"SUBSCRIPTION_A.webhook = { url = "https://shop.example.com" }"#,
    ),
    (
        "/SUBSCRIPTION_A/webhook",
        "HttpDestination",
        r#"[SUBSCRIPTION_A.webhook]
        url = "https://shop.example.com"
        auth_type = "bearer"
        auth = { token = "SHOP_TOKEN" }"#,
    ),
    (
        "/SUBSCRIPTION_A/webhook/auth",
        "HttpDestination/properties/auth",
        r#"[SUBSCRIPTION_A.webhook]
        url = "https://shop.example.com"
        auth_type = "bearer"
        auth = { token = "SHOP_TOKEN" }"#,
    ),
    (
        "/SUBSCRIPTION_A/webhook/auth",
        "HttpDestination/properties/auth",
        r#"[SUBSCRIPTION_A.webhook]
        url = "https://shop.example.com"
        auth_type = "basic"
        auth = { username = "SHOP_TOKEN", password = "SHOP_TOKEN" }"#,
    ),
    (
        "/SUBSCRIPTION_A/webhook/auth",
        "HttpDestination/properties/auth",
        r#"[SUBSCRIPTION_A.webhook]
        url = "https://shop.example.com"
        auth_type = "apikey"
        auth = { api_key = "SHOP_TOKEN" }"#,
    ),
    (
        "/SUBSCRIPTION_A/webhook/retry",
        "Retry",
        r#"SUBSCRIPTION_A.webhook = { url = "https://shop.example.com", retry = {} }"#,
    ),
    ("/SUBSCRIPTION_A/service", "Service", r#"SUBSCRIPTION_A.service = { binding = "SEARCH" }"#),
    (
        "/SUBSCRIPTION_A/filters/0",
        "Filter",
        r#"SUBSCRIPTION_A = { queue = "PRODUCTS", filters = [{ sql = "TRUE" }] }"#,
    ),
];

/// Each table.
pub(super) fn scenes() -> Vec<Scene> {
    let scenes = SCENES.into_iter().map(|(table, schema, text)| {
        let mut vars = json!({
            "WEBHOOK": { "auth_type": "none" },
            "SUBSCRIPTION_A": { "queue": "PRODUCTS" },
        });
        for (name, value) in toml(text).as_object().unwrap() {
            vars[name] = value.clone();
        }
        Scene { vars, table, schema }
    });
    scenes.collect()
}

impl Scene {
    /// The table with a field set.
    pub(super) fn set(&self, field: &str, value: Value) -> Value {
        let mut vars = self.vars.clone();
        let table = vars.pointer_mut(self.table).and_then(Value::as_object_mut);
        table.expect("the table").insert(field.to_owned(), value);
        vars
    }

    /// Whether the table has the field.
    pub(super) fn has(&self, field: &str) -> bool {
        let table = self.vars.pointer(self.table).expect("the table");
        table.get(field).is_some()
    }

    /// The place of a field, as the Worker names it.
    pub(super) fn path(&self, field: &str) -> String {
        let mut path = String::new();
        for part in self.table.split('/').skip(1).chain([field]) {
            let is_index = part.bytes().all(|byte| byte.is_ascii_digit());
            let part = if is_index { format!("[{part}]") } else { format!(".{part}") };
            path.push_str(&part);
        }
        path.trim_start_matches('.').to_owned()
    }

    /// The fields that the schema has.
    pub(super) fn fields(&self, schema: &Value) -> Map<String, Value> {
        let path = format!("/definitions/Elytra{}", self.schema);
        let table = schema.pointer(&path).expect("its schema");
        let mut fields = table["properties"].as_object().cloned().expect("its fields");
        for field in fields.values_mut() {
            if let Some(reference) = field["$ref"].as_str() {
                let definition = schema.pointer(reference.trim_start_matches('#'));
                *field = definition.cloned().expect("a definition");
            }
        }
        fields
    }
}
