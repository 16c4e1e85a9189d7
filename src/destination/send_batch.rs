//! Divides messages among calls to `sendBatch`.

use crate::limits::{MAX_SEND_BATCH_BYTES, MAX_SEND_BATCH_MESSAGES, QUEUE_METADATA_BYTES};

/// Divides messages, in their order, among as few calls as the limits of `sendBatch` allow.
pub(crate) fn divide<T>(messages: Vec<T>, bytes_of: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut calls: Vec<Vec<T>> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        let size = bytes_of(&message) + QUEUE_METADATA_BYTES;
        bytes += size;
        match calls.last_mut() {
            Some(call) if call.len() < MAX_SEND_BATCH_MESSAGES && bytes <= MAX_SEND_BATCH_BYTES => {
                call.push(message);
            }
            _ => {
                calls.push(vec![message]);
                bytes = size;
            }
        }
    }
    calls
}
