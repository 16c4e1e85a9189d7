//! Credentials come from variables, and go nowhere else.

use super::server::{Ran, Reply, Server, TOKEN, xtask};

/// The names of variables, and their values.
type Variables = &'static [(&'static str, &'static str)];

const NONE: &str = r#"{"code":"events","events":[],"cursor":null}"#;

#[test]
fn each_kind_is_presented_as_the_worker_expects_it() {
    let cases: [(&str, Variables, &str, &str); 4] = [
        ("bearer", &[TOKEN], "authorization", "Bearer secret-token"),
        (
            "basic, RFC 7617 section 2",
            &[("ELYTRA_ADMIN_USERNAME", "Aladdin"), ("ELYTRA_ADMIN_PASSWORD", "open sesame")],
            "authorization",
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        ),
        ("the default header", &[("ELYTRA_ADMIN_API_KEY", "k")], "api-key", "k"),
        (
            "another header",
            &[("ELYTRA_ADMIN_API_KEY", "k"), ("ELYTRA_ADMIN_API_KEY_HEADER", "X-Key")],
            "x-key",
            "k",
        ),
    ];
    for (why, variables, name, value) in cases {
        let server = Server::new(&[Reply::ok(NONE)]);
        let ran = server.run_with(variables, &["events"]);
        assert_eq!(ran.code, Some(3), "{why}: {ran:?}");
        assert_eq!(server.seen()[0].header(name), Some(value), "{why}");
    }
}

#[test]
fn without_credentials_nothing_is_sent() {
    let server = Server::new(&[Reply::ok(NONE)]);
    let ran = server.run_with(&[], &["events"]);
    let stderr = "error: the credentials of the operator are missing: set ELYTRA_ADMIN_TOKEN \
                  (bearer), ELYTRA_ADMIN_USERNAME and ELYTRA_ADMIN_PASSWORD (basic), or \
                  ELYTRA_ADMIN_API_KEY (apikey)\n";
    assert_eq!(ran, Ran { code: Some(2), stdout: String::new(), stderr: stderr.to_owned() });
    assert_eq!(server.lines(), [""; 0]);
}

/// Whoever is on the way could read them. There is no such host, so a call would fail otherwise.
#[test]
fn they_are_not_sent_unencrypted_to_other_machines() {
    for url in ["http://worker.invalid", "http://192.0.2.1:8787", "http://localhost.invalid"] {
        let ran = xtask(&[TOKEN]).args(["events", "--url", url]).output().unwrap();
        let stderr = "error: --url: the credentials would be sent unencrypted: write https://, \
                      unless the Worker is on this machine\n";
        let expected = Ran { code: Some(2), stdout: String::new(), stderr: stderr.to_owned() };
        assert_eq!(Ran::new(&ran), expected, "{url}");
    }
}

/// Neither the target of a redirect nor another method gets them.
#[test]
fn they_do_not_follow_a_redirect() {
    for status in [301, 302, 303, 307, 308] {
        let other = Server::new(&[Reply::ok(NONE)]);
        let redirect = Reply::new(status, "").with("location", &format!("{}/events", other.url));
        let server = Server::new(&[redirect]);
        let ran = server.run(&["events"]);
        let stderr = format!(
            "error: {} redirects to {}/events, and credentials are not sent there: if that is the \
             Worker, name it with --url\n",
            server.url, other.url
        );
        assert_eq!(ran, Ran { code: Some(1), stdout: String::new(), stderr }, "{status}");
        assert_eq!((server.lines().len(), other.lines().len()), (1, 0), "{status}");
    }
}

/// A proxy of the machine would see them, unencrypted.
#[test]
fn a_proxy_does_not_get_what_is_meant_for_this_machine() {
    let (server, proxy) = (Server::new(&[Reply::ok(NONE)]), Server::new(&[Reply::ok(NONE)]));
    let variables = ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy", "https_proxy"];
    let mut variables: Vec<_> = variables.map(|name| (name, &*proxy.url)).to_vec();
    variables.push(TOKEN);
    let ran = server.run_with(&variables, &["events"]);
    assert_eq!((ran.code, server.lines().len(), proxy.lines().len()), (Some(3), 1, 0), "{ran:?}");
}

/// Every user of the machine can see the arguments of a program.
#[test]
fn no_argument_takes_them() {
    let server = Server::new(&[Reply::ok(NONE)]);
    for argument in ["--token", "--password", "--username", "--api-key"] {
        let ran = server.run(&["events", argument, "secret"]);
        assert_eq!(ran.code, Some(2), "{argument}: {ran:?}");
    }
    let with_user = server.url.replace("http://", "http://user:secret@");
    let ran = Ran::new(&xtask(&[TOKEN]).args(["events", "--url", &with_user]).output().unwrap());
    let stderr = "error: --url: a URL must not have a user name or password: set the variables of \
                  the credentials\n";
    assert_eq!(ran, Ran { code: Some(2), stdout: String::new(), stderr: stderr.to_owned() });
    assert_eq!(server.lines(), [""; 0]);
}

#[test]
fn no_error_shows_them() {
    let cases: [(&str, Variables); 3] = [
        ("it cannot be in a header", &[("ELYTRA_ADMIN_TOKEN", "secret\ntoken")]),
        ("two kinds", &[TOKEN, ("ELYTRA_ADMIN_API_KEY", "secret-key")]),
        ("it is wrong", &[TOKEN]),
    ];
    for (why, variables) in cases {
        let server = Server::new(&[Reply::problem(401, "credentials_wrong", "d")]);
        let ran = server.run_with(variables, &["events"]);
        assert!(ran.code != Some(0) && ran.stderr.starts_with("error: "), "{why}: {ran:?}");
        assert!(!ran.stderr.contains("secret"), "{why}: {ran:?}");
    }
}
