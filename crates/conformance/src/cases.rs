//! What a receiver is held to.

mod access;
mod attributes;
mod batches;
mod binary;
mod data;
mod header_values;
mod http;
mod structured;
mod time;
mod values;

use crate::case::Case;
use crate::make::Maker;
use crate::options::Options;

/// The case without which all others mean nothing.
pub(crate) const BASELINE: &str = "structured";

/// The case that those of binary mode build on.
const BINARY: &str = "binary";

/// The case that those of batches build on.
const BATCHES: &str = "batch";

/// What a receiver is held to, in the order in which it is tried. The first case, a plain valid
/// event, shows whether the others mean anything. A case without requests does not apply with these
/// options.
#[must_use]
pub fn cases(options: &Options) -> Vec<Case> {
    let make = &Maker::new(options);
    [
        structured::cases(make),
        attributes::cases(make),
        values::cases(make),
        time::cases(make),
        data::cases(make),
        binary::cases(make),
        header_values::cases(make),
        batches::cases(make),
        http::cases(make),
        access::cases(make),
    ]
    .into_iter()
    .flatten()
    .collect()
}
