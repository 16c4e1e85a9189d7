//! Failures of the ledger.

use edge::Fault;

use super::{CLAIM_SECONDS, PATIENT, Stage, product, stream};

fn ledger_failures(stage: &Stage, line: usize) -> String {
    stage.receiver.log(line)[line - 1]["ledger_failures"].to_string()
}

/// The ledger fails, or gives no answer within an eighth of `time_budget_ms`
/// | 202
/// | it is forwarded, and forwarded again each time it is sent
#[test]
fn a_ledger_that_fails() {
    let stage = Stage::new(stream(PATIENT));
    let event = product("1");
    stage.receiver.fail(&[Fault::fail("LEDGER")]);
    stage.send(&event, 202, "accepted");
    assert!(ledger_failures(&stage, 1).contains("injected"), "{}", ledger_failures(&stage, 1));

    stage.receiver.fail(&[Fault::hang("LEDGER")]);
    stage.send(&event, 202, "accepted");
    let silence = r#"["claim: no answer within 3750 ms","settle: no answer within 3750 ms"]"#;
    assert_eq!(ledger_failures(&stage, 2), silence);
    assert_eq!(stage.queue(), [&*event, &*event]);

    // When it is back, it knows everything from then on.
    stage.repair();
    stage.send(&event, 202, "accepted");
    stage.send(&event, 200, "duplicate");
}

/// The ledger fails to record that the event was forwarded
/// | 202
/// | it is forwarded; if it is sent again: 503 `under_way` until its claim ends, then it is forwarded again
#[test]
fn a_ledger_that_fails_afterwards() {
    let stage = Stage::new(stream(PATIENT));
    let event = product("1");
    stage.receiver.fail(&[Fault::fail("LEDGER").after(1)]);
    stage.send(&event, 202, "accepted");
    assert!(ledger_failures(&stage, 1).contains("injected"), "{}", ledger_failures(&stage, 1));
    assert_eq!(stage.queue(), [&*event]);

    stage.repair();
    stage.send(&event, 503, "under_way");
    stage.receiver.advance(CLAIM_SECONDS);
    stage.send(&event, 202, "accepted");
    stage.send(&event, 200, "duplicate");
    assert_eq!(stage.queue(), [&*event, &*event]);
}

/// The ledger records that the event was forwarded, and its answer is lost
/// | 202
/// | it is forwarded; if it is sent again: 200 `duplicate`
#[test]
fn a_ledger_whose_answer_is_lost() {
    let stage = Stage::new(stream(PATIENT));
    let event = product("1");
    stage.receiver.fail(&[Fault::lost("LEDGER").after(1)]);
    stage.send(&event, 202, "accepted");
    stage.repair();
    stage.send(&event, 200, "duplicate");
    assert_eq!(stage.queue(), [event]);
}
