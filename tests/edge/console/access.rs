//! Signing in at Cloudflare Access, with keys of these tests.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use edge::{Answer, Receiver, Reply, Shop, tools};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};

use super::{call, get, settings};

const AUD: &str = "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2";

/// The host that issues tokens, and what it answers.
struct Team {
    shop: Shop,
    authority: String,
    domain: String,
    /// The set of keys, or nothing while it fails.
    keys: Arc<Mutex<Option<String>>>,
}

impl Team {
    fn open() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let certificate = certificate.signed_by(&key, &authority).unwrap();
        let key = key.serialize_der().try_into().unwrap();
        let shop = Shop::open_with_tls(certificate.into(), key);
        let keys = Arc::new(Mutex::new(None::<String>));
        let answer = Arc::clone(&keys);
        shop.answer(move |order| match &*answer.lock().unwrap() {
            Some(keys) if order.path == "/cdn-cgi/access/certs" => {
                Reply::status(200).header("content-type", "application/json").body(keys.clone())
            }
            Some(_) => Reply::status(404),
            None => Reply::status(500),
        });
        let domain = shop.url().trim_start_matches("https://").to_owned();
        Self { shop, authority: authority.pem(), domain, keys }
    }

    fn has(&self, keys: &Value) {
        *self.keys.lock().unwrap() = Some(keys.to_string());
    }

    fn fails(&self) {
        *self.keys.lock().unwrap() = None;
    }

    fn receiver(&self) -> Receiver {
        let admin =
            format!("auth_type = \"access\"\nteam_domain = \"{}\"\naud = \"{AUD}\"", self.domain);
        Receiver::start(&settings(&admin).with_authority(&self.authority))
    }

    /// Makes these tokens: see `tokens.mjs`. Returns the sets of keys too.
    fn tokens(&self, tokens: &[Value]) -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let claims = json!({
            "iss": format!("https://{}", self.domain), "aud": [AUD], "email": "night@example.com",
            "exp": now + 3_600, "nbf": now - 10, "iat": now - 10, "type": "app", "sub": "1",
        });
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("console/tokens.mjs");
        let mut node = tools().node().unwrap();
        let mut node =
            node.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let task = json!({ "tokens": tokens, "claims": claims }).to_string();
        node.stdin.take().unwrap().write_all(task.as_bytes()).unwrap();
        serde_json::from_slice(&node.wait_with_output().unwrap().stdout).unwrap()
    }
}

fn ask(receiver: &Receiver, path: &str, token: &str) -> Answer {
    call(receiver, "GET", path).header("cf-access-jwt-assertion", token).send()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[test]
fn only_a_right_token_lets_in() {
    let team = Team::open();
    let table = [
        ("a right one", json!({}), 200, ""),
        ("its audience alone", json!({"claims": {"aud": AUD}}), 200, ""),
        ("a service", json!({"claims": {"email": "", "common_name": "backup"}}), 200, ""),
        ("clocks that differ a little", json!({"claims": {"nbf": now() + 20}}), 200, ""),
        ("another signature", json!({"spoil": "signature"}), 401, "signature of the token"),
        ("other claims", json!({"spoil": "claims"}), 401, "signature of the token"),
        ("another application", json!({"claims": {"aud": ["x"]}}), 401, "another application"),
        (
            "another team",
            json!({"claims": {"iss": "https://evil.example.com"}}),
            401,
            "another team",
        ),
        ("expired", json!({"claims": {"exp": now() - 60}}), 401, "has expired"),
        ("not valid yet", json!({"claims": {"nbf": now() + 600}}), 401, "not valid yet"),
        ("issued later", json!({"claims": {"iat": now() + 600}}), 401, "not valid yet"),
        ("nobody", json!({"claims": {"email": ""}}), 401, "names nobody"),
        (
            "no algorithm",
            json!({"header": {"alg": "none"}, "spoil": "none"}),
            401,
            "not signed with RS256",
        ),
        (
            "a public key as a secret",
            json!({"header": {"alg": "HS256"}, "spoil": "hmac"}),
            401,
            "not signed with RS256",
        ),
        ("a longer hash", json!({"header": {"alg": "RS512"}}), 401, "not signed with RS256"),
        (
            "an unknown key",
            json!({"header": {"kid": "key-9"}}),
            401,
            "a key that is not the team's",
        ),
        (
            "another key's name",
            json!({"header": {"kid": "key-0"}, "key": 1}),
            401,
            "signature of the token",
        ),
        ("what must be understood", json!({"header": {"crit": ["exp"]}}), 401, "cannot be read"),
        ("no end", json!({"claims": {"exp": null}}), 401, "cannot be read"),
    ];
    let specs: Vec<_> = table.iter().map(|(_, spec, ..)| spec.clone()).collect();
    let made = team.tokens(&specs);
    team.has(&made["first"]);
    let receiver = team.receiver();
    for ((why, _, status, detail), token) in table.iter().zip(made["tokens"].as_array().unwrap()) {
        let answer = ask(&receiver, "/events", token.as_str().unwrap());
        assert_eq!(answer.status, *status, "{why}: {}", answer.body);
        assert!(answer.body.contains(detail), "{why}: {}", answer.body);
    }
    let nothing = get(&receiver, "/events");
    assert_eq!((nothing.status, &*nothing.code()), (401, "credentials_missing"));
    assert_eq!(nothing.header("www-authenticate"), Some("Access realm=\"elytra-webhooks\""));
    for (why, token) in [("no token", "x"), ("two parts", "e30.e30"), ("four", "e30.e30.e30.e30")] {
        let answer = ask(&receiver, "/events", token);
        assert_eq!((answer.status, &*answer.code()), (401, "credentials_wrong"), "{why}");
    }
    assert!(team.shop.orders_so_far().len() <= 2, "an unknown key is looked for once in a while");
}

#[test]
fn a_person_is_named_in_what_they_do() {
    let team = Team::open();
    let made = team.tokens(&[json!({})]);
    team.has(&made["first"]);
    let receiver = team.receiver();
    let token = made["tokens"][0].as_str().unwrap();
    let session = ask(&receiver, "/session", token).json();
    assert_eq!(session["operator"], "night@example.com");
    assert_eq!((&session["auth_type"], &session["signed_in"]), (&json!("access"), &json!(true)));
    let post = |headers: &[(&str, &str)]| {
        let body = r#"{"filter":{"object":"product/1"}}"#;
        let mut call = receiver.post(body).path("/replays").without("authorization");
        call = call.header("content-type", "application/json");
        for (name, value) in headers {
            call = call.header(name, value);
        }
        call.header("cf-access-jwt-assertion", token).send()
    };
    let started = post(&[]);
    assert_eq!(started.json()["replay"]["by"], "night@example.com", "{}", started.body);
    let elsewhere =
        post(&[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example.com")]);
    assert_eq!((elsewhere.status, &*elsewhere.code()), (403, "wrong_origin"));
    let line =
        receiver.log(3).into_iter().find(|line| line["outcome"] == "replay_started").unwrap();
    assert_eq!(
        (&line["operator"], &line["auth_type"]),
        (&json!("night@example.com"), &json!("access"))
    );
    let sign_in = call(&receiver, "POST", "/session").send();
    assert_eq!((sign_in.status, &*sign_in.code()), (404, "no_sessions"), "Access has its own");
}

#[test]
fn keys_are_cached_and_fetched_again() {
    let team = Team::open();
    let made = team.tokens(&[json!({}), json!({"key": 1})]);
    let receiver = team.receiver();
    let [old, new] = [0, 1].map(|number| made["tokens"][number].as_str().unwrap().to_owned());
    let answer = ask(&receiver, "/events", &old);
    assert_eq!((answer.status, &*answer.code()), (503, "keys_unavailable"), "nobody can be let in");
    assert!(!answer.body.contains("localhost"), "where they are is the operator's business");
    // It does not ask again at once, whoever calls.
    assert_eq!(ask(&receiver, "/events", &old).status, 503);
    assert_eq!(team.shop.orders_so_far().len(), 1);

    team.has(&made["first"]);
    let receiver = team.receiver();
    let _ = team.shop.take_orders();
    for _ in 0..3 {
        assert_eq!(ask(&receiver, "/events", &old).status, 200);
    }
    assert_eq!(team.shop.orders_so_far().len(), 1, "they are cached");
    team.fails();
    assert_eq!(ask(&receiver, "/events", &old).status, 200, "a key that is known still counts");

    // A key that is not known is fetched, once the last time is some while ago.
    team.has(&made["both"]);
    edge::wait_until("the new key is found", || {
        (ask(&receiver, "/events", &new).status == 200).then_some(())
    });
    assert_eq!(ask(&receiver, "/events", &old).status, 200);
}
