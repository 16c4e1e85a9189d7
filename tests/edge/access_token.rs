//! The bearer token in the query (http-webhook section 3.1): it grants access, and is never
//! revealed.

use edge::{Receiver, Settings, event};

#[test]
fn in_the_query() {
    let settings = Settings::both().with_secret("OTHER", "unused");
    let receiver = Receiver::start(&settings);
    let post = |path| receiver.post(event("1", "product")).without("authorization").path(path);

    for path in ["/webhook?access_token=right-token", "/webhook?a=b&access_token=right%2Dtoken&c"] {
        let answer = post(path).send();
        assert_eq!(
            (answer.status, answer.header("cache-control")),
            (202, Some("private")),
            "{path}"
        );
    }

    // A token in the header takes precedence, and the answer has no special header.
    let answer =
        receiver.post(event("1", "product")).path("/webhook?access_token=wrong-token").send();
    assert_eq!((answer.status, answer.header("cache-control")), (202, None));

    for (path, code) in [
        ("/webhook?access_token=wrong-token", "credentials_wrong"),
        ("/webhook?access_token=", "credentials_wrong"),
        ("/webhook?access_token", "credentials_wrong"),
        ("/webhook?Access_Token=right-token", "credentials_missing"),
        ("/webhook?x=access_token=right-token", "credentials_missing"),
    ] {
        let answer = post(path).send();
        assert_eq!((answer.status, answer.code().as_str()), (401, code), "{path}");
        assert!(!answer.body.contains("-token"), "{}", answer.body);
    }
    let basic = post("/webhook?access_token=right-token").header("authorization", "Basic eDp5");
    assert_eq!(basic.send().status, 202, "no bearer token in the header, so the query counts");

    for line in receiver.log(9) {
        assert!(!line.to_string().contains("-token"), "the log holds a token: {line}");
    }
    for line in receiver.output().lines() {
        assert!(!line.contains("-token"), "printed: {line}");
    }
}
