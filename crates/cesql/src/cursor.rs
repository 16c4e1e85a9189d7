//! The tokens that are still to be read, and the error for an unexpected one.

use super::error::{ErrorKind, ParseError, shortened};
use super::lexer::{Kind, Symbol, Token};

pub(super) struct Cursor<'p, 't> {
    rest: &'p [Token<'t>],
    end: Token<'t>,
}

impl<'p, 't> Cursor<'p, 't> {
    /// The tokens of a text that ends at this offset.
    pub(super) fn new(tokens: &'p [Token<'t>], end: usize) -> Self {
        Self { rest: tokens, end: Token { kind: Kind::End, start: end, end, text: "" } }
    }

    /// The next token and all that follow.
    pub(super) fn rest(&self) -> &'p [Token<'t>] {
        self.rest
    }

    /// The next token.
    pub(super) fn peek(&self) -> &Token<'t> {
        self.rest.first().unwrap_or(&self.end)
    }

    pub(super) fn kind(&self) -> &Kind<'t> {
        &self.peek().kind
    }

    /// The kind of the token this many tokens after the next.
    pub(super) fn kind_after(&self, tokens: usize) -> Option<&'p Kind<'t>> {
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

    /// Consumes this symbol, which must come next.
    pub(super) fn take(&mut self, symbol: Symbol, expected: &str) -> Result<(), ParseError> {
        if *self.kind() != Kind::Symbol(symbol) {
            return Err(self.unexpected(expected));
        }
        self.skip(1);
        Ok(())
    }

    /// The error for a next token that is not what was expected.
    pub(super) fn unexpected(&self, expected: &str) -> ParseError {
        let token = self.peek();
        let found = if token.kind == Kind::End { "the end".to_owned() } else { shown(token.text) };
        self.error(ErrorKind::Parse, found, expected.to_owned())
    }

    /// An error at the position of the next token.
    pub(super) fn error(&self, kind: ErrorKind, found: String, expected: String) -> ParseError {
        ParseError { kind, position: self.peek().start, found, expected }
    }
}

/// Part of the expression, as error messages show it.
pub(super) fn shown(text: &str) -> String {
    shortened(text).to_string()
}
