//! What queues did not take, and large events.

use edge::Fault;
use elytra_events::CloudEvent;

use super::{Upgraded, encode, large, product};

/// The key of the event in `CLAIMS` to which a message refers.
#[track_caller]
fn claim(message: &str) -> String {
    CloudEvent::from_json(message).unwrap().dataref().unwrap().key.to_owned()
}

#[test]
fn spooled_messages_reach_their_queues_unchanged() {
    for upgraded in Upgraded::from_each() {
        let of = |queue: &str| {
            let spooled = upgraded.stored.kv["SPOOL"].iter();
            let spooled = spooled.filter(|(key, _)| key.starts_with(&format!("{queue}/")));
            spooled.map(|(_, entry)| entry.value.clone()).collect::<Vec<_>>()
        };
        let expected = ["EVENTS_QUEUE", "DELIVERIES"].map(of);
        assert_eq!(expected.each_ref().map(Vec::len), [3, 1]);
        upgraded.receiver.run_cron();
        let drained = ["EVENTS_QUEUE", "DELIVERIES"].map(|queue| {
            let mut messages = upgraded.sink.take_messages(queue);
            messages.sort_by_key(|message| {
                of(queue).iter().position(|spooled| spooled == message).unwrap_or(usize::MAX)
            });
            messages
        });
        assert_eq!(drained, expected, "{}", upgraded.version);
        let large_one = large("large and spooled", "product");
        let claims = upgraded.receiver.kv_of("CLAIMS");
        assert_eq!(claims[&claim(&drained[0][2])].value, large_one);

        upgraded.receiver.run_cron();
        assert!(upgraded.sink.messages("EVENTS_QUEUE").is_empty(), "once");
        let left: Vec<_> = upgraded.receiver.kv_of("SPOOL").into_keys().collect();
        assert!(matches!(&left[..], [one] if one.starts_with("~aside/")), "{left:?}");
    }
}

/// After five refusals, a message is set aside. Those before the upgrade count.
#[test]
fn refusals_go_on_counting() {
    for upgraded in Upgraded::from_each() {
        upgraded.receiver.fail(&[Fault::fail("EVENTS_QUEUE").of("refused once")]);
        upgraded.receiver.run_cron();
        let spool = upgraded.receiver.kv_of("SPOOL");
        let mut refused = spool.values().filter(|entry| entry.value.contains("refused once"));
        assert_eq!(refused.next().unwrap().metadata["refused"], 2, "{}", upgraded.version);
    }
}

#[test]
fn what_was_set_aside_is_listed_and_sent() {
    for upgraded in Upgraded::from_each() {
        let listed = upgraded.ask("GET", "/spool", "", "set_aside");
        let [one] = &listed["set_aside"].as_array().unwrap()[..] else { panic!("{listed}") };
        assert_eq!((&one["refused"], &one["event"]["id"]), (&5.into(), &"set aside".into()));
        let id = one["id"].as_str().unwrap();
        upgraded.ask("POST", &format!("/spool/send?id={}", encode(id)), "", "sent");
        assert_eq!(upgraded.sink.messages("EVENTS_QUEUE"), [product("set aside")]);
    }
}

/// A consumer of the queue may read a message long after the upgrade.
#[test]
fn a_message_finds_its_large_event() {
    for upgraded in Upgraded::from_each() {
        let (message, _) = upgraded.message("EVENTS_QUEUE", "large");
        let stored = &upgraded.receiver.kv_of("CLAIMS")[&claim(&message)].value;
        assert_eq!(*stored, large("large", "product"));
        let message = CloudEvent::from_json(&message).unwrap();
        message.whole(stored).expect("it is the event of the message");
    }
}
