//! Which URLs credentials may be sent to.

use elytra_webhooks_operator::{BadBase, Base, EventKey, Request};

#[test]
fn only_this_machine_is_called_without_encryption() {
    let cases = [
        ("the default", "http://localhost:8787", Ok("http://localhost:8787")),
        ("as a browser shows it", "http://localhost:8787/", Ok("http://localhost:8787")),
        ("deployed", "https://webhooks.example.com", Ok("https://webhooks.example.com")),
        ("below a path", "https://example.com/pim//", Ok("https://example.com/pim")),
        ("schemes have no case: RFC 3986 section 3.1", "HTTP://LOCALHOST", Ok("HTTP://LOCALHOST")),
        ("all of 127/8 is loopback: RFC 1122", "http://127.9.9.9", Ok("http://127.9.9.9")),
        ("IPv6", "http://[::1]:8787", Ok("http://[::1]:8787")),
        ("IPv6, in full", "http://[0:0:0:0:0:0:0:1]", Ok("http://[0:0:0:0:0:0:0:1]")),
        ("another machine", "http://example.com", Err(BadBase::NotEncrypted)),
        ("the same network", "http://192.168.0.1:8787", Err(BadBase::NotEncrypted)),
        ("every address of this machine", "http://0.0.0.0:8787", Err(BadBase::NotEncrypted)),
        ("a name that begins like it", "http://localhost.example.com", Err(BadBase::NotEncrypted)),
        ("a name that ends like it", "http://notlocalhost", Err(BadBase::NotEncrypted)),
        ("a name, not an address", "http://127.0.0.1.example.com", Err(BadBase::NotEncrypted)),
        ("programs read it differently", "http://127.1", Err(BadBase::NotEncrypted)),
        ("the host is after the @", "http://localhost@example.com", Err(BadBase::HasCredentials)),
        ("an argument with a password", "https://a:b@example.com", Err(BadBase::HasCredentials)),
        ("paths are appended to it", "https://example.com?a=b", Err(BadBase::HasQuery)),
        ("paths are appended to it", "https://example.com/#a", Err(BadBase::HasQuery)),
        ("no scheme", "example.com", Err(BadBase::NotAUrl)),
        ("the scheme is localhost", "localhost:8787", Err(BadBase::NotHttp)),
        ("another scheme", "ftp://example.com", Err(BadBase::NotHttp)),
        ("no host", "https://", Err(BadBase::NotAUrl)),
        ("no authority", "https:example.com", Err(BadBase::NotAUrl)),
        ("no such port", "https://example.com:65536", Err(BadBase::NotAUrl)),
        ("a space", "https://example.com /", Err(BadBase::NotAUrl)),
        ("nothing", "", Err(BadBase::NotAUrl)),
    ];
    for (why, text, expected) in cases {
        let base = Base::parse(text).map(|base| base.to_string());
        assert_eq!(base.as_deref().map_err(|error| *error), expected, "{why}: {text}");
    }
}

#[test]
fn the_path_of_a_request_is_appended() {
    let key = EventKey::parse("AbCdEfGhIjKlMnOpQrStUvWxYz-_0123").unwrap();
    let url = Base::parse("https://example.com/pim/").unwrap().url(&Request::event(&key));
    assert_eq!(url, "https://example.com/pim/events/AbCdEfGhIjKlMnOpQrStUvWxYz-_0123");
}

/// A proxy of the machine would see what is for the machine alone.
#[test]
fn this_machine_is_known() {
    for (url, is_loopback) in
        [("http://localhost", true), ("https://127.0.0.1", true), ("https://example.com", false)]
    {
        assert_eq!(Base::parse(url).unwrap().is_loopback(), is_loopback, "{url}");
    }
}
