#![doc = include_str!("../README.md")]

// text ── lexer ──> tokens ── parser ──> Expression ── evaluate ──> value and errors
//                                                   └─ matches ──> () or the Refusal
//
// Section numbers in comments are those of the specification.

mod expression;

mod attributes;
mod value;

mod cursor;
mod lexer;
mod parser;

mod node;

mod evaluate;
mod functions;
mod like;

mod error;
mod refusal;

mod names;

pub use attributes::Attributes;
pub use error::{ErrorKind, EvaluationError, ParseError};
pub use expression::{Evaluation, Expression, MAX_COST, MAX_DEPTH, MAX_LENGTH};
pub use functions::Function;
pub use refusal::{Refusal, SeenAttribute};
pub use value::{Type, Value};
