//! What operators have sent again is claimed in the ledger first, so that two who ask for the same thing at
//! the same moment do not both have it sent.

use crate::config::Config;
use crate::ledger::{Claim, ClaimAnswer, ClaimRequest, Key, SettleRequest, Settlement, Verdict};
use crate::platform::{BindingError, CALL_MS, Platform, within};

/// For how long an operator's request has its claims, in milliseconds. If it dies, another one may send
/// the same after that.
pub const OPERATOR_CLAIM_MS: u64 = 60_000;

/// For how long the ledger remembers what was sent again, in milliseconds: a day, far more than KV needs
/// until no list shows it any more.
pub const REMEMBER_SENT_MS: u64 = 24 * 3_600_000;

/// The name under which the ledger knows what was sent again.
const NAME: &str = "operator";

/// Claims on some things of a kind, by their ids. Without a ledger, all are granted.
pub(crate) struct OperatorClaims {
    kind: &'static str,
    keys: Vec<Key>,
    answer: Option<ClaimAnswer>,
}

impl OperatorClaims {
    /// Claims them all with one call.
    ///
    /// # Errors
    ///
    /// The ledger fails. Then nothing is to be sent: it is kept, and can be sent later.
    pub(crate) async fn claim(
        kind: &'static str,
        ids: &[String],
        config: &Config,
        platform: &impl Platform,
    ) -> Result<Self, BindingError> {
        let keys: Vec<_> = ids.iter().map(|id| Key::of(&[kind, id])).collect();
        if !config.stores.has_ledger || keys.is_empty() {
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
        let answer = within(platform, CALL_MS, platform.claim(shard(), &request)).await;
        let answer = answer.map_err(|error| BindingError(format!("the ledger: {error}")))?;
        Ok(Self { kind, keys, answer: Some(answer) })
    }

    /// What may be done with the one at this place.
    pub(crate) fn verdict(&self, place: usize) -> Verdict {
        let Some(answer) = &self.answer else { return Verdict::Granted };
        let verdicts = answer.verdicts.get(place);
        // What the ledger says nothing of stays where it is.
        verdicts.and_then(|verdicts| verdicts.first()).copied().unwrap_or(Verdict::UnderWay)
    }

    /// Tells the ledger which were sent.
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
        let request = SettleRequest { number, settlements, remember_ms: REMEMBER_SENT_MS };
        // If this fails, the claims end by themselves, and what was sent is kept no more.
        let _ = within(platform, CALL_MS, platform.settle(shard(), &request)).await;
    }
}

/// The shard that knows of them all, so that one call claims several.
fn shard() -> usize {
    Key::of(&[NAME]).shard()
}
