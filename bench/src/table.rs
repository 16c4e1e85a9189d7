//! Tables in Markdown.

use std::fmt::Write as _;

use crate::statistics::Spread;

/// A table.
#[derive(Debug)]
pub(crate) struct Table {
    text: String,
    columns: usize,
    rows: usize,
}

impl Table {
    /// One with this head. Columns of figures begin with `>` and are set flush right.
    pub(crate) fn new<'a>(head: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut names, mut rule) = (String::from("|"), String::from("|"));
        let mut columns = 0;
        for name in head {
            let (name, dashes) =
                name.strip_prefix('>').map_or((name, "---"), |name| (name, "---:"));
            let _ = write!(names, " {name} |");
            let _ = write!(rule, "{dashes}|");
            columns += 1;
        }
        Self { text: format!("{names}\n{rule}\n"), columns, rows: 0 }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.text.push('|');
        let mut count = 0;
        for cell in cells {
            let _ = write!(self.text, " {cell} |");
            count += 1;
        }
        self.text.push('\n');
        self.rows += 1;
        assert_eq!(count, self.columns, "a row has a cell for each column");
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// A figure with three digits that count, with commas where there are many.
pub(crate) fn figure(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => thousands(value),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// "1.02 (0.98 to 1.10)".
pub(crate) fn spread(spread: Spread) -> String {
    let Spread { median, least, most } = spread;
    format!("{} ({} to {})", figure(median), figure(least), figure(most))
}

/// The cell of something that may not be there.
pub(crate) fn cell<T>(value: Option<T>, print: impl Fn(T) -> String) -> String {
    value.map(print).unwrap_or_default()
}

fn thousands(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 { format!("-{text}") } else { text }
}
