//! The patterns of `LIKE` (3.4.3), matched in a single pass from left to right.

/// A pattern. `%` stands for any number of characters and `_` for one, unless there is a backslash before
/// it. All other characters stand for themselves, including a backslash anywhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    text: String,
    /// The parts between the `%`. If there is just one, the pattern has no `%`.
    segments: Vec<Segment>,
}

/// A part without `%`, which may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    /// These characters.
    Literal(String),
    /// These characters, where `None` is any character.
    Holes(Vec<Option<char>>),
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        let mut segments = Vec::new();
        let mut units = Vec::new();
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '%' => segments.push(Segment::new(&std::mem::take(&mut units))),
                '_' => units.push(None),
                '\\' => {
                    let escaped = characters.next_if(|next| matches!(next, '%' | '_'));
                    units.push(Some(escaped.unwrap_or('\\')));
                }
                other => units.push(Some(other)),
            }
        }
        segments.push(Segment::new(&units));
        Self { text: text.to_owned(), segments }
    }

    /// The pattern as written.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The maximum number of bytes to look at when matching a text of this many.
    pub(super) fn cost(&self, bytes: usize) -> usize {
        match &*self.segments {
            [_, inner @ .., _] => {
                let inner = inner.iter().map(|segment| match segment {
                    Segment::Literal(_) => bytes,
                    Segment::Holes(units) => bytes.saturating_mul(units.len()),
                });
                inner.fold(self.text.len().min(bytes), usize::saturating_add)
            }
            _ => self.text.len().min(bytes),
        }
    }

    /// Whether the whole text matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        let (first, inner, last) = match &*self.segments {
            [] => return text.is_empty(),
            [only] => return only.strip_prefix(text).is_some_and(str::is_empty),
            [first, inner @ .., last] => (first, inner, last),
        };
        // The leftmost position is best for each segment: it leaves the most for those that follow.
        let rest = first.strip_prefix(text).and_then(|rest| last.strip_suffix(rest));
        rest.and_then(|rest| inner.iter().try_fold(rest, |rest, segment| segment.find(rest)))
            .is_some()
    }
}

impl Segment {
    fn new(units: &[Option<char>]) -> Self {
        let literal: Option<String> = units.iter().copied().collect();
        literal.map_or_else(|| Self::Holes(units.to_vec()), Self::Literal)
    }

    /// The rest of a text that starts with this.
    fn strip_prefix<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Self::Literal(literal) => text.strip_prefix(&**literal),
            Self::Holes(units) => {
                let mut characters = text.chars();
                let fits =
                    units.iter().all(|unit| characters.next().is_some_and(|c| is_fit(*unit, c)));
                fits.then_some(characters.as_str())
            }
        }
    }

    /// The rest of a text that ends with this.
    fn strip_suffix<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Self::Literal(literal) => text.strip_suffix(&**literal),
            Self::Holes(units) => {
                let mut characters = text.chars();
                let mut units = units.iter().rev();
                let fits =
                    units.all(|unit| characters.next_back().is_some_and(|c| is_fit(*unit, c)));
                fits.then_some(characters.as_str())
            }
        }
    }

    /// The rest of a text after the first occurrence of this.
    fn find<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Self::Literal(literal) => text.split_once(&**literal).map(|(_, rest)| rest),
            Self::Holes(_) => {
                let mut starts = text.char_indices();
                starts.find_map(|(start, _)| self.strip_prefix(text.get(start..)?))
            }
        }
    }
}

fn is_fit(unit: Option<char>, character: char) -> bool {
    unit.is_none_or(|wanted| wanted == character)
}
