//! All ways in which the standing of a name with a key can change.

use elytra_webhooks::ledger::{
    CERTAIN_MS, Claim, ClaimRequest, MAX_CLAIMS, Moment, ResetRequest, SettleRequest, Settlement,
    Verdict,
};

use crate::memory::Shard;
use Step::{Claims, Fails, Holds, Releases, Resets, Waits};
use Verdict::{Granted, Held, Uncertain, UnderWay};

const CLAIM_MS: u64 = 5_000;
const REMEMBER_MS: u64 = 100_000;

/// A step. Claims are numbered from 1, in order.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// A name claims the key for something with this time, and gets this verdict.
    Claims(&'static str, Option<Moment>, Verdict),
    /// The claim with this number is settled: the name holds something with this time.
    Holds(u64, &'static str, Option<Moment>),
    /// The claim with this number is settled: the name does not hold the key.
    Releases(u64, &'static str),
    /// The same for a claim with a time, whose event may have been written all the same.
    Fails(u64, &'static str, Moment),
    /// The name is reset, successfully or not.
    Resets(&'static str, bool),
    /// This many milliseconds pass.
    Waits(u64),
}

fn request<'r>(names: &[&'r str], time: Option<Moment>) -> ClaimRequest<'r> {
    let names = names.iter().map(|name| (*name).into()).collect();
    let claims = vec![Claim { key: "key".into(), names, time }];
    ClaimRequest { claims, claim_ms: CLAIM_MS, remember_ms: REMEMBER_MS, latest: None }
}

fn settlement<'r>(
    number: u64,
    held: &[&'r str],
    released: &[&'r str],
    time: Option<Moment>,
) -> SettleRequest<'r> {
    let [held, released] =
        [held, released].map(|names| names.iter().map(|name| (*name).into()).collect());
    let settlements = vec![Settlement { key: "key".into(), held, released, time }];
    SettleRequest::new(number, settlements, REMEMBER_MS)
}

#[track_caller]
fn check(why: &str, steps: &[Step]) {
    check_on(why, &Shard::default(), steps);
}

#[track_caller]
fn check_on(why: &str, shard: &Shard, steps: &[Step]) {
    let mut now = 1_000_000;
    let mut numbers = Vec::new();
    for step in steps {
        let place = |ordinal| usize::try_from(ordinal).unwrap() - 1;
        let number = |ordinal: u64| numbers.get(place(ordinal)).copied().unwrap_or(ordinal);
        match *step {
            Claims(name, time, expected) => {
                let answer = shard.claim(&request(&[name], time), now);
                numbers.push(answer.number);
                assert_eq!(answer.verdicts, [[expected]], "{why}: {step:?}");
            }
            Holds(ordinal, name, time) => {
                shard.settle(&settlement(number(ordinal), &[name], &[], time), now);
            }
            Releases(ordinal, name) => {
                shard.settle(&settlement(number(ordinal), &[], &[name], None), now);
            }
            Fails(ordinal, name, time) => {
                shard.settle(&settlement(number(ordinal), &[], &[name], Some(time)), now);
            }
            Resets(name, expected) => {
                let (key, name) = ("key".into(), name.into());
                let request = ResetRequest { key, name, remember_ms: REMEMBER_MS };
                assert_eq!(shard.reset(&request, now), expected, "{why}: {step:?}");
            }
            Waits(milliseconds) => now += milliseconds,
        }
    }
}

#[test]
fn a_claim_is_granted_settled_and_ends() {
    check("nothing is known", &[Claims("a", None, Uncertain)]);
    check(
        "two at the same moment never both forward",
        &[Claims("a", None, Uncertain), Claims("a", None, UnderWay), Claims("a", None, UnderWay)],
    );
    check(
        "what is held is held",
        &[Claims("a", None, Uncertain), Holds(1, "a", None), Claims("a", None, Held)],
    );
    check(
        "what failed can be claimed again at once",
        &[Claims("a", None, Uncertain), Releases(1, "a"), Claims("a", None, Uncertain)],
    );
    check(
        "its holder died",
        &[
            Claims("a", None, Uncertain),
            Waits(CLAIM_MS - 1),
            Claims("a", None, UnderWay),
            Waits(1),
            Claims("a", None, Uncertain),
        ],
    );
    check(
        "the time of a claim that was not granted does not count",
        &[
            Claims("a", None, Uncertain),
            Waits(CLAIM_MS - 1),
            Claims("a", None, UnderWay),
            Waits(1),
            Claims("a", None, Uncertain),
            Waits(CLAIM_MS - 1),
            Claims("a", None, UnderWay),
        ],
    );
}

#[test]
fn a_claim_belongs_to_its_number() {
    let taken_over = [Claims("a", None, Uncertain), Waits(CLAIM_MS), Claims("a", None, Uncertain)];
    let then = |steps: &[Step]| [&taken_over[..], steps].concat();
    check(
        "who comes late does not end the claim of another",
        &then(&[Releases(1, "a"), Claims("a", None, UnderWay)]),
    );
    check("the other does", &then(&[Releases(2, "a"), Claims("a", None, Uncertain)]));
    check(
        "who comes late and holds it, holds it",
        &then(&[Holds(1, "a", None), Claims("a", None, Held)]),
    );
    check(
        "and that cannot be undone",
        &then(&[Holds(1, "a", None), Releases(2, "a"), Claims("a", None, Held)]),
    );
    check(
        "both hold it: it came twice",
        &then(&[Holds(1, "a", None), Holds(2, "a", None), Claims("a", None, Held)]),
    );
    check(
        "held although the claim had expired, because no other request claimed it",
        &[
            Claims("a", None, Uncertain),
            Waits(CLAIM_MS),
            Holds(1, "a", None),
            Claims("a", None, Held),
        ],
    );
    check("a settlement of nothing", &[Releases(9, "a"), Claims("a", None, Uncertain)]);
    check("held though the claim was forgotten", &[Holds(9, "a", None), Claims("a", None, Held)]);
}

#[test]
fn a_name_can_have_every_character() {
    for name in ["r2/A/b/a\"b/", "r2/A/b/a\\b/", "r2/A/b/Ü 😀/", "r2/A/b/\u{7f}"] {
        let steps = [Claims(name, None, Uncertain), Holds(1, name, None), Claims(name, None, Held)];
        check(name, &steps);
        // It does not hide the names beside it either.
        let steps = [
            Claims("queue/Q", None, Uncertain),
            Holds(1, "queue/Q", None),
            Claims(name, None, Uncertain),
            Claims("queue/Q", None, Held),
        ];
        check(name, &steps);
    }
}

#[test]
fn each_name_has_a_standing_of_its_own() {
    check(
        "the retry goes to the missing one alone",
        &[
            Claims("a", None, Uncertain),
            Claims("b", None, Uncertain),
            Holds(1, "a", None),
            Releases(2, "b"),
            Claims("a", None, Held),
            Claims("b", None, Uncertain),
        ],
    );
    let shard = Shard::default();
    let first = shard.claim(&request(&["a", "b", "c"], None), 0);
    assert_eq!((first.number, first.verdicts), (1, vec![vec![Uncertain; 3]]));
    shard.settle(&settlement(1, &["a"], &["b"], None), 0);
    let second = shard.claim(&request(&["c", "b", "d", "a"], None), 0);
    let verdicts = [UnderWay, Uncertain, Uncertain, Held];
    assert_eq!(second.verdicts, [verdicts], "in the order of the names");
}

const fn at(seconds: i64) -> Moment {
    Moment(seconds, 0)
}

#[test]
fn a_claim_with_a_time_is_for_the_newest() {
    let five = [Claims("a", Some(at(5)), Uncertain), Holds(1, "a", Some(at(5)))];
    let then = |steps: &[Step]| [&five[..], steps].concat();
    check("newer", &then(&[Claims("a", Some(at(6)), Granted)]));
    check("by a nanosecond", &then(&[Claims("a", Some(Moment(5, 1)), Granted)]));
    check("of the same time: the later arrival wins", &then(&[Claims("a", Some(at(5)), Granted)]));
    check("older", &then(&[Claims("a", Some(at(4)), Held)]));
    check("by a nanosecond", &then(&[Claims("a", Some(Moment(4, 999_999_999)), Held)]));
    check("before 1970", &then(&[Claims("a", Some(at(-1)), Held)]));
    check(
        "for a minute, KV can be stale, and the ledger is certain",
        &then(&[Waits(CERTAIN_MS), Claims("a", Some(at(6)), Granted)]),
    );
    check(
        "then KV is asked: another ledger may have been used in between",
        &then(&[Waits(CERTAIN_MS + 1), Claims("a", Some(at(6)), Uncertain)]),
    );
    check(
        "older is older all the same",
        &then(&[Waits(CERTAIN_MS + 1), Claims("a", Some(at(4)), Held)]),
    );
    check(
        "another one is being written",
        &then(&[
            Claims("a", Some(at(7)), Granted),
            Claims("a", Some(at(8)), UnderWay),
            Claims("a", Some(at(6)), UnderWay),
        ]),
    );
    check(
        "even so, older is older",
        &then(&[Claims("a", Some(at(7)), Granted), Claims("a", Some(at(4)), Held)]),
    );
    check(
        "none is held yet",
        &[Claims("a", Some(at(7)), Uncertain), Claims("a", Some(at(4)), UnderWay)],
    );
    check(
        "the time never goes back: KV held something newer, or two came at once",
        &then(&[
            Holds(9, "a", Some(at(4))),
            Claims("a", Some(at(4)), Held),
            Claims("a", Some(at(5)), Granted),
        ]),
    );
    check(
        "what was written last counts",
        &then(&[
            Claims("a", Some(at(7)), Granted),
            Holds(2, "a", Some(at(7))),
            Claims("a", Some(at(6)), Held),
        ]),
    );
    check(
        "what was not written does not",
        &then(&[
            Claims("a", Some(at(7)), Granted),
            Releases(2, "a"),
            Claims("a", Some(at(6)), Granted),
        ]),
    );
    check(
        "its writer died and may have written something: KV must be read",
        &then(&[
            Claims("a", Some(at(7)), Granted),
            Waits(CLAIM_MS),
            Claims("a", Some(at(6)), Uncertain),
            Holds(3, "a", Some(at(7))),
            Claims("a", Some(at(7)), Granted),
        ]),
    );
}

#[test]
fn a_reset_is_for_the_next_that_is_written() {
    let reset = [Holds(9, "a", Some(at(5))), Resets("a", true), Claims("a", Some(at(1)), Granted)];
    let then = |steps: &[Step]| [&reset[..], steps].concat();
    check("once", &then(&[Holds(1, "a", Some(at(1))), Claims("a", Some(at(0)), Held)]));
    check("it failed", &then(&[Fails(1, "a", at(1)), Claims("a", Some(at(0)), Granted)]));
    check("its writer died", &then(&[Waits(CLAIM_MS), Claims("a", Some(at(0)), Granted)]));
    check("it is being written", &then(&[Claims("a", Some(at(2)), UnderWay), Resets("a", false)]));
    check("another name", &then(&[Claims("b", Some(at(1)), Uncertain), Resets("b", false)]));
    let written = then(&[Holds(1, "a", Some(at(1))), Claims("a", Some(at(2)), Granted)]);
    let died = [Waits(CLAIM_MS), Claims("a", Some(at(3)), Uncertain)];
    check("after that, KV is asked as ever", &[&written[..], &died].concat());
    check("nothing is known", &[Resets("a", true), Claims("a", Some(at(-9)), Granted)]);
}

#[test]
fn times_and_their_absence_do_not_mix() {
    check("once and for all", &[Holds(9, "a", Some(at(5))), Claims("a", None, Held)]);
    check("the other way", &[Holds(9, "a", None), Claims("a", Some(at(5)), Held)]);
}

/// A shard may move to a machine whose clock is right, or its own clock may be set back. Earlier
/// holders are long gone, and without this rule, everything would get 503 until the clock catches
/// up.
#[test]
fn a_claim_of_a_clock_that_was_ahead_ends() {
    const DAY_MS: u64 = 24 * 3_600_000;
    let now = 1_000_000;
    for time in [None, Some(Moment(1, 0))] {
        let shard = Shard::default();
        let claim = |at| shard.claim(&request(&["a"], time), at).verdicts;
        let reset = |at| {
            let (key, name) = ("key".into(), "a".into());
            shard.reset(&ResetRequest { key, name, remember_ms: REMEMBER_MS }, at)
        };
        assert_eq!(claim(now + DAY_MS), [[Uncertain]]);
        assert_eq!(claim(now + DAY_MS - CLAIM_MS), [[UnderWay]], "its holder may be at work");
        assert_eq!(claim(now), [[Uncertain]], "its holder ended long ago");
        assert_eq!(claim(now), [[UnderWay]], "this one is of our clock");
        // Only objects are reset, and their claims have times.
        let is_of_object = time.is_some();
        assert!(!is_of_object || !reset(now), "somebody is writing");

        assert_eq!(claim(now + DAY_MS), [[Uncertain]]);
        assert!(!is_of_object || reset(now), "an operator gets in as well");
    }
}

#[test]
fn what_is_old_is_forgotten() {
    check(
        "the window begins when it is held",
        &[
            Claims("a", None, Uncertain),
            Waits(CLAIM_MS),
            Holds(1, "a", None),
            Waits(REMEMBER_MS - 1),
            Claims("a", None, Held),
            Waits(1),
            Claims("a", None, Uncertain),
        ],
    );
    let shard = Shard::default();
    check_on("nothing is left of it", &shard, &[Claims("a", None, Uncertain), Releases(1, "a")]);
    assert!(shard.records.0.borrow().is_empty(), "the table does not grow by what failed");
    check_on("held and refused", &shard, &[Holds(9, "a", None), Claims("a", None, Held)]);
    assert_eq!(shard.records.0.borrow()["key"].1, 1_000_000 + REMEMBER_MS);
}

#[test]
fn a_record_that_cannot_be_read_is_none() {
    for record in ["", "{", "5", r#"{"a":5}"#, r#"{"a":{"held":{"time":[0]}}}"#] {
        let shard = Shard::default();
        shard.records.0.borrow_mut().insert("key".to_owned(), (record.to_owned(), u64::MAX));
        check_on(record, &shard, &[Claims("a", None, Uncertain), Claims("a", None, UnderWay)]);
    }
}

#[test]
fn a_shard_remembers_only_so_many_claims() {
    let shard = Shard::default();
    let keys: Vec<_> = (0..MAX_CLAIMS / 50).map(|key| key.to_string()).collect();
    let names: Vec<_> = (0..50).map(|name| name.to_string()).collect();
    let claim = |keys: &[String], now| {
        let claim = |key: &String| Claim {
            key: key.clone().into(),
            names: names.iter().map(|name| (&**name).into()).collect(),
            time: None,
        };
        let claims = keys.iter().map(claim).collect();
        let request =
            ClaimRequest { claims, claim_ms: CLAIM_MS, remember_ms: REMEMBER_MS, latest: None };
        let verdicts = shard.claim(&request, now).verdicts;
        let mut verdicts: Vec<_> = verdicts.into_iter().flatten().collect();
        verdicts.dedup();
        verdicts
    };
    let another = ["another".to_owned()];
    assert_eq!(claim(&keys, 1_000_000), [Uncertain], "as many as there can be");
    assert_eq!(claim(&keys, 1_000_000), [UnderWay], "each is remembered");
    assert_eq!([(); 2].map(|()| claim(&another, 1_000_000)), [[Uncertain]; 2], "one too many");
    let later = 1_000_000 + CLAIM_MS;
    assert_eq!(claim(&another, later), [Uncertain], "the others have expired");
    assert_eq!(claim(&another, later), [UnderWay], "so there is room");
}
