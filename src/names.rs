//! What may have been meant by a name that nobody knows.

/// The candidate that resembles the name most, if any resembles it enough to be what was meant.
pub(crate) fn nearest<'n>(
    name: &str,
    candidates: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    /// Half of the letters may be wrong at most; what resembles less is no help to anyone.
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

/// The end of a message about a name that nobody knows: the nearest of those that are known.
pub(crate) fn suggestion<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    did_you_mean(nearest(name, known))
}

/// The same with the nearest, if there is one.
pub(crate) fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|nearest| format!(", did you mean {nearest:?}?")).unwrap_or_default()
}
