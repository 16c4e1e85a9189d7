//! `ADMIN`: how an operator authenticates.

use elytra_webhooks::auth::{Access, Admin, ApiKey, Authentication, Credential};
use elytra_webhooks::config::{Binding, Bindings, Config};

use super::{accept, bindings, json, text, with};

/// Bindings with this table and the bindings that dead letters need.
fn with_dead(name: &str, fields: &str) -> Bindings {
    let mut bindings = with(name, json(&format!("{{{fields}}}")));
    bindings.insert("DELIVERIES".to_owned(), Binding::Queue);
    bindings.insert("DEAD".to_owned(), Binding::Kv);
    bindings
}

#[track_caller]
fn admin(fields: &str) -> Authentication {
    match accept(fields, &with_dead("ADMIN", fields)).admin {
        Some(Admin::Credentials(authentication)) => authentication,
        admin => panic!("{fields}: {admin:?}"),
    }
}

#[track_caller]
fn refuse(why: &str, name: &str, fields: &str, expected: &[&str]) {
    let mistakes = Config::from_bindings(&with_dead(name, fields)).unwrap_err().mistakes;
    let found: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected, "{why}");
    assert!(!format!("{mistakes:?}").contains("canary"), "{why}: a secret shows");
}

#[test]
fn it_has_credentials_of_its_own() {
    assert_eq!(accept("nobody may", &bindings()).admin, None);
    let token = Credential::secret("TOKEN_NEXT", "next-canary");
    assert_eq!(
        admin(r#""auth_type":"bearer","auth":{"token":"TOKEN_NEXT"}"#),
        Authentication::Bearer(vec![token.clone()])
    );
    assert_eq!(
        admin(r#""auth_type":"bearer","auth":[{"token":"TOKEN_NEXT"},{"token":"TOKEN"}]"#),
        Authentication::Bearer(vec![token, Credential::secret("TOKEN", "token-canary")]),
        "while a secret is being rotated"
    );
    let user_pass = Credential::user_pass("PASSWORD", "username-canary", "password:canary");
    assert_eq!(
        admin(r#""auth_type":"basic","auth":{"username":"USERNAME","password":"PASSWORD"}"#),
        Authentication::Basic(vec![user_pass])
    );
    let header_name = "x-admin".to_owned();
    let credential = Credential::secret("API_KEY", "key-canary");
    assert_eq!(
        admin(r#""auth_type":"apikey","auth":{"api_key":"API_KEY","header_name":"X-Admin"}"#),
        Authentication::ApiKey(vec![ApiKey { header_name, credential }])
    );
}

#[test]
fn none_is_refused() {
    let none = "ADMIN.auth_type: \"none\" is not allowed here";
    refuse("an operator always has to authenticate", "ADMIN", r#""auth_type":"none""#, &[none]);
    refuse("it is required", "ADMIN", "", &["ADMIN.auth_type: missing"]);
    refuse("no secret", "ADMIN", r#""auth_type":"bearer""#, &["ADMIN.auth: missing"]);
    let unset = "ADMIN.auth.token: no secret with this name is set, expected a secret that only operators have, such as \"ADMIN_TOKEN\"";
    let token = r#""auth_type":"bearer","auth":{"token":"not-set-canary"}"#;
    refuse("a secret instead of its name", "ADMIN", token, &[unset]);
    let both = r#""auth_type":"none","auth":{"token":"TOKEN"}"#;
    let with_none = "ADMIN.auth: not allowed with auth_type \"none\"";
    refuse("not even with auth", "ADMIN", both, &[with_none]);
}

/// Bindings with these secrets, in which `WEBHOOK` and a webhook each have their own secret.
fn with_secrets_of_others(fields: &str, secrets: &[&str]) -> Bindings {
    let mut bindings = with_dead("ADMIN", fields);
    let shop = r#"{"webhook":{"url":"https://shop.example.com","auth_type":"bearer","auth":{"token":"SHOP_TOKEN"}}}"#;
    let webhook = r#"{"auth_type":"bearer","auth":[{"token":"ELYTRA_TOKEN"}]}"#;
    for (name, table) in [("SUBSCRIPTION_SHOP", shop), ("WEBHOOK", webhook)] {
        bindings.insert(name.to_owned(), json(table));
    }
    bindings.insert("DEAD_LETTERS".to_owned(), Binding::Queue);
    for secret in secrets.iter().chain(&["ELYTRA_TOKEN", "SHOP_TOKEN"]) {
        bindings.insert((*secret).to_owned(), text(&format!("canary of {secret}")));
    }
    bindings
}

#[test]
fn only_secrets_for_operators_are_suggested() {
    let refuse = |fields: &str, secrets: &[&str], expected: &[&str]| {
        let mistakes =
            Config::from_bindings(&with_secrets_of_others(fields, secrets)).unwrap_err().mistakes;
        let found: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "{fields}");
    };
    let not_set = "no secret with this name is set, expected";
    let own = |field: &str, example: &str| {
        format!(
            "ADMIN.auth{field}: {not_set} a secret that only operators have, such as {example:?}"
        )
    };
    let token = r#""auth_type":"bearer","auth":{"token":"ADMIN_TOKEN"}"#;
    refuse(token, &[], &[&own(".token", "ADMIN_TOKEN")]);
    let near = format!(
        "ADMIN.auth.token: {not_set} the name of a secret, did you mean \"ADMIN_TOKEN_NEXT\"?"
    );
    refuse(token, &["ADMIN_TOKEN_NEXT"], &[&near]);
    // Another party's token that no var names yet.
    refuse(token, &["ADMIX_TOKEN", "ELYTRA_TOKEN_NEXT"], &[&own(".token", "ADMIN_TOKEN")]);
    let basic = r#""auth_type":"basic","auth":{"username":"?","password":"!"}"#;
    let (username, password) =
        (own(".username", "ADMIN_USERNAME"), own(".password", "ADMIN_PASSWORD"));
    refuse(basic, &[], &[&username, &password]);
    let key = r#""auth_type":"apikey","auth":[{"api_key":"?"}]"#;
    refuse(key, &[], &[&own("[0].api_key", "ADMIN_API_KEY")]);
}

#[test]
fn it_has_no_other_field() {
    let fields = r#""auth_type":"bearer","auth":{"token":"TOKEN"},"methods":["POST"]"#;
    refuse("a field of WEBHOOK", "ADMIN", fields, &["ADMIN.methods: unknown field"]);
    let mistakes = Config::from_bindings(&with("ADMIN", json("[]"))).unwrap_err().mistakes;
    assert_eq!(mistakes[0].to_string(), "ADMIN: expected a table");
    let meant = |name: &str| {
        refuse(name, name, "", &[&format!("{name}: unknown var, did you mean \"ADMIN\"?")]);
    };
    meant("ADMINS");
    meant("admin");
}

#[test]
fn without_dead_letters_there_is_still_an_operator() {
    let fields = r#"{"auth_type":"bearer","auth":{"token":"TOKEN"}}"#;
    let config = accept("requests can be explained", &with("ADMIN", json(fields)));
    assert!(config.admin.is_some() && !config.stores.has_dead_letters);
    let config =
        accept("both", &with_dead("ADMIN", r#""auth_type":"bearer","auth":{"token":"TOKEN"}"#));
    assert!(config.stores.has_dead_letters);
}

#[test]
fn dead_letters_need_both_bindings() {
    let refuse = |name: &str, binding: Binding, expected: &str| {
        let fields = r#"{"auth_type":"bearer","auth":{"token":"TOKEN"}}"#;
        let mut bindings = with("ADMIN", json(fields));
        bindings.insert(name.to_owned(), binding);
        let mistakes = Config::from_bindings(&bindings).unwrap_err().mistakes;
        let found: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
        assert_eq!(found, [expected]);
    };
    refuse("DEAD", Binding::Kv, "ADMIN: no queue is bound as \"DELIVERIES\"");
    refuse("DELIVERIES", Binding::Queue, "ADMIN: no KV namespace is bound as \"DEAD\"");
}

#[test]
fn it_can_be_cloudflare_access() {
    let fields =
        r#""auth_type":"access","team_domain":"shop.cloudflareaccess.com","aud":"4714c1358e65""#;
    let expected = Access {
        team_domain: "shop.cloudflareaccess.com".to_owned(),
        aud: "4714c1358e65".to_owned(),
    };
    let admin = accept("a team and an application", &with_dead("ADMIN", fields)).admin;
    assert_eq!(admin, Some(Admin::Access(expected)));

    let access = r#""auth_type":"access""#;
    let missing = ["ADMIN.team_domain: missing", "ADMIN.aud: missing"];
    refuse("both are needed", "ADMIN", access, &missing);
    let host = "ADMIN.team_domain: expected the name of a host, such as \
        team.cloudflareaccess.com, without https://";
    for domain in ["https://shop.cloudflareaccess.com", "", "a..b", "shop.example.com/", "a:99999"]
    {
        let fields = format!(r#"{access},"team_domain":"{domain}","aud":"1""#);
        refuse(domain, "ADMIN", &fields, &[host]);
    }
    let fields = format!(r#"{access},"team_domain":"a.example.com","aud":"""#);
    refuse("an empty audience is none", "ADMIN", &fields, &["ADMIN.aud: missing"]);
    let fields = format!(r#"{access},"team_domain":"a.example.com","aud":"1","auth":{{}}"#);
    refuse(
        "there are no secrets",
        "ADMIN",
        &fields,
        &["ADMIN.auth: unknown field, did you mean \"aud\"?"],
    );
    let only = "WEBHOOK.auth_type: access is only for ADMIN: whoever sends events has no browser";
    refuse("Elytra has no browser", "WEBHOOK", access, &[only]);
}

/// What the console shows of a configuration has nothing that may be secret.
#[test]
fn what_is_shown_of_it_hides_secrets() {
    let cases = [
        (
            "the name of a secret",
            r#""auth_type":"bearer","auth":{"token":"TOKEN"}"#,
            r#"{"auth":{"token":"TOKEN"},"auth_type":"bearer"}"#,
        ),
        (
            "several, and the name of a header",
            r#""auth_type":"apikey","auth":[{"api_key":"API_KEY","header_name":"x-canary"}]"#,
            r#"{"auth":[{"api_key":"API_KEY","header_name":"x-canary"}],"auth_type":"apikey"}"#,
        ),
    ];
    for (why, fields, expected) in cases {
        let config = accept(why, &with_dead("ADMIN", fields));
        assert_eq!(config.tables["ADMIN"].to_string(), expected, "{why}");
    }
    let urls = [
        ("https://shop.example.com/elytra?key=canary", "https://shop.example.com/elytra?(hidden)"),
        ("https://shop.example.com", "https://shop.example.com"),
    ];
    for (url, shown) in urls {
        let mut bindings =
            with_dead("SUBSCRIPTION_SHOP", &format!(r#""webhook":{{"url":"{url}"}}"#));
        bindings.insert("DEAD_LETTERS".to_owned(), Binding::Queue);
        let config = accept(url, &bindings);
        assert_eq!(config.tables["SUBSCRIPTION_SHOP"]["webhook"]["url"], shown);
    }
}
