//! Tables for a terminal.

use crate::text::{clean, shortened, width};

/// How many columns of a terminal text takes at most.
pub const WIDTH: usize = 100;

/// The fewest columns of a terminal that a table takes. In fewer, it breaks its lines.
const LEAST_WIDTH: usize = 60;

/// What is between two columns of a table.
const GAP: usize = 2;

/// A column that can be shortened keeps this many columns of the terminal, as long as others can be shortened.
const LEAST: usize = 10;

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// What stands above it.
    pub title: &'static str,
    /// Whether its cells can be shortened.
    pub fit: Fit,
}

/// Whether the cells of a column can be shortened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// Not unless nothing else helps: they are copied.
    Whole,
    /// They can.
    Short,
}

/// A table that is printed as its rows become known.
#[derive(Debug)]
pub struct Table {
    columns: Vec<Column>,
    /// How wide each column would be if there were room.
    natural: Vec<usize>,
    /// How many columns of a terminal it may take. `None` where lines have no end.
    most: Option<usize>,
    has_header: bool,
}

impl Table {
    /// An empty table, as wide as this many columns of a terminal at most.
    #[must_use]
    pub fn new(columns: &[Column], most: Option<usize>) -> Self {
        let natural = columns.iter().map(|column| width(column.title)).collect();
        let most = most.map(|most| most.max(LEAST_WIDTH));
        Self { columns: columns.to_vec(), natural, most, has_header: false }
    }

    /// The lines of more rows. Before the first ones stands a header.
    pub fn rows(&mut self, rows: &[Vec<String>]) -> String {
        if rows.is_empty() {
            return String::new();
        }
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| clean(cell)).collect()).collect();
        for row in &rows {
            for (natural, cell) in self.natural.iter_mut().zip(row) {
                *natural = width(cell).max(*natural);
            }
        }
        let widths = self.widths();
        let mut out = String::new();
        if !std::mem::replace(&mut self.has_header, true) {
            let titles: Vec<_> = self.columns.iter().map(|one| one.title.to_owned()).collect();
            line(&mut out, &titles, &widths);
        }
        for row in &rows {
            line(&mut out, row, &widths);
        }
        out
    }

    /// The widths that fit.
    fn widths(&self) -> Vec<usize> {
        let Some(most) = self.most else { return self.natural.clone() };
        let room = most.saturating_sub(GAP.saturating_mul(self.columns.len().saturating_sub(1)));
        let mut widths: Vec<_> = self.natural.iter().map(|natural| (*natural).min(most)).collect();
        while widths.iter().sum::<usize>() > room {
            let is_long = |column: &Column, width: usize| column.fit == Fit::Short && width > LEAST;
            let columns = self.columns.iter().zip(&mut widths);
            let widest = columns.max_by_key(|(column, width)| (is_long(column, **width), **width));
            match widest {
                Some((_, width)) if *width > 0 => *width = width.saturating_sub(1),
                _ => break,
            }
        }
        widths
    }
}

fn line(out: &mut String, cells: &[String], widths: &[usize]) {
    let mut text = String::new();
    for (cell, columns) in cells.iter().zip(widths) {
        let cell = shortened(cell, *columns);
        let missing = columns.saturating_sub(width(&cell)).saturating_add(GAP);
        text.push_str(&cell);
        text.extend(std::iter::repeat_n(' ', missing));
    }
    out.push_str(text.trim_end());
    out.push('\n');
}
