//! Operators' requests claim in the ledger what they send again, so that two simultaneous requests
//! do not send it twice.

use crate::config::Config;
use crate::ledger::{Claim, ClaimAnswer, ClaimRequest, Key, SettleRequest, Settlement, Verdict};
use crate::platform::{BindingError, CALL_MS, Platform, in_shard, within};

/// How long an operator's request holds its claims, in milliseconds. If the request dies, another
/// one can send the same after that.
pub const OPERATOR_CLAIM_MS: u64 = 60_000;

/// How long the ledger remembers what was sent again, in milliseconds: a day, far longer than KV
/// lists a deleted key.
pub const REMEMBER_SENT_MS: u64 = 24 * 3_600_000;

/// The name of operators in the ledger.
const NAME: &str = "operator";

/// Claims on things of one kind, by id. Without a ledger, all are granted.
pub(crate) struct OperatorClaims {
    kind: &'static str,
    keys: Vec<Key>,
    answer: Option<ClaimAnswer>,
}

impl OperatorClaims {
    /// Claims all of them with one call.
    ///
    /// # Errors
    ///
    /// The ledger fails. Then nothing must be sent. It is kept, and can be sent later.
    pub(crate) async fn claim(
        kind: &'static str,
        ids: &[String],
        config: &Config,
        platform: &impl Platform,
    ) -> Result<Self, BindingError> {
        let keys: Vec<_> = ids.iter().map(|id| Key::of(&[kind, id])).collect();
        if config.stores.ledger.is_none() || keys.is_empty() {
            return Ok(Self { kind, keys, answer: None });
        }
        let claim = |key: &Key| Claim {
            key: key.as_str().to_owned().into(),
            names: vec![NAME.into()],
            time: None,
        };
        let request = ClaimRequest {
            claims: keys.iter().map(claim).collect(),
            claim_ms: OPERATOR_CLAIM_MS,
            remember_ms: REMEMBER_SENT_MS,
            latest: None,
        };
        let place = place();
        let asked = in_shard(platform, &place, async |shard| platform.claim(shard, &request).await);
        let answer = within(platform, CALL_MS, asked).await;
        let answer = answer.map_err(|error| BindingError(format!("the ledger: {error}")))?;
        Ok(Self { kind, keys, answer: Some(answer) })
    }

    /// The verdict on the id with this index.
    pub(crate) fn verdict(&self, place: usize) -> Verdict {
        let Some(answer) = &self.answer else { return Verdict::Granted };
        let verdicts = answer.verdicts.get(place);
        // Without a verdict, leave it alone.
        verdicts.and_then(|verdicts| verdicts.first()).copied().unwrap_or(Verdict::UnderWay)
    }

    /// Tells the ledger which ones were sent.
    pub(crate) async fn settle(&self, sent: &[String], platform: &impl Platform) {
        let Some(answer) = &self.answer else { return };
        let sent: Vec<_> = sent.iter().map(|id| Key::of(&[self.kind, id])).collect();
        let claimed = self.keys.iter().zip(&answer.verdicts);
        let granted =
            claimed.filter(|(_, verdicts)| verdicts.iter().any(|verdict| verdict.is_granted()));
        let settlements = granted
            .map(|(key, _)| Settlement::of_one(key.as_str(), NAME, sent.contains(key), None));
        let settlements: Vec<_> = settlements.collect();
        if settlements.is_empty() {
            return;
        }
        let number = answer.number;
        let request = SettleRequest::new(number, settlements, REMEMBER_SENT_MS);
        // If this fails, the claims expire. What was sent has been deleted already.
        let shard = place().shard(platform.shards());
        let _ = within(platform, CALL_MS, platform.settle(shard, &request, "")).await;
    }
}

/// All of them are in the shard of this key, so that one call is enough.
fn place() -> Key {
    Key::of(&[NAME])
}
