//! Suggestions for unknown names.

/// The candidate that is most similar to the name, ignoring case, if at most half of its letters differ.
///
/// ```
/// use elytra_webhooks::names::nearest;
///
/// assert_eq!(nearest("auth_typ", ["auth", "auth_type"]), Some("auth_type"));
/// assert_eq!(nearest("retry", ["queue", "kv"]), None);
/// ```
#[must_use]
pub fn nearest<'n>(name: &str, candidates: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    /// At most half of the letters may differ. Anything less similar would not help.
    const LEAST_SIMILARITY: f64 = 0.5;

    let name = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            let similarity =
                strsim::normalized_damerau_levenshtein(&name, &candidate.to_lowercase());
            (similarity, candidate)
        })
        .filter(|(similarity, _)| *similarity >= LEAST_SIMILARITY)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// The end of a message about an unknown name, which suggests the nearest known one, if any.
pub(crate) fn suggestion<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    did_you_mean(nearest(name, known))
}

/// The end of a message about an unknown name, with the suggestion that was found, if any.
#[must_use]
pub fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|nearest| format!(", did you mean {nearest:?}?")).unwrap_or_default()
}
