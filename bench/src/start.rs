//! How large an upload is, and how long it is active when it starts.

use serde::{Serialize, Serializer};

use crate::Arguments;
use crate::contestant::Contestant;
use crate::lab::Lab;
use crate::say;
use crate::statistics::Spread;
use crate::upload::{Size, Upload};

/// What this part is called.
pub(crate) const NAME: &str = "size and start";

/// The upload of a contestant.
#[derive(Debug, Serialize)]
pub(crate) struct Start {
    #[serde(serialize_with = "name")]
    pub(crate) contestant: Contestant,
    pub(crate) size: Size,
    /// wrangler samples every few milliseconds, so that one figure says little.
    pub(crate) active_ms: Option<Spread>,
}

/// Looks at every upload, and starts each as often as there are rounds.
pub(crate) fn starts(
    lab: &Lab,
    arguments: &Arguments,
    uploads: &[(Contestant, Option<Upload>)],
) -> Vec<Start> {
    if !arguments.has(NAME) {
        return Vec::new();
    }
    say(NAME);
    let uploads: Vec<_> = uploads
        .iter()
        .filter(|(contestant, _)| !contestant.wants_fresh_ids())
        .filter_map(|(contestant, upload)| Some((*contestant, upload.as_ref()?)))
        .collect();
    let mut active = vec![Vec::new(); uploads.len()];
    for _ in 0..arguments.rounds {
        for ((_, upload), active) in uploads.iter().zip(&mut active) {
            active.push(upload.startup_ms(lab));
        }
    }
    let start = |((contestant, upload), active): (&(Contestant, &Upload), Vec<f64>)| Start {
        contestant: *contestant,
        size: upload.size,
        active_ms: Spread::of(active),
    };
    uploads.iter().zip(active).map(start).collect()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "it is what serde calls")]
fn name<S: Serializer>(contestant: &Contestant, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(contestant.name())
}
