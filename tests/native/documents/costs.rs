//! What `docs/performance.md` says that Cloudflare bills is the sum of what an event uses, at the prices beside
//! it; and what other sentences say follows from the same table.

use elytra_webhooks::config::LEDGER_SHARDS;
use elytra_webhooks::journal::MAX_DATABASE_BYTES;

use super::{read, with_commas};

/// The unit of the amounts that an event uses: a hundred-thousandth.
const AMOUNT_PLACES: usize = 5;

/// The unit of prices: a thousandth of a dollar.
const PRICE_PLACES: usize = 3;

/// How many of what an amount times a price gives make a cent.
const PER_CENT: u64 = 10_u64.pow(5 + 3 - 2);

/// The names of the columns for every event, for the ledger and for the journal.
const EVERY_EVENT: &str = "every event";
const LEDGER: &str = "ledger";
const JOURNAL: &str = "journal";

/// What an event of 1 KB takes in the journal, with and without its text, in bytes, as workerd's `databaseSize` shows it
/// for 2,000 of them.
const EVENT_BYTES: [u64; 2] = [2_160, 920];

/// What Cloudflare bills, and what an event uses of it.
struct Operation<'t> {
    name: &'t str,
    /// For a million, in thousandths of a dollar.
    price: u64,
    /// How many the paid plan includes in a month.
    included: u64,
    /// How many the free plan allows on a day. `None` if it has another kind of limit.
    free_a_day: Option<u64>,
    /// What each column uses for an event, in hundred-thousandths.
    uses: Vec<(&'t str, u64)>,
}

/// A number with commas, in a unit with this many decimal places. An empty cell is zero.
#[track_caller]
fn decimal(number: &str, places: usize) -> u64 {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    assert!(fraction.len() <= places, "{number} has more than {places} places");
    let digits = format!("0{}{fraction:0<places$}", whole.replace(',', ""));
    digits.parse().unwrap_or_else(|error| panic!("{number:?}: {error}"))
}

/// Cents, as a table prints them.
fn dollars(cents: u64) -> String {
    format!("{}.{:02}", with_commas(cents / 100), cents % 100)
}

/// The header and the rows of the table whose header begins like this.
#[track_caller]
fn table<'t>(page: &'t str, begin: &str) -> (Vec<&'t str>, Vec<Vec<&'t str>>) {
    let lines = page.lines().skip_while(|line| !line.starts_with(begin));
    let lines = lines.take_while(|line| line.starts_with('|'));
    let cells = |line: &'t str| {
        let line = line.strip_prefix('|').and_then(|line| line.strip_suffix('|')).unwrap();
        line.split('|').map(str::trim).collect::<Vec<_>>()
    };
    let mut rows: Vec<_> = lines.map(cells).collect();
    assert!(rows.len() > 2, "no table begins with {begin:?}");
    let header = rows.remove(0);
    rows.remove(0);
    assert!(rows.iter().all(|row| row.len() == header.len()), "a row is too short or too long");
    (header, rows)
}

fn operations(page: &str) -> Vec<Operation<'_>> {
    let (header, rows) = table(page, "| operation |");
    let operations = rows.into_iter().map(|row| {
        let [name, price, included, free_a_day, uses @ ..] = &row[..] else { panic!("{row:?}") };
        let is_number = free_a_day.chars().all(|c| c.is_ascii_digit() || c == ',');
        let columns = header.iter().skip(4).copied();
        let amounts = uses.iter().map(|amount| decimal(amount, AMOUNT_PLACES));
        Operation {
            name,
            price: decimal(price, PRICE_PLACES),
            included: decimal(included, 0),
            free_a_day: is_number.then(|| decimal(free_a_day, 0)),
            uses: columns.zip(amounts).collect(),
        }
    });
    operations.collect()
}

impl Operation<'_> {
    /// What an event uses of it in these columns together.
    fn used(&self, columns: &[&str]) -> u64 {
        let uses = self.uses.iter().filter(|(column, _)| columns.contains(column));
        uses.map(|(_, amount)| amount).sum()
    }

    /// What each of a million events uses of it in these columns, on average, beyond what is included.
    fn used_beyond(&self, columns: &[&str]) -> u64 {
        let included = self.included * decimal("1", AMOUNT_PLACES) / 1_000_000;
        self.used(columns).saturating_sub(included)
    }
}

/// In cents, what a million events cost.
fn cents(operations: &[Operation<'_>], amount: impl Fn(&Operation<'_>) -> u64) -> u64 {
    let costs = operations.iter().map(|operation| amount(operation) * operation.price);
    (costs.sum::<u64>() + PER_CENT / 2) / PER_CENT
}

/// Each row of the table of costs that is not what its destination adds up to.
fn wrong_costs(page: &str) -> Vec<String> {
    let operations = operations(page);
    let (_, rows) = table(page, "| destination | beyond what is included |");
    let mut wrong = Vec::new();
    for row in rows {
        let without = [EVERY_EVENT, row[0]];
        let with = [EVERY_EVENT, row[0], LEDGER];
        let and_journal = [EVERY_EVENT, row[0], LEDGER, JOURNAL];
        let expected = [
            cents(&operations, |operation| operation.used(&without)),
            cents(&operations, |operation| operation.used(&with)),
            cents(&operations, |operation| operation.used(&and_journal)),
            cents(&operations, |operation| operation.used_beyond(&without)),
            cents(&operations, |operation| operation.used_beyond(&with)),
            cents(&operations, |operation| operation.used_beyond(&and_journal)),
        ];
        let expected = expected.map(dollars).join(" | ");
        if row[1..].join(" | ") != expected {
            wrong.push(format!("{}: {expected}", row[0]));
        }
    }
    wrong
}

/// How many events with these columns the free plan allows on a day.
fn free_events(operations: &[Operation<'_>], columns: &[&str]) -> u64 {
    let limits = operations.iter().filter_map(|operation| {
        let used = operation.used(columns);
        let one = decimal("1", AMOUNT_PLACES);
        operation.free_a_day.filter(|_| used > 0).map(|a_day| a_day * one / used)
    });
    limits.min().unwrap()
}

#[track_caller]
fn says(document: &str, phrase: &str) {
    let text = read(document);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(phrase), "{document} does not say {phrase:?}");
}

#[test]
fn the_costs_add_up() {
    let page = read("docs/performance.md");
    let destinations = table(&page, "| destination | beyond what is included |").1.len();
    let columns = operations(&page)[0].uses.len();
    assert_eq!(destinations + 3, columns, "each destination has a column and a row");
    let wrong = wrong_costs(&page);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_sentences_about_costs_follow_from_the_table() {
    const PERFORMANCE: &str = "docs/performance.md";
    let page = read(PERFORMANCE);
    let operations = operations(&page);
    let of = |names: &[&str], amount: &dyn Fn(&Operation<'_>) -> u64| {
        let named = |one: &Operation<'_>| names.iter().any(|name| one.name.starts_with(name));
        cents(&operations, |operation| if named(operation) { amount(operation) } else { 0 })
    };

    let columns: [&[&str]; 5] = [&["queue"], &["HTTP"], &["KV"], &[LEDGER], &[LEDGER, JOURNAL]];
    let free = columns.map(|columns| free_events(&operations, columns));
    let [queue, http, kv, ledger, journal] = free.map(with_commas);
    assert_eq!(queue, http);
    let free = format!("{queue} events for a queue or HTTP, {kv} for KV, or {ledger} that are");
    says(PERFORMANCE, &format!("{free} deduplicated, {journal} with the journal."));

    // Of a hundred requests, and of a hundred times what the ledger is asked, one is left.
    let requests = of(&["requests, and"], &|one| one.used(&[EVERY_EVENT]) * 99 / 100);
    let calls = of(&["requests to", "GB-seconds"], &|one| one.used(&[LEDGER]) * 99 / 100);
    says(PERFORMANCE, &format!("batches of 100 save {} dollars", dollars(requests + calls)));

    let one_of = |name: &str| of(&[name], &|_| decimal("1", AMOUNT_PLACES));
    let spooled = one_of("KV reads") + 2 * one_of("KV writes");
    says(PERFORMANCE, &format!("{} dollars per million, because", dollars(spooled)));

    // 1,000 GB for seven of thirty days, at half a dollar.
    let (gb_months, costs) = (1_000 * 7 / 30, (1_000 * 7 + 30) / 60);
    says(PERFORMANCE, &format!("{gb_months} GB-months, or {costs} dollars"));

    // An hour of 100,000 events a second.
    let millions = 100_000 * 3_600 / 1_000_000;
    let an_hour = millions * cents(&operations, |one| one.used(&[EVERY_EVENT, "queue"])) / 100;
    let logged = millions * of(&["KB of log"], &|one| one.used(&[EVERY_EVENT])) / 100;
    says(PERFORMANCE, &format!("An hour of this is {millions} million events."));
    let an_hour = with_commas(an_hour);
    says(PERFORMANCE, &format!("they cost {an_hour} dollars, of which {logged} are for the log"));

    let columns = [EVERY_EVENT, "queue", LEDGER];
    let queue = of(&["queue operations"], &|one| one.used_beyond(&columns));
    let ledger = of(&["requests to Durable"], &|one| one.used_beyond(&columns));
    let total = 500 + cents(&operations, |one| one.used_beyond(&columns));
    let with_journal = [EVERY_EVENT, "queue", LEDGER, JOURNAL];
    assert_eq!(total, 500 + cents(&operations, |one| one.used_beyond(&with_journal)));
    let [queue, ledger, total] = [queue, ledger, total].map(dollars);
    says(PERFORMANCE, "The paid plan costs 5.00 a month");
    let plan = format!("cost {total} dollars: 5.00 for the paid plan");
    let parts = format!("{queue} for queue operations, and {ledger} for requests to the Durable");
    says("docs/deploying.md", &format!("{plan}, {parts} Object."));
}

/// A row of the table says what a week of so many events a second needs.
#[test]
fn the_room_for_the_journal_is_calculated() {
    /// A week and a month of 30 days, in seconds.
    const WEEK: u64 = 7 * 86_400;
    const MONTH: u64 = 30 * 86_400;

    let page = read("docs/performance.md");
    let operations = operations(&page);
    let rows = operations.iter().find(|one| one.name.starts_with("rows written")).unwrap();
    let a_million = cents(std::slice::from_ref(rows), |one| one.used(&[JOURNAL]));
    let gigabytes = |bytes: u64| {
        let tenths = (bytes + 50_000_000) / 100_000_000;
        format!("{}.{}", with_commas(tenths / 10), tenths % 10)
    };
    let (_, rows) = table(&page, "| events a second | GB with texts |");
    for row in &rows {
        let a_second: u64 = row[0].replace(',', "").parse().unwrap();
        let mut expected = vec![row[0].to_owned()];
        for bytes in EVENT_BYTES {
            let week = a_second * WEEK * bytes;
            expected.push(gigabytes(week));
            expected.push(week.div_ceil(MAX_DATABASE_BYTES).to_string());
        }
        let millionths = a_second * MONTH * a_million / 100;
        expected.push(with_commas((millionths + 500_000) / 1_000_000));
        assert_eq!(row.join(" | "), expected.join(" | "));
    }
    assert_eq!(rows.len(), 3);

    let [with, without] = EVENT_BYTES.map(with_commas);
    let room = MAX_DATABASE_BYTES / EVENT_BYTES[0];
    let phrases = [
        format!("takes {with} bytes in the journal, and {without} without its text"),
        format!("room for {} GB. Beyond", MAX_DATABASE_BYTES / 1_000_000_000),
        format!("{}.{} million events", room / 1_000_000, room / 100_000 % 10),
        format!("with texts ({} GB, ", gigabytes(1_000 * 86_400 * EVENT_BYTES[0])),
        format!("without ({} GB, ", gigabytes(1_000 * 3 * 86_400 * EVENT_BYTES[1])),
        format!("A ledger has up to {} shards, and", LEDGER_SHARDS.most),
    ];
    for phrase in phrases {
        says("docs/performance.md", &phrase);
    }
    assert_eq!(room / WEEK, 6, "a week of six a second");
    says("docs/deploying.md", &format!("costs {} dollars more", 2 + a_million / 100));
}

#[test]
fn a_wrong_sum_is_named() {
    let page = "\
| operation | dollars per million | included a month | free plan, a day | every event | queue | ledger | journal |
|---|---:|---:|---:|---:|---:|---:|---:|
| requests | 0.30 | 10,000,000 | 100,000 | 1 | | | |
| queue operations | 0.40 | 1,000,000 | 10,000 | | 3 | | |
| rows | 1.00 | 1,000,000 | 100,000 | | | | 4 |
| GB-seconds | 12.50 | 0 | 10 per request | | | 0.00256 | |

| destination | beyond what is included | deduplicating | and a journal | nothing else | deduplicating | and a journal |
|---|---:|---:|---:|---:|---:|---:|
| queue | 1.50 | 1.53 | 5.53 | 0.80 | 0.83 | 3.83 |
";
    assert_eq!(wrong_costs(page), [""; 0]);
    assert_eq!(free_events(&operations(page), &["queue"]), 3_333);
    assert_eq!(free_events(&operations(page), &["queue", JOURNAL]), 3_333);
    assert_eq!(free_events(&operations(page), &[JOURNAL]), 25_000);
    let right = "queue: 1.50 | 1.53 | 5.53 | 0.80 | 0.83 | 3.83";
    for (before, after) in [("1.53", "1.54"), ("0.80", "0.81"), ("| 1.50", "| 1.5")] {
        assert_eq!(wrong_costs(&page.replacen(before, after, 1)), [right], "{after}");
    }
    let dearer = page.replacen("| 0.40 |", "| 0.50 |", 1);
    assert_eq!(wrong_costs(&dearer), ["queue: 1.80 | 1.83 | 5.83 | 1.00 | 1.03 | 4.03"]);
}
