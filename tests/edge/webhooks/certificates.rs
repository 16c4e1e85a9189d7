//! `https`: a server that cannot prove its identity gets nothing of the event.

use edge::{Asked, Receiver, Shop, Sink, wait_until};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use serde_json::json;

use super::{ELYTRA, Letter, PATIENT, Stage, product, settings, timeout};

/// An authority that signs certificates.
type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    Authority::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// The parameters of a certificate for this host.
fn certificate(host: &str) -> CertificateParams {
    CertificateParams::new([host.to_owned()]).unwrap()
}

/// A shop with a certificate signed by an authority, or by itself.
fn open(params: &CertificateParams, authority: Option<&Authority>) -> Shop {
    let key = KeyPair::generate().unwrap();
    let certificate = match authority {
        Some(authority) => params.signed_by(&key, authority),
        None => params.self_signed(&key),
    };
    let key = key.serialize_der().try_into().unwrap();
    Shop::open_with_tls(certificate.unwrap().into(), key)
}

/// A subscription with this name that wants every event.
fn subscription(name: &str, shop: &Shop) -> String {
    let (url, timeout) = (shop.url(), timeout(PATIENT));
    format!(
        "\n[vars.SUBSCRIPTION_{name}.webhook]\nurl = \"{url}/elytra?from=pim\"\n{timeout}{ELYTRA}"
    )
}

#[test]
fn only_the_right_certificate_gets_the_event() {
    let trusted = authority("trusted");
    let mut expired = certificate("localhost");
    expired.not_before = date_time_ymd(2020, 1, 1);
    expired.not_after = date_time_ymd(2020, 12, 31);
    let right = open(&certificate("localhost"), Some(&trusted));
    let wrong = [
        ("expired", open(&expired, Some(&trusted)), "certificate expired"),
        (
            "other_host",
            open(&certificate("shop.example"), Some(&trusted)),
            "certificate not valid for name \"localhost\"",
        ),
        ("self_signed", open(&certificate("localhost"), None), "UnknownIssuer"),
        (
            "stranger",
            open(&certificate("localhost"), Some(&authority("stranger"))),
            "UnknownIssuer",
        ),
    ];
    let sink = Sink::start();
    let settings = wrong.iter().fold(settings(), |settings, (name, shop, _)| {
        settings.with_vars(&subscription(&name.to_uppercase(), shop))
    });
    let settings = settings.with_vars(&subscription("RIGHT", &right)).with_sink(&sink);
    let receiver = Receiver::start(&settings.with_authority(&trusted.pem()));
    let stage = Stage { receiver, sink, shop: right };
    let messages = stage.send_all(&["1"]);
    let message_of = |name: &str| {
        let name = format!("\"{name}\"");
        messages.iter().find(|message| message.contains(&name)).unwrap()
    };

    // This shop differs from the others only in its certificate.
    assert_eq!(stage.consume_one(message_of("right"), 1), Asked::Ack);
    assert_eq!(stage.shop.orders_so_far()[0].text(), product("1"));
    assert_eq!((stage.shop.handshakes(), stage.shop.refusals(0)), (1, vec![]));

    for (name, shop, reason) in &wrong {
        let printed = stage.receiver.output().len();
        // The first attempt is retried, and the last one makes a dead letter.
        assert_eq!(stage.consume_one(message_of(name), 1), Asked::Retry(1), "{name}");
        assert_eq!(stage.consume_one(message_of(name), 6), Asked::Ack, "{name}");
        let letters = stage.take_letters();
        assert_eq!(letters.len(), 1, "{name}");
        let Letter { why, event } = &letters[0];
        assert_eq!(*event, product("1"), "{name}");
        let reported =
            ["subscription", "cause", "status", "attempts"].map(|field| why[field].clone());
        assert_eq!(reported, [json!(name), json!("connection"), json!(null), json!(6)]);
        // The reason is the certificate, in the words of workerd.
        let reason = format!("TLS handshake failed: invalid peer certificate: {reason}");
        wait_until(&format!("workerd says of {name}: {reason}"), || {
            let output = stage.receiver.output();
            output.get(printed..)?.contains(&reason).then_some(())
        });
        // Every call ended in the handshake, before any part of the event was sent.
        assert_eq!(shop.refusals(2).len(), 2, "{name}");
        assert_eq!((shop.handshakes(), shop.orders_so_far()), (0, vec![]), "{name}");
    }
}
