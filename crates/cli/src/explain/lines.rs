//! Prints an explanation for people.

use std::fmt::{self, Write as _};

use elytra_webhooks::operator::explain::{
    Explained, ExplainedEvent, ExplainedViolation, Explanation, SubscriptionMatch,
};

/// The whole explanation.
pub(super) fn lines(explanation: &Explanation) -> String {
    let mut text = format!("mode: {}\n", explanation.mode);
    for event in &explanation.events {
        text.push('\n');
        // Writing to a string cannot fail.
        let _ = match event {
            Explained::Valid(event) => valid(&mut text, event),
            Explained::Invalid { id, violations, violations_left_out } => {
                invalid(&mut text, id.as_deref(), violations, *violations_left_out)
            }
        };
    }
    text
}

fn invalid(
    text: &mut String,
    id: Option<&str>,
    violations: &[ExplainedViolation],
    left_out: Option<usize>,
) -> fmt::Result {
    text.push_str("event");
    if let Some(id) = id {
        write!(text, " {id:?}")?;
    }
    writeln!(text, ": not valid, so nothing in the request is forwarded")?;
    violations.iter().try_for_each(|ExplainedViolation { attribute, reason }| match attribute {
        Some(attribute) => writeln!(text, "  {}: {}", attribute.escape_debug(), reason.message),
        None => writeln!(text, "  {}", reason.message),
    })?;
    left_out.map_or(Ok(()), |left_out| writeln!(text, "  and {left_out} more"))
}

fn valid(text: &mut String, event: &ExplainedEvent) -> fmt::Result {
    writeln!(text, "event:")?;
    for (name, value) in &event.attributes {
        writeln!(text, "  {name}: {value}")?;
    }
    if let Some(data) = &event.data {
        writeln!(text, "  {}: {} bytes", data.member, data.bytes)?;
    }
    writeln!(text, "understood as:")?;
    let reported = [
        ("event type", &event.event_type),
        ("operation", &event.operation),
        ("object type", &event.object_type),
        ("object id", &event.object_id),
    ];
    for (name, value) in reported {
        match value {
            Some(value) => writeln!(text, "  {name}: {value:?}")?,
            None => writeln!(text, "  {name}: none")?,
        }
    }
    writeln!(text, "  size: {} bytes of JSON", event.bytes)?;
    for notice in &event.notices {
        writeln!(text, "  note: {notice}")?;
    }
    writeln!(text, "subscriptions:")?;
    event.subscriptions.iter().try_for_each(|verdict| subscription(text, verdict))
}

fn subscription(text: &mut String, verdict: &SubscriptionMatch) -> fmt::Result {
    let SubscriptionMatch { subscription, mismatch, too_large, .. } = verdict;
    match (mismatch, too_large) {
        (Some(reason), _) => writeln!(text, "  {subscription}: no, {}", reason.message),
        (None, Some(why)) => writeln!(text, "  {subscription}: yes, but {why}"),
        (None, None) => writeln!(text, "  {subscription}: yes"),
    }
}
