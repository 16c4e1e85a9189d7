//! The secrets that a configuration names.

use elytra_webhooks_check::Secret;

use crate::{GOOD, and, found, mistakes, warnings, with};

#[test]
fn they_are_listed_with_what_uses_them() {
    let text = with(
        "auth = { token = \"ELYTRA_TOKEN\" }\n",
        "auth = [{ token = \"ELYTRA_TOKEN\" }, { token = \"ELYTRA_TOKEN_NEXT\" }]\n",
    );
    let secrets = found(&text).secrets;
    let secret = |name: &str, used_by: &str| Secret {
        name: name.to_owned(),
        environment: None,
        used_by: vec![used_by.to_owned()],
    };
    let expected = [
        secret("ELYTRA_TOKEN", "WEBHOOK.auth[0].token"),
        secret("ELYTRA_TOKEN_NEXT", "WEBHOOK.auth[1].token"),
        secret("SHOP_TOKEN", "SUBSCRIPTION_SHOP.webhook.auth.token"),
    ];
    assert_eq!(secrets, expected);
}

#[test]
fn the_list_for_wrangler_is_kept_in_step() {
    mistakes(
        "a secret that is not listed would not stop a deployment",
        &with("required = [\"ELYTRA_TOKEN\", \"SHOP_TOKEN\"]", "required = [\"ELYTRA_TOKEN\"]"),
        &[
            "10:12: secrets.required: SHOP_TOKEN is missing, so the Worker could be deployed without it, and would refuse every call",
            "    Write `required = [\"ELYTRA_TOKEN\", \"SHOP_TOKEN\"]`, or run `check --fix`.",
        ],
    );
    mistakes(
        "no list",
        &with("[secrets]\nrequired = [\"ELYTRA_TOKEN\", \"SHOP_TOKEN\"]\n", ""),
        &[
            "1:1: secrets.required: ELYTRA_TOKEN, SHOP_TOKEN is missing, so the Worker could be deployed without it, and would refuse every call",
            "    Write `required = [\"ELYTRA_TOKEN\", \"SHOP_TOKEN\"]`, or run `check --fix`.",
        ],
    );
    warnings(
        "one that nothing uses stops deployments for nothing",
        &with("\"SHOP_TOKEN\"]", "\"SHOP_TOKEN\", \"ADMIN_TOKEN\"]"),
        &[
            "10:43: secrets.required: nothing uses ADMIN_TOKEN",
            "    Write `required = [\"ELYTRA_TOKEN\", \"SHOP_TOKEN\"]`, or run `check --fix`.",
        ],
    );
}

#[test]
fn a_secret_itself_is_found_and_not_repeated() {
    let text =
        with("auth = { token = \"ELYTRA_TOKEN\" }", "auth = { token = \"canary+Y2FuYXJ5\" }");
    let report = found(&text);
    let expected = [
        "10: secrets.required: nothing uses ELYTRA_TOKEN",
        "14: WEBHOOK.auth.token: expected the name of a secret, such as \"ELYTRA_TOKEN\", not the secret itself",
    ];
    assert_eq!(crate::heads(&report.warnings), expected[..1]);
    assert_eq!(crate::heads(&report.mistakes), expected[1..]);
    assert!(!report.print("wrangler.toml").contains("canary"), "it is not printed");
    assert!(!report.to_json().contains("canary"), "nor is it in the JSON");
    for canary in ["canary-of-two ", "JBSWY3DPEHPK3PXP", "canary"] {
        let admin =
            format!("[vars.ADMIN]\nauth_type = \"bearer\"\nauth = {{ token = {canary:?} }}\n");
        let text = and(&admin).replacen("\"ELYTRA_TOKEN\" }", &format!("{canary:?} }}"), 1);
        let report = found(&text);
        assert!(!report.mistakes.is_empty(), "{canary:?} is both the senders' and the operators'");
        assert!(!report.print("wrangler.toml").contains(canary.trim()), "{}", report.print(""));
        assert!(!report.to_json().contains(canary.trim()), "nor in the JSON");
    }
    let small = GOOD.replace("ELYTRA_TOKEN", "elytraToken");
    mistakes("a name in small letters is a name if it is listed as one", &small, &[]);
    mistakes(
        "otherwise it may be the secret",
        &with("auth = { token = \"ELYTRA_TOKEN\" }", "auth = { token = \"canary1\" }"),
        &[
            "14:18: WEBHOOK.auth.token: expected the name of a secret, such as \"ELYTRA_TOKEN\", not the secret itself",
            "    Put the secret with `npx wrangler secret put <NAME>`, and replace it if it was here: it was in a file. If this is a name, list it in secrets.required.",
        ],
    );
    mistakes(
        "a secret in vars is in the file, and in Cloudflare's dashboard",
        &and("[vars]\nSHOP_TOKEN = \"canary-in-plain-text\"\n"),
        &[
            "62:1: SHOP_TOKEN: this is the secret of SUBSCRIPTION_SHOP.webhook.auth.token, and anybody who sees this file sees it",
            "    Remove it from vars, and put a new one with `npx wrangler secret put SHOP_TOKEN`.",
        ],
    );
}
