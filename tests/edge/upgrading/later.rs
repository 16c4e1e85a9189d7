//! What a later version may have stored, before somebody went back to this one: fields, columns, tables and codes that
//! this version does not know. It must lose no event because of them, and do no more than somebody asked for.

use edge::Asked;
use serde_json::{Value, json};

use super::journal::history;
use super::stored::Stored;
use super::{LATEST, Upgraded, product, text};

/// How the message of a job begins.
const JOB: &str = r#"{"job":"#;

/// What the latest version has stored, after this was done to it.
fn later(change: impl FnOnce(&mut Stored)) -> Upgraded {
    let mut stored = Stored::read(LATEST);
    stored.ledger.get_mut("replays").unwrap()["alarm"] = Value::Null;
    change(&mut stored);
    Upgraded::with(LATEST, stored)
}

/// The JSON of a text, after this was done to it.
#[track_caller]
fn changed(text: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut value = serde_json::from_str(text).unwrap();
    change(&mut value);
    value.to_string()
}

/// The same for the first line of a message.
#[track_caller]
fn changed_line(message: &str, change: impl FnOnce(&mut Value)) -> String {
    let (line, event) = message.split_once('\n').unwrap();
    format!("{}\n{event}", changed(line, change))
}

/// Changes the rows of a table.
#[track_caller]
fn change_rows(stored: &mut Stored, object: &str, table: &str, change: impl FnMut(&mut Value)) {
    let rows = stored.ledger.get_mut(object).unwrap()["rows"][table].as_array_mut().unwrap();
    assert!(!rows.is_empty());
    rows.iter_mut().for_each(change);
}

/// Changes a text in a row.
#[track_caller]
fn change_text(row: &mut Value, column: &str, change: impl FnOnce(&mut Value)) {
    row[column] = changed(row[column].as_str().unwrap(), change).into();
}

#[test]
fn columns_and_tables() {
    let upgraded = later(|stored| {
        for object in stored.ledger.values_mut() {
            let schema = object["schema"].as_array_mut().unwrap();
            schema.push("CREATE TABLE later (name TEXT)".into());
            for table in ["records", "events", "texts", "refusals", "replays", "ledger", "minutes"]
            {
                schema.push(format!("ALTER TABLE {table} ADD COLUMN later TEXT").into());
            }
            object["rows"]["later"] = json!([{"name": "kept"}]);
        }
    });
    upgraded.send(&product("held"), 200, "duplicate");
    upgraded.send(&product("another"), 202, "accepted");
    upgraded.send(&product("partly held"), 202, "accepted");
    assert!(upgraded.journaled("another").is_some());
    assert_eq!(upgraded.receiver.objects()["shard-0"]["rows"]["later"], json!([{"name": "kept"}]));
}

/// A later version may have kinds of destinations, and more to say of each.
#[test]
fn names_and_fields_in_records() {
    let upgraded = later(|stored| {
        change_rows(stored, "shard-0", "records", |row| {
            change_text(row, "record", |record| {
                for standing in record.as_object_mut().unwrap().values_mut() {
                    standing["later"] = 1.into();
                }
                record["later/stream"] = json!({"held": {}});
            });
        });
    });
    upgraded.send(&product("held"), 200, "duplicate");
    // Its record is written anew, and keeps what this version does not know.
    upgraded.send(&product("partly held"), 202, "accepted");
    let objects = upgraded.receiver.objects();
    let records = objects["shard-0"]["rows"]["records"].as_array().unwrap();
    let records = records.iter().map(|row| row["record"].as_str().unwrap());
    let both = records.filter(|text| text.contains("later/stream") && text.contains("EVENTS_KV"));
    let before = upgraded.stored.rows("records").into_iter();
    let before = before.filter(|row| row["record"].as_str().unwrap().contains("EVENTS_KV"));
    assert_eq!(both.count(), before.count() + 1);
}

#[test]
fn fields_of_messages() {
    let add = |line: &mut Value| line["later"] = json!({"any": "thing"});
    let upgraded = later(|stored| {
        for message in stored.queues.values_mut().flatten() {
            if message.body.contains('\n') {
                message.body = changed_line(&message.body, add);
            }
        }
        for entry in stored.kv.get_mut("SPOOL").unwrap().values_mut() {
            add(&mut entry.metadata);
        }
    });
    assert_eq!(upgraded.deliver("DELIVERIES", "failing"), Asked::Ack);
    assert_eq!(upgraded.shop.take_orders()[0].text(), text("failing"));
    assert_eq!(upgraded.deliver("DEAD_LETTERS", "dying"), Asked::Ack);
    assert!(upgraded.listed().iter().any(|id| !upgraded.stored.kv["DEAD"].contains_key(id)));
    upgraded.receiver.run_cron();
    assert_eq!(upgraded.sink.messages("EVENTS_QUEUE").len(), 3);
}

/// A message of a kind that does not exist yet is kept as a dead letter, whole.
#[test]
fn kinds_of_messages() {
    let upgraded = Upgraded::from(LATEST);
    let later = format!("{{\"later\":\"kind\"}}\n{}", product("later"));
    assert_eq!(upgraded.receiver.consume(&[(&later, 1)]), [Asked::Ack]);
    let [letter] = &upgraded.sink.messages("DEAD_LETTERS")[..] else { panic!("one letter") };
    assert!(letter.ends_with(&later), "{letter}");
    assert_eq!(upgraded.receiver.consume(&[(letter, 1)]), [Asked::Ack]);
    assert!(upgraded.listed().iter().any(|id| id.starts_with("unknown/")));
}

#[test]
fn causes_and_fields_of_dead_letters() {
    let upgraded = later(|stored| {
        for (key, entry) in stored.kv.get_mut("DEAD").unwrap() {
            if key.starts_with('.') {
                continue;
            }
            for change in [("cause", json!("later_cause")), ("later", json!([1]))] {
                entry.metadata[change.0] = change.1.clone();
                entry.value = changed_line(&entry.value, |line| line[change.0] = change.1);
            }
        }
    });
    let listed = upgraded.ask("GET", "/dead-letters?subscription=shop", "", "dead_letters");
    let listed = listed["dead_letters"].as_array().unwrap();
    assert_eq!(listed.len(), 4);
    assert!(listed.iter().all(|letter| letter["cause"] == "later_cause"), "{listed:?}");
    upgraded.act("redrive", "dead 1");
    assert!(upgraded.sink.messages("DELIVERIES")[0].ends_with(&text("dead 1")));
    upgraded.act("delete", "dead 2");
}

/// A job whose letters a later version would choose by something else as well must not act on more of them.
#[test]
fn what_a_job_means() {
    let upgraded = later(|stored| {
        // A job's message begins with its id.
        let narrow = |text: &mut String| {
            *text = text.replace(r#""filter":{"#, r#""filter":{"later":"only some","#);
        };
        let messages = stored.queues.get_mut("DELIVERIES").unwrap().iter_mut();
        messages.filter(|one| one.body.starts_with(JOB)).for_each(|one| narrow(&mut one.body));
        for (key, entry) in stored.kv.get_mut("DEAD").unwrap() {
            if key.starts_with(".jobs/") && entry.value.contains("bulk") {
                narrow(&mut entry.value);
            }
        }
    });
    let letters = upgraded.listed();
    let message = upgraded.stored.queues["DELIVERIES"].iter();
    let message = message.map(|message| &*message.body).find(|text| text.contains("only some"));
    assert_eq!(upgraded.receiver.consume(&[(message.unwrap(), 1)]), [Asked::Ack]);
    assert_eq!(upgraded.listed(), letters, "none of them was deleted");
    let [letter] = &upgraded.sink.messages("DEAD_LETTERS")[..] else { panic!("one letter") };
    assert!(letter.ends_with(message.unwrap()), "the job is kept: {letter}");
    // The others can be seen.
    let jobs = upgraded.ask("GET", "/dead-letters/jobs", "", "jobs");
    assert_eq!(jobs["jobs"].as_array().unwrap().len(), 1, "{jobs}");
}

/// The same for replays.
#[test]
fn what_a_replay_means() {
    let upgraded = later(|stored| {
        change_rows(stored, "replays", "replays", |row| {
            change_text(row, "replay", |replay| replay["filter"]["later"] = "only some".into());
        });
    });
    let before = upgraded.receiver.objects()["replays"]["rows"]["replays"].clone();
    assert_eq!(upgraded.ask("GET", "/replays", "", "replays")["replays"], json!([]));
    // Another one can be made beside them.
    let body = json!({"filter": {"id": "held"}, "events_per_second": 100}).to_string();
    let started = upgraded.ask("POST", "/replays", &body, "replay_started");
    let id = started["replay"]["id"].as_str().unwrap();
    edge::wait_until("it has ended", || {
        let replay = upgraded.ask("GET", &format!("/replays/{id}"), "", "replay");
        (replay["replay"]["state"] == "finished").then_some(())
    });
    assert_eq!(upgraded.sink.messages("EVENTS_QUEUE"), [product("held")], "no other was sent");
    let after = upgraded.receiver.objects()["replays"]["rows"]["replays"].clone();
    let is_kept = |row: &Value| after.as_array().unwrap().contains(row);
    assert!(before.as_array().unwrap().iter().all(is_kept), "{after}");
}

#[test]
fn lines_and_facts_of_the_journal() {
    let line = r#"{"at":1,"what":"later","by":"somebody","why":{"any":"thing"}}"#;
    let upgraded = later(|stored| {
        change_rows(stored, "shard-0", "events", |row| {
            change_text(row, "facts", |facts| facts["later"] = json!({"any": "thing"}));
            row["history"] = format!("{}\n{line}", row["history"].as_str().unwrap()).into();
        });
        change_rows(stored, "shard-0", "refusals", |row| {
            change_text(row, "refusal", |refusal| refusal["later"] = 1.into());
        });
    });
    let shown = upgraded.journaled("large").unwrap();
    assert_eq!(history(&shown), ["unknown", "received"]);
    upgraded.ask("GET", "/events?limit=1000", "", "events");
    upgraded.ask("GET", "/refusals", "", "refusals");
    let lines = || Some(history(&upgraded.journaled("held")?).len());
    let before = lines().unwrap();
    upgraded.send(&product("held"), 200, "duplicate");
    // What a later version wrote stays.
    edge::wait_until("the duplicate is in the journal", || (lines()? == before + 1).then_some(()));
    let objects = upgraded.receiver.objects();
    let rows = objects["shard-0"]["rows"]["events"].as_array().unwrap();
    assert!(rows.iter().filter(|row| row["history"].as_str().unwrap().contains(line)).count() > 1);
}
