//! Claims entries of the spool before they are sent.

use super::DRAIN_MS;
use crate::config::Config;
use crate::ledger::{Claim, ClaimRequest, Key, SettleRequest, Settlement, Verdict};
use crate::platform::{Platform, in_shard, within};

/// The name of the spool in the ledger.
const NAME: &str = "spool";

/// Claims on entries, so that an entry whose deletion failed, or is not visible yet, is not sent
/// again. If there is no ledger, or it fails, all are granted.
pub(super) struct SpoolClaims<'k> {
    /// All of them are in the shard of this key, so that one call is enough.
    place: Key,
    number: Option<u64>,
    /// The entries that may be sent.
    pub(super) granted: Vec<&'k String>,
    /// The entries that were already sent.
    pub(super) held: Vec<&'k String>,
}

impl<'k> SpoolClaims<'k> {
    /// Claims the entries with these keys.
    pub(super) async fn claim(
        queue: &str,
        keys: &'k [String],
        config: &Config,
        platform: &impl Platform,
    ) -> Self {
        let place = Key::of(&[NAME, queue]);
        let all = Self { place, number: None, granted: keys.iter().collect(), held: Vec::new() };
        let Some(dedupe_window_ms) = config.receiver.times.dedupe_window_ms else { return all };
        let claim =
            |key: &'k String| Claim { key: key.into(), names: vec![NAME.into()], time: None };
        let request = ClaimRequest {
            claims: keys.iter().map(claim).collect(),
            claim_ms: DRAIN_MS,
            remember_ms: dedupe_window_ms,
            latest: None,
        };
        let claimed =
            in_shard(platform, &all.place, async |shard| platform.claim(shard, &request).await);
        let Ok(answer) = within(platform, config.receiver.times.ledger_ms(), claimed).await else {
            return all;
        };
        let verdicts = || keys.iter().zip(answer.verdicts.iter().flatten());
        let are = |is: fn(Verdict) -> bool| {
            verdicts().filter(|(_, verdict)| is(**verdict)).map(|(key, _)| key).collect()
        };
        Self {
            place: all.place,
            number: Some(answer.number),
            granted: are(Verdict::is_granted),
            held: are(|verdict| verdict == Verdict::Held),
        }
    }

    /// Tells the ledger which entries were sent.
    pub(super) async fn settle(&self, held: &[&String], config: &Config, platform: &impl Platform) {
        let (Some(number), Some(remember_ms)) =
            (self.number, config.receiver.times.dedupe_window_ms)
        else {
            return;
        };
        let settlement = |key: &&'k String| Settlement::of_one(key, NAME, held.contains(key), None);
        let settlements = self.granted.iter().map(settlement).collect();
        let request = SettleRequest::new(number, settlements, remember_ms);
        let settled = platform.settle(self.place.shard(platform.shards()), &request, "");
        // If this fails, the claims expire.
        let _ = within(platform, config.receiver.times.ledger_ms(), settled).await;
    }
}
