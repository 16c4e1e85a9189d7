//! Several environments in one file.

use std::collections::BTreeMap;

use elytra_webhooks_check::{Scope, check, config};

use crate::{GOOD, and, found, heads, mistakes, read, warnings};

/// A staging that has everything of its own.
const STAGING: &str = r#"
[env.staging.secrets]
required = ["ELYTRA_TOKEN"]

[env.staging.vars.WEBHOOK]
auth_type = "bearer"
auth = { token = "ELYTRA_TOKEN" }

[env.staging.vars.SUBSCRIPTION_PRODUCTS]
queue = "PRODUCT_EVENTS"

[[env.staging.queues.producers]]
binding = "PRODUCT_EVENTS"
queue = "product-events-staging"

[[env.staging.kv_namespaces]]
binding = "SPOOL"
"#;

#[test]
fn what_is_inherited_need_not_be_repeated() {
    let report = found(&and(STAGING));
    assert_eq!((heads(&report.mistakes), heads(&report.warnings)), (Vec::new(), Vec::new()));
    let names = report.secrets.iter().map(|secret| (secret.environment.as_deref(), &*secret.name));
    let names: Vec<_> = names.collect();
    let expected =
        [(None, "ELYTRA_TOKEN"), (None, "SHOP_TOKEN"), (Some("staging"), "ELYTRA_TOKEN")];
    assert_eq!(names, expected, "each environment has secrets of its own");
}

#[test]
fn what_is_not_inherited_is_named() {
    let text = and("\n[env.staging]\nname = \"shop-events-staging\"\n");
    mistakes(
        "an empty environment has no configuration",
        &text,
        &[
            "62:1: [env.staging] WEBHOOK: missing",
            "    Environments do not inherit vars: repeat what [env.staging] needs as [env.staging.vars].",
            "62:1: [env.staging] SUBSCRIPTION_<NAME>: missing: without a subscription every event would be ignored",
            "    Environments do not inherit vars: repeat what [env.staging] needs as [env.staging.vars].",
        ],
    );
    let [webhook, _] = &found(&text).mistakes[..] else { panic!("two mistakes") };
    let expected = "Environments do not inherit vars: repeat what [env.staging] needs as \
                    [env.staging.vars].";
    assert_eq!(webhook.help, expected);

    let text = and(&STAGING.replace("[[env.staging.queues.producers]]\nbinding = \"PRODUCT_EVENTS\"\nqueue = \"product-events-staging\"\n", ""));
    mistakes(
        "the queue that the top level binds",
        &text,
        &[
            "70:1: [env.staging] SUBSCRIPTION_PRODUCTS.queue: no queue is bound as \"PRODUCT_EVENTS\"",
            "    Environments do not inherit queues: repeat what [env.staging] needs as [env.staging.queues].",
        ],
    );
    let help = &found(&text).mistakes[0].help;
    let expected = "Environments do not inherit queues: repeat what [env.staging] needs as \
                    [env.staging.queues].";
    assert_eq!(help, expected);
}

#[test]
fn the_ledger_of_a_journal_is_not_inherited() {
    mistakes(
        "a table that was copied without its binding",
        &and(&format!("{STAGING}\n[env.staging.vars.JOURNAL]\n")),
        &[
            "79:19: [env.staging] JOURNAL: no Durable Object namespace is bound as \"LEDGER\"",
            "    Environments do not inherit durable_objects: repeat what [env.staging] needs as [env.staging.durable_objects].",
        ],
    );
}

#[test]
fn what_must_not_be_shared_is_found() {
    let shared = STAGING.replace("product-events-staging", "product-events");
    let report = found(&and(&shared));
    assert_eq!(
        heads(&report.warnings),
        ["72: [env.staging] queues.producers: PRODUCT_EVENTS writes to \"product-events\", as \
          PRODUCT_EVENTS of the top level does"]
    );
    let consumer = "\n[[env.staging.queues.producers]]\nbinding = \"DELIVERIES\"\nqueue = \"deliveries\"\n\
                    [[env.staging.queues.consumers]]\nqueue = \"deliveries\"\n";
    let report = found(&and(&format!("{STAGING}{consumer}")));
    assert_eq!(
        heads(&report.mistakes),
        [
            "82: [env.staging] queues.consumers: the top level consumes \"deliveries\" too, but a queue \
          has only one consumer: whichever is deployed second fails"
        ]
    );
}

#[test]
fn an_environment_must_not_take_the_address_of_another() {
    let routes = "build.command = \"cargo xtask build\"\nroutes = [{ pattern = \"a.example\", custom_domain = true }]";
    let text = and(STAGING).replace("build.command = \"cargo xtask build\"", routes);
    mistakes(
        "it would be inherited",
        &text,
        &[
            "63:6: [env.staging] routes: [env.staging] inherits routes of the top level, and takes the address away from it when it is deployed",
            "    Write routes = [] in [env.staging], or routes of its own.",
        ],
    );
    let own =
        text.replace("[env.staging.secrets]", "[env.staging]\nroutes = []\n[env.staging.secrets]");
    mistakes("it has none", &own, &[]);
}

#[test]
fn every_pair_of_environments_is_compared() {
    let qa = STAGING.replace("staging.", "qa.");
    let text = and(&format!("{STAGING}{qa}"));
    let expected = "[env.staging] queues.producers: PRODUCT_EVENTS writes to \"product-events-staging\", \
                    as PRODUCT_EVENTS of [env.qa] does";
    let found = heads(&found(&text).warnings);
    assert!(matches!(&found[..], [one] if one.ends_with(expected)), "{found:?}");
    for (scope, count) in [(Scope::TopLevel, 0), (Scope::Environment("qa"), 1)] {
        assert_eq!(check(&text, scope, |_| true).warnings.len(), count, "{scope:?}");
    }
}

#[test]
fn one_environment_can_be_checked_alone() {
    let broken = and(&STAGING.replace("bearer", "bearr"));
    let count = |scope| check(&broken, scope, |_| true).mistakes.len();
    assert_eq!(count(Scope::TopLevel), 0, "a mistake in staging stops no production");
    assert_eq!(count(Scope::Environment("staging")), 1);
    assert_eq!(count(Scope::All), 1);
    let report = check(&broken, Scope::Environment("stagin"), |_| true);
    let expected = "1: env: there is no [env.stagin], did you mean \"staging\"?";
    assert_eq!(heads(&report.mistakes), [expected]);
}

#[test]
fn a_top_level_that_is_only_a_base_is_not_checked() {
    let base = "name = \"a\"\nmain = \"m\"\n[triggers]\ncrons = [\"* * * * *\"]\n";
    mistakes("its vars are all in the environment", &format!("{base}{STAGING}"), &[]);
}

#[test]
fn an_environment_is_read_as_a_configuration() {
    let text = and(STAGING);
    let staging = config(&text, Some("staging"), &BTreeMap::new()).expect("a configuration");
    let names: Vec<_> = staging.subscriptions.iter().map(|one| &*one.name).collect();
    assert_eq!(names, ["products"]);
    let top = config(GOOD, None, &BTreeMap::new()).expect("a configuration");
    assert_eq!(top.subscriptions.iter().count(), 2);
    let report = config(&text, Some("prod"), &BTreeMap::new()).expect_err("no such environment");
    assert_eq!(heads(&report.mistakes), ["1: env: there is no [env.prod]"]);
}

#[test]
fn the_staging_that_the_shipped_file_suggests_is_right() {
    let shipped = read("wrangler.toml");
    let (before, staging) = shipped.split_once("# [env.staging.secrets]").expect("staging");
    let staging = staging.replace("\n# ", "\n").replace("\n#\n", "\n\n");
    let text = format!("{before}[env.staging.secrets]{staging}");
    warnings("uncommented", &text, &[]);
    let staging = config(&text, Some("staging"), &BTreeMap::new()).expect("a configuration");
    assert!(staging.stores.has_spool && staging.stores.ledger.is_some(), "{staging:?}");
    assert!(staging.journal.is_some(), "{staging:?}");
}
