//! Rate limits: senders that are too fast are told to retry later, and a failing limit costs no
//! event.

use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use edge::{Fault, Receiver, Settings, event};

/// Three requests per minute for each credential, with a real binding.
fn limited() -> Settings {
    Settings::new(
        r#"
        [vars.WEBHOOK]
        auth_type = "bearer"
        auth = [{ token = "TOKEN" }, { token = "TOKEN_NEXT" }]
        rate_limit = "CALLS"

        [vars.SUBSCRIPTION_ALL]
        queue = "EVENTS_QUEUE"

        [[ratelimits]]
        name = "CALLS"
        namespace_id = "1001"
        simple = { limit = 3, period = 60 }
        "#,
    )
    .with_secret("TOKEN", "right-token")
    .with_secret("TOKEN_NEXT", "next-token")
}

/// The local rate limit counts by the minute, so a test must not cross into the next one.
fn wait_while_the_minute_ends() {
    while SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() % 60 >= 50 {
        sleep(Duration::from_millis(200));
    }
}

#[test]
fn too_fast() {
    let receiver = Receiver::start(&limited());
    wait_while_the_minute_ends();
    let post = |id: &str| receiver.post(event(id, "product"));

    // Requests that are not authenticated do not count.
    for _ in 0..5 {
        let answer = post("0").header("authorization", "Bearer wrong-token").send();
        assert_eq!(answer.status, 401);
    }
    for id in ["1", "2", "3"] {
        let answer = post(id).send();
        assert_eq!(answer.status, 202, "{}", answer.body);
    }
    let answer = post("4").header("user-agent", "elytra/1").send();
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("10")));
    assert_eq!(
        answer.body,
        r#"{"type":"urn:elytra-webhooks:too_fast","title":"Too many requests","status":429,"code":"too_fast","detail":"too many requests with these credentials"}"#
    );
    // Each credential has its own limit. Health and the handshake have none.
    let other = post("5").header("authorization", "Bearer next-token").send();
    assert_eq!(other.status, 202, "{}", other.body);
    assert_eq!(receiver.post("").method("GET").path("/health").send().status, 200);
    assert_eq!(receiver.post("").method("OPTIONS").send().status, 200);

    assert_eq!(receiver.received(4).len(), 4);
    let log = receiver.log(12);
    assert_eq!(log[8]["outcome"], "refused");
    assert_eq!((&log[8]["code"], &log[8]["credential"]), (&"too_fast".into(), &"TOKEN".into()));
    assert_eq!(log[8]["user_agent"], "elytra/1");
}

#[test]
fn a_limit_that_fails() {
    let receiver = Receiver::start(&limited());
    receiver.fail(&[Fault::fail("CALLS")]);
    for id in ["1", "2", "3", "4", "5"] {
        let answer = receiver.post(event(id, "product")).send();
        assert_eq!(answer.status, 202, "{}", answer.body);
    }
    assert_eq!(receiver.received(5).len(), 5);
    let log = receiver.log(5);
    assert!(log.iter().all(|line| line["outcome"] == "accepted"));
    // The operator is told, so that it gets fixed.
    let reported = receiver.output().matches("rate limit \"CALLS\" failed: ").count();
    assert_eq!(reported, 5, "{}", receiver.output());
}
