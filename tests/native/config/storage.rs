//! The configuration of storage: the ledger, the claims, the spool and the keys in KV.

use elytra_webhooks::config::{Binding, Bindings, Config};
use elytra_webhooks::destination::{Destination, KvDestination, ObjectDestination};
use elytra_webhooks::ledger::{Jurisdiction, LedgerSettings};

use super::{accept, bindings, json, text, with};

/// Bindings whose `WEBHOOK` has this field. The name is bound to `binding`, or not at all if that is `None`.
fn webhook(field: &str, name: &str, binding: Option<Binding>) -> Bindings {
    let mut bindings = with("WEBHOOK", json(&format!(r#"{{"auth_type":"none"{field}}}"#)));
    bindings.remove(name);
    bindings.extend(binding.map(|binding| (name.to_owned(), binding)));
    bindings
}

/// Bindings whose `SUBSCRIPTION_A` has a `kv` with these fields.
fn kv(fields: &str) -> Bindings {
    let kv = format!(r#"{{"kv":{{"binding":"EVENTS_KV"{fields}}}}}"#);
    with("SUBSCRIPTION_A", json(&kv))
}

#[track_caller]
fn refuse(why: &str, bindings: &Bindings, expected: &[&str]) {
    let mistakes = Config::from_bindings(bindings).expect_err(why).mistakes;
    let found: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected, "{why}");
}

/// Kinds of bindings, and how messages call them.
fn kinds() -> [(Binding, &'static str); 7] {
    [
        (Binding::Kv, "a KV namespace"),
        (Binding::R2, "an R2 bucket"),
        (Binding::Queue, "a queue"),
        (Binding::RateLimit, "a rate limit"),
        (Binding::DurableObject, "a Durable Object namespace"),
        (text("x"), "a string"),
        (Binding::Other("D1Database".to_owned()), "D1Database"),
    ]
}

const WINDOW: &str = r#","dedupe_window_seconds":86400"#;

#[test]
fn the_window_of_deduplication() {
    let ledger = || Some(Binding::DurableObject);
    for seconds in [60, 86_400, 2_592_000] {
        let field = format!(r#","dedupe_window_seconds":{seconds}"#);
        let config = accept("both ends", &webhook(&field, "LEDGER", ledger()));
        assert_eq!(config.receiver.times.dedupe_window_ms, Some(seconds * 1_000));
    }
    assert_eq!(
        accept("off when the line is gone", &bindings()).receiver.times.dedupe_window_ms,
        None
    );
    for seconds in ["59", "0", "2592001", "-1", "1.5", "\"86400\"", "null"] {
        refuse(
            "longer than a sender retries, and not so long that the table grows without bounds",
            &webhook(&format!(r#","dedupe_window_seconds":{seconds}"#), "LEDGER", ledger()),
            &["WEBHOOK.dedupe_window_seconds: expected a whole number from 60 to 2592000"],
        );
    }
}

#[test]
fn deduplication_needs_the_ledger() {
    let path = "WEBHOOK.dedupe_window_seconds: ";
    refuse(
        "it would be off silently",
        &webhook(WINDOW, "LEDGER", None),
        &[&format!("{path}no Durable Object namespace is bound as \"LEDGER\"")],
    );
    let mut near = webhook(WINDOW, "LEDGER", None);
    near.insert("LEDGERS".to_owned(), Binding::DurableObject);
    let meant = "no Durable Object namespace is bound as \"LEDGER\", did you mean \"LEDGERS\"?";
    refuse("the name is fixed", &near, &[&format!("{path}{meant}")]);
    for (binding, kind) in kinds().into_iter().filter(|(kind, _)| *kind != Binding::DurableObject) {
        let mistake =
            format!("{path}\"LEDGER\" is bound to {kind}, expected a Durable Object namespace");
        refuse("of another kind", &webhook(WINDOW, "LEDGER", Some(binding)), &[&mistake]);
    }
    accept("nobody needs it", &webhook("", "LEDGER", None));
    accept("nobody uses it", &webhook("", "LEDGER", Some(Binding::Queue)));
}

#[test]
fn the_ledger_has_a_number_of_shards_and_a_place() {
    let ledger = |fields: &str| {
        accept("valid", &webhook(fields, "LEDGER", Some(Binding::DurableObject))).stores.ledger
    };
    let of = |shards, jurisdiction| Some(LedgerSettings { shards, jurisdiction });
    assert_eq!(ledger(""), of(1, None), "the default");
    assert_eq!(
        ledger(r#","ledger_shards":32,"jurisdiction":"eu""#),
        of(32, Some(Jurisdiction::Eu))
    );
    assert_eq!(ledger(r#","jurisdiction":"fedramp-high""#), of(1, Some(Jurisdiction::FedrampHigh)));
    assert_eq!(accept("no ledger", &webhook("", "LEDGER", None)).stores.ledger, None);
    let table = [
        (r#","ledger_shards":0"#, "ledger_shards: expected a whole number from 1 to 32"),
        (r#","ledger_shards":33"#, "ledger_shards: expected a whole number from 1 to 32"),
        (r#","ledger_shards":"4""#, "ledger_shards: expected a whole number from 1 to 32"),
        (r#","jurisdiction":"EU""#, "jurisdiction: unknown name \"EU\", did you mean \"eu\"?"),
        (r#","jurisdiction":1"#, "jurisdiction: expected a string"),
    ];
    for (fields, mistake) in table {
        let bindings = webhook(fields, "LEDGER", Some(Binding::DurableObject));
        refuse("it would be elsewhere", &bindings, &[&format!("WEBHOOK.{mistake}")]);
    }
    for field in ["ledger_shards", "jurisdiction"] {
        let value = if field == "jurisdiction" { r#""eu""# } else { "4" };
        let mistake =
            format!("WEBHOOK.{field}: no Durable Object namespace is bound as \"LEDGER\"");
        let bindings = webhook(&format!(r#","{field}":{value}"#), "LEDGER", None);
        refuse("there is nothing to divide or to place", &bindings, &[&mistake]);
    }
}

#[test]
fn claims_have_a_lifetime() {
    let claims = || Some(Binding::Kv);
    let ttl = |field: &str, binding| {
        accept("claims", &webhook(field, "CLAIMS", binding)).stores.claims_expiration_ttl
    };
    assert_eq!(ttl("", None), None, "without a namespace large events are refused");
    assert_eq!(ttl("", claims()), Some(604_800), "a week, longer than a queue keeps a message");
    assert_eq!(ttl(r#","claims_expiration_ttl":60"#, claims()), Some(60), "KV's least");
    for ttl in ["59", "-1", "60.5", "\"60\"", "null"] {
        refuse(
            "KV takes no less than 60 s",
            &webhook(&format!(r#","claims_expiration_ttl":{ttl}"#), "CLAIMS", claims()),
            &["WEBHOOK.claims_expiration_ttl: expected a whole number from 60 to 315360000"],
        );
    }
    refuse(
        "a lifetime of nothing",
        &webhook(r#","claims_expiration_ttl":60"#, "CLAIMS", None),
        &["WEBHOOK.claims_expiration_ttl: no KV namespace is bound as \"CLAIMS\""],
    );
}

#[test]
fn claims_and_spool_are_kv_namespaces() {
    for name in ["CLAIMS", "SPOOL"] {
        for (binding, kind) in kinds().into_iter().filter(|(kind, _)| *kind != Binding::Kv) {
            let mistake = format!("{name}: \"{name}\" is bound to {kind}, expected a KV namespace");
            refuse("it would be missed when it is needed", &with(name, binding), &[&mistake]);
        }
    }
    let mistake =
        "WEBHOOK.claims_expiration_ttl: \"CLAIMS\" is bound to a queue, expected a KV namespace";
    let wrong = webhook(r#","claims_expiration_ttl":60"#, "CLAIMS", Some(Binding::Queue));
    refuse("reported once", &wrong, &[mistake]);
    assert!(!accept("no spool", &bindings()).stores.has_spool);
    assert!(accept("a spool", &with("SPOOL", Binding::Kv)).stores.has_spool);
}

#[test]
fn the_spool_is_drained_to_every_queue() {
    let mut bindings = with("ZZ", Binding::Queue);
    bindings.insert("AA".to_owned(), Binding::Queue);
    let queues = accept("queues that a subscription had before, too", &bindings).stores.queues;
    assert_eq!(queues, ["AA", "EVENTS_QUEUE", "ZZ"]);
}

#[test]
fn kv_has_one_key_per_event_or_object() {
    let kv_of = |fields: &str| accept(fields, &kv(fields)).subscriptions[0].destination.clone();
    let binding = || "EVENTS_KV".to_owned();
    let event = Destination::Kv(KvDestination { binding: binding(), expiration_ttl: None });
    let object = |tombstone_ttl| {
        Destination::Object(ObjectDestination {
            binding: binding(),
            expiration_ttl: None,
            tombstone_ttl,
        })
    };
    assert_eq!(kv_of(""), event, "by default");
    assert_eq!(kv_of(r#","key":"event""#), event);
    assert_eq!(kv_of(r#","key":"object""#), object(604_800), "a week");
    assert_eq!(kv_of(r#","key":"object","tombstone_ttl":60"#), object(60), "KV's least");
    for ttl in ["59", "-1", "60.5", "\"60\"", "null"] {
        refuse(
            "KV takes no less than 60 s",
            &kv(&format!(r#","key":"object","tombstone_ttl":{ttl}"#)),
            &["SUBSCRIPTION_A.kv.tombstone_ttl: expected a whole number from 60 to 315360000"],
        );
    }
    let tombstones = "SUBSCRIPTION_A.kv.tombstone_ttl: only allowed with key = \"object\"";
    refuse("an event is never removed", &kv(r#","tombstone_ttl":60"#), &[tombstones]);
    refuse("an event", &kv(r#","key":"event","tombstone_ttl":60"#), &[tombstones]);
    let unknown = "SUBSCRIPTION_A.kv.key: unknown name \"objects\", did you mean \"object\"?";
    refuse("a typo", &kv(r#","key":"objects""#), &[unknown]);
    refuse(
        "each mistake is reported once",
        &kv(r#","key":"objects","tombstone_ttl":60"#),
        &[unknown],
    );
    let no_text = ["SUBSCRIPTION_A.kv.key: expected a string"];
    refuse("a name", &kv(r#","key":true"#), &no_text);
}

#[test]
fn one_key_per_object_needs_the_ledger() {
    let mut without = kv(r#","key":"object""#);
    without.remove("LEDGER");
    refuse(
        "only the ledger knows which state is newer",
        &without,
        &["SUBSCRIPTION_A.kv.key: no Durable Object namespace is bound as \"LEDGER\""],
    );
    let mut wrong = kv(r#","key":"object""#);
    wrong.insert("LEDGER".to_owned(), Binding::Kv);
    let mistake = "SUBSCRIPTION_A.kv.key: \"LEDGER\" is bound to a KV namespace, expected a Durable Object namespace";
    refuse("of another kind", &wrong, &[mistake]);
    let mut event = kv(r#","key":"event""#);
    event.remove("LEDGER");
    accept("one key per event needs no ledger", &event);
}

#[test]
fn the_time_budget_is_shared() {
    for (budget, claim, ledger, forward) in
        [(4_000, 5_000, 500, 3_500), (100, 1_100, 12, 88), (30_000, 31_000, 3_750, 26_250)]
    {
        let of = |window: &str| {
            let fields = format!(r#","time_budget_ms":{budget}{window}"#);
            accept("a budget", &webhook(&fields, "LEDGER", Some(Binding::DurableObject)))
        };
        let config = of(WINDOW);
        let found = (
            config.receiver.times.claim_ms(),
            config.receiver.times.ledger_ms(),
            config.receiver.times.forward_ms(),
        );
        assert_eq!(found, (claim, ledger, forward), "the ledger is told within the budget");
        assert_eq!(of("").receiver.times.forward_ms(), budget, "without a ledger nobody is told");
    }
}

#[test]
fn reserved_bindings_are_no_destinations() {
    for reserved in ["CLAIMS", "SPOOL"] {
        let kv = format!(r#"{{"kv":{{"binding":"{reserved}"}}}}"#);
        let mut bindings = with("SUBSCRIPTION_A", json(&kv));
        bindings.insert(reserved.to_owned(), Binding::Kv);
        let mistake = format!(
            "SUBSCRIPTION_A.kv.binding: {reserved:?} is reserved for the Worker itself, expected \
             another binding"
        );
        refuse("the Worker's own entries would be mixed in", &bindings, &[&mistake]);
    }
}
