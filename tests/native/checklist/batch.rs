//! Batches (JSON format section 4, HTTP binding section 3.3).

use elytra_events::InvalidEvents;
use elytra_events::http::{Mode, decode};

use super::{Case, Check::Here, codes};
use crate::support::{Head, event};

fn read(body: &str) -> Result<Vec<String>, InvalidEvents> {
    let events = decode(Mode::Batch, &Head::post(), body.as_bytes(), 100)?;
    Ok(events.iter().map(|event| event.as_json().to_owned()).collect())
}

pub(super) const CASES: &[Case] = &[
    Case {
        rule: "batch-array",
        section: "JSON format 4.1",
        says: "a batch is a JSON array",
        check: Here(|| {
            let one = event("");
            let body = format!("[{one} , {one}]");
            assert_eq!(read(&body), Ok(vec![one.clone(), one.clone()]));
            let Err(InvalidEvents::Invalid(invalid)) = read(&one) else { panic!("no array") };
            assert_eq!(codes(&invalid[0]), [(None, "not_an_array")]);
        }),
    },
    Case {
        rule: "batch-empty",
        section: "HTTP binding 3.3.2",
        says: "a batch may be empty",
        check: Here(|| assert_eq!(read(" [ ] "), Ok(vec![]))),
    },
    Case {
        rule: "batch-whole-events",
        section: "JSON format 4.1",
        says: "each element is a complete event, checked like a single one",
        check: Here(|| {
            let body = format!(r#"[{},{{"id":"2"}},7]"#, event(""));
            let Err(InvalidEvents::Invalid(invalid)) = read(&body) else { panic!("invalid") };
            let indexes: Vec<_> = invalid.iter().map(|event| event.index).collect();
            assert_eq!(indexes, [Some(1), Some(2)]);
            assert_eq!(codes(&invalid[0]).len(), 3, "{invalid:?}");
            assert_eq!(codes(&invalid[1]), [(None, "not_an_object")]);
        }),
    },
    Case {
        rule: "batch-every-element",
        section: "JSON format 4.1",
        says: "every element is read, not only the first",
        check: Here(|| {
            let elements: Vec<_> = (0..100).map(|n| event(&format!(r#""x":{n}"#))).collect();
            assert_eq!(read(&format!("[{}]", elements.join(","))), Ok(elements));
        }),
    },
    Case {
        rule: "batch-limit",
        section: "HTTP binding 3",
        says: "the receiver chooses how many events a batch may have",
        check: Here(|| {
            let body = format!("[{}]", vec![event(""); 101].join(","));
            assert_eq!(read(&body), Err(InvalidEvents::TooMany { events: 101, limit: 100 }));
        }),
    },
];
