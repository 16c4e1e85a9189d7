//! Lists of events and refusals.

use super::server::{Ran, Reply, Server, TOKEN};

/// An event as the Worker lists it, and with something that a later one might say.
fn event(number: u32) -> String {
    format!(
        r#"{{"key":"{number:0>32}","arrived_at":1795542207985,"arrived_time":"2026-11-24T17:43:27.985Z","received":1,"code":"accepted","id":"{number}","source":"elytra-pim","type":"com.elytra.product","event_type":"product","operation":"modify","object_type":"product","object_id":"4711","bytes":345,"subscriptions":[{{"subscription":"shop","fate":"delivered"}},{{"subscription":"search","fate":"unwanted","reason":"inactive"}}],"has_text":true,"new":{{"in":"2027"}}}}"#
    )
}

fn page(events: &[String], cursor: Option<&str>) -> Reply {
    let cursor = cursor.map_or("null".to_owned(), |cursor| format!("{cursor:?}"));
    let events = events.join(",");
    Reply::ok(&format!(r#"{{"code":"events","events":[{events}],"cursor":{cursor}}}"#))
}

#[test]
fn every_filter_is_a_parameter_of_the_same_name() {
    let server = Server::new(&[page(&[event(1)], None)]);
    let ran = server.run(&[
        "events",
        "--id=i d",
        "--source=a&b",
        "--object=product/4711",
        "--type=t",
        "--event-type=product",
        "--operation=modify",
        "--subscription=shop",
        "--code=accepted",
        "--credential=ELYTRA_TOKEN",
        "--since=2026-11-24T17:43:27+01:00",
        "--until=no time",
        "--limit=7",
    ]);
    assert_eq!(
        server.lines(),
        [
            "GET /events?id=i%20d&source=a%26b&object=product/4711&type=t&event_type=product&operation=modify\
          &subscription=shop&code=accepted&credential=ELYTRA_TOKEN&since=2026-11-24T17:43:27%2B01:00\
          &until=no%20time&limit=7"
        ]
    );
    let table = "\
ARRIVED               EVENT                ID  FROM  USER AGENT  STATE
2026-11-24T17:43:27Z  product/4711 modify  1   -     -           shop delivered
";
    assert_eq!(ran, Ran { code: Some(0), stdout: table.to_owned(), stderr: String::new() });

    let refusal = r#"{"at":1795542207985,"code":"credentials_wrong","status":401,"detail":"the credentials are wrong","method":"POST","client_address":"203.0.113.7"}"#;
    let body =
        format!(r#"{{"code":"refusals","refusals":[{refusal}],"counted":12,"cursor":null}}"#);
    let server = Server::new(&[Reply::ok(&body)]);
    let arguments =
        ["refusals", "--code=c", "--credential=n", "--address=::1", "--until=2027-01-01T00:00:00Z"];
    let ran = server.run(&arguments);
    let target =
        "GET /refusals?code=c&credential=n&address=::1&until=2027-01-01T00:00:00Z&limit=50";
    assert_eq!(server.lines(), [target]);
    let table = "\
TIME                  ANSWER                 PATH  CREDENTIAL  FROM         WHY                        USER AGENT
2026-11-24T17:43:27Z  401 credentials_wrong  -     -           203.0.113.7  the credentials are wrong
";
    let stderr = "12 requests more came too fast, and were only counted\n".to_owned();
    assert_eq!(ran, Ran { code: Some(0), stdout: table.to_owned(), stderr });
}

/// Otherwise a page would begin where the one before did not end.
#[test]
fn all_pages_are_about_the_same_time() {
    let server = Server::new(&[page(&[event(1)], Some("c")), page(&[event(2)], None)]);
    let ran = server.run(&["events", "--since", "1h", "--all"]);
    assert_eq!(ran.code, Some(0));
    let lines = server.lines();
    let (first, _) = lines[0].split_once("&limit").unwrap();
    assert!(first.starts_with("GET /events?since=20") && first.ends_with('Z'), "{first}");
    assert_eq!(lines[1], format!("{first}&limit=1000&cursor=c"));
}

#[test]
fn pages_are_read_until_enough_is_listed() {
    let pages = [
        page(&[event(1), event(2)], Some("a")),
        // The search was long.
        page(&[], Some("b")),
        page(&[event(3)], Some("c")),
    ];
    let server = Server::new(&pages);
    let ran = server.run(&["events", "--limit", "3", "--json"]);
    assert_eq!(
        server.lines(),
        ["GET /events?limit=3", "GET /events?limit=1&cursor=a", "GET /events?limit=1&cursor=b"]
    );
    let stdout = format!("{}\n{}\n{}\n", event(1), event(2), event(3));
    let stderr =
        "there may be more: these are 3, and --limit NUMBER or --all lists others\n".to_owned();
    assert_eq!(ran, Ran { code: Some(0), stdout, stderr }, "each as the Worker wrote it");

    let server = Server::new(&[page(&[event(1)], Some("a")), page(&[event(2)], None)]);
    let ran = server.run(&["events", "--all", "--json"]);
    assert_eq!(server.lines(), ["GET /events?limit=1000", "GET /events?limit=1000&cursor=a"]);
    let stdout = format!("{}\n{}\n", event(1), event(2));
    assert_eq!(ran, Ran { code: Some(0), stdout, stderr: String::new() });
}

#[test]
fn nothing_found_is_neither_an_error_nor_a_success() {
    for (command, name, stderr) in [
        ("events", "events", "no event was found\n"),
        ("refusals", "refusals", "no refusal was found\n"),
    ] {
        let body = format!(r#"{{"code":"{name}","{name}":[],"cursor":null}}"#);
        let ran = Server::new(&[Reply::ok(&body)]).run(&[command]);
        let expected = Ran { code: Some(3), stdout: String::new(), stderr: stderr.to_owned() };
        assert_eq!(ran, expected, "{command}");
    }
}

/// It would ask forever.
#[test]
fn a_list_that_never_ends_is_an_error() {
    let ran = Server::new(&[page(&[], Some("a"))]).run(&["events"]);
    let stderr = "error: the Worker gave the same cursor twice, and nothing with it\n".to_owned();
    assert_eq!(ran, Ran { code: Some(1), stdout: String::new(), stderr });
}

/// As after `| head`.
#[test]
fn nobody_needs_to_read_all_of_it() {
    let events: Vec<_> = (0..1_000).map(event).collect();
    let server = Server::new(&[page(&events, Some("a")), page(&events, None)]);
    let mut command = server.command(&[TOKEN], &["events", "--all"]);
    let mut child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let expected = Ran { code: Some(0), stdout: String::new(), stderr: String::new() };
    assert_eq!(Ran::new(&output), expected);
}
