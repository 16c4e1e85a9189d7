//! The tokens that are yet to be read, and what to say of one that is not wanted.

use super::error::{ErrorKind, ParseError, shortened};
use super::lexer::{Kind, Symbol, Token};

pub(super) struct Cursor<'p, 't> {
    rest: &'p [Token<'t>],
    end: Token<'t>,
}

impl<'p, 't> Cursor<'p, 't> {
    /// These tokens of a text, and behind them the end, at this offset.
    pub(super) fn new(tokens: &'p [Token<'t>], end: usize) -> Self {
        Self { rest: tokens, end: Token { kind: Kind::End, start: end, end, text: "" } }
    }

    /// What comes next and behind it.
    pub(super) fn rest(&self) -> &'p [Token<'t>] {
        self.rest
    }

    /// What comes next.
    pub(super) fn peek(&self) -> &Token<'t> {
        self.rest.first().unwrap_or(&self.end)
    }

    pub(super) fn kind(&self) -> &Kind<'t> {
        &self.peek().kind
    }

    /// What comes so many tokens later.
    pub(super) fn behind(&self, tokens: usize) -> Option<&'p Kind<'t>> {
        self.rest.get(tokens).map(|token| &token.kind)
    }

    pub(super) fn next(&mut self) -> Token<'t> {
        let token = self.peek().clone();
        self.skip(1);
        token
    }

    pub(super) fn skip(&mut self, tokens: usize) {
        self.rest = self.rest.get(tokens..).unwrap_or_default();
    }

    /// Reads on where this comes next.
    pub(super) fn take(&mut self, symbol: Symbol, expected: &str) -> Result<(), ParseError> {
        if *self.kind() != Kind::Symbol(symbol) {
            return Err(self.unexpected(expected));
        }
        self.skip(1);
        Ok(())
    }

    /// What comes next is not what is wanted.
    pub(super) fn unexpected(&self, expected: &str) -> ParseError {
        let token = self.peek();
        let found = if token.kind == Kind::End { "the end".to_owned() } else { shown(token.text) };
        self.error(ErrorKind::Parse, found, expected.to_owned())
    }

    /// There is this error where the next token is.
    pub(super) fn error(&self, kind: ErrorKind, found: String, expected: String) -> ParseError {
        ParseError { kind, position: self.peek().start, found, expected }
    }
}

/// A part of the expression, as it stands in an error.
pub(super) fn shown(text: &str) -> String {
    shortened(text).to_string()
}
