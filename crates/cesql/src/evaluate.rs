//! Evaluates a tree for an event (3.4, 3.6, 3.7).
//!
//! An operation with a failed operand has the zero value of its own type. The specification says so
//! for missing attributes (3.2) and, in fail fast mode, for every error (4.1). Here it applies in both
//! modes, so that they always agree on the value.

use std::borrow::Cow;

use super::MAX_COST;
use super::attributes::Attributes;
use super::error::EvaluationError;
use super::node::{Level, Node, Operator};
use super::value::{Type, Value};

/// A value; `Err` if there were errors on the way to it.
pub(super) type Outcome<'e> = Result<Value<'e>, Value<'e>>;

/// There is no value. The evaluator has recorded the error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failed;

/// What happens after an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// The rest is evaluated too, to find its errors.
    Complete,
    /// Nothing more is evaluated.
    FailFast,
}

/// One evaluation.
pub(super) struct Evaluator<'e> {
    attributes: &'e dyn Attributes,
    mode: Mode,
    /// What is left to spend.
    budget: usize,
    is_over: bool,
    pub(super) errors: Vec<EvaluationError>,
}

impl<'e> Evaluator<'e> {
    pub(super) fn new(attributes: &'e dyn Attributes, mode: Mode) -> Self {
        Self { attributes, mode, budget: MAX_COST, is_over: false, errors: Vec::new() }
    }

    pub(super) fn cost(&self) -> usize {
        MAX_COST - self.budget
    }

    pub(super) fn raise(&mut self, error: EvaluationError) {
        self.is_over |= self.mode == Mode::FailFast || error == EvaluationError::TooCostly;
        self.errors.push(error);
    }

    /// Pays for the next step, before it is taken.
    pub(super) fn charge(&mut self, cost: usize) -> Result<(), Failed> {
        if self.is_over {
            return Err(Failed);
        }
        let Some(budget) = self.budget.checked_sub(cost) else {
            self.raise(EvaluationError::TooCostly);
            return Err(Failed);
        };
        self.budget = budget;
        Ok(())
    }

    pub(super) fn evaluate(&mut self, node: &'e Node) -> Outcome<'e> {
        if self.charge(1).is_err() {
            return Err(node.return_type().zero());
        }
        let result = match node {
            Node::Literal(value) => Ok(value.borrowed()),
            Node::Attribute(name) => self.attributes.attribute(name).ok_or_else(|| {
                self.raise(EvaluationError::MissingAttribute(name.clone()));
                Failed
            }),
            Node::Exists(name) => Ok(Value::Boolean(self.attributes.attribute(name).is_some())),
            Node::Not(operand) => self.boolean_of(operand).map(|boolean| Value::Boolean(!boolean)),
            Node::Negate(operand) => self.negate(operand),
            Node::Like { operand, negated, pattern } => self.text_of(operand).and_then(|text| {
                self.charge(pattern.cost(text.len()))?;
                Ok(Value::Boolean(pattern.matches(&text) != *negated))
            }),
            Node::In { operand, negated, set } => {
                self.is_in(operand, set).map(|is_in| Value::Boolean(is_in != *negated))
            }
            Node::Chain { first, rest } => {
                let first = self.evaluate(first);
                return rest.iter().fold(first, |left, (operator, right)| {
                    self.operate(*operator, left, right)
                        .map_err(|Failed| operator.return_type().zero())
                });
            }
            Node::Call { function, arguments } => return self.call(*function, arguments),
        };
        result.map_err(|Failed| node.return_type().zero())
    }

    /// An operand that has to be a _Boolean_.
    pub(super) fn boolean_of(&mut self, node: &'e Node) -> Result<bool, Failed> {
        let value = self.evaluate(node);
        self.boolean(&value.map_err(|_| Failed)?)
    }

    /// An operand that has to be an _Integer_.
    pub(super) fn integer_of(&mut self, node: &'e Node) -> Result<i32, Failed> {
        let value = self.evaluate(node);
        self.integer(&value.map_err(|_| Failed)?)
    }

    /// An operand that has to be a _String_.
    pub(super) fn text_of(&mut self, node: &'e Node) -> Result<Cow<'e, str>, Failed> {
        self.evaluate(node).map(Value::into_text).map_err(|_| Failed)
    }

    fn boolean(&mut self, value: &Value<'e>) -> Result<bool, Failed> {
        value.to_boolean().ok_or_else(|| {
            self.raise(EvaluationError::cast(value, Type::Boolean));
            Failed
        })
    }

    fn integer(&mut self, value: &Value<'e>) -> Result<i32, Failed> {
        if let Value::String(text) = value {
            self.charge(text.len())?;
        }
        value.to_integer().ok_or_else(|| {
            self.raise(EvaluationError::cast(value, Type::Integer));
            Failed
        })
    }

    fn operate(
        &mut self,
        operator: Operator,
        left: Outcome<'e>,
        right: &'e Node,
    ) -> Result<Value<'e>, Failed> {
        let left = left.map_err(|_| Failed);
        if operator.level() == Level::Logic {
            return self.logic(operator, left, right).map(Value::Boolean);
        }
        let right = self.evaluate(right).map_err(|_| Failed);
        match operator {
            Operator::Equal => self.equal(left?, &right?).map(Value::Boolean),
            Operator::NotEqual => self.equal(left?, &right?).map(|equal| Value::Boolean(!equal)),
            _ => {
                let left = left.and_then(|left| self.integer(&left));
                let right = right.and_then(|right| self.integer(&right));
                self.integers(operator, left?, right?)
            }
        }
    }

    /// `AND` and `OR` skip the right operand if the left one decides (3.4.2). A failed left operand
    /// counts as false.
    fn logic(
        &mut self,
        operator: Operator,
        left: Result<Value<'e>, Failed>,
        right: &'e Node,
    ) -> Result<bool, Failed> {
        let left = left.and_then(|left| self.boolean(&left));
        match (operator, left) {
            (Operator::And, Ok(false) | Err(Failed)) | (Operator::Or, Ok(true)) => left,
            _ => {
                let (right, left) = (self.boolean_of(right)?, left?);
                // If the left operand did not decide an AND or OR, the right one does.
                Ok(if operator == Operator::Xor { left != right } else { right })
            }
        }
    }

    /// `=`: the left operand is cast to the type of the right one (3.7).
    fn equal(&mut self, left: Value<'e>, right: &Value<'e>) -> Result<bool, Failed> {
        match right {
            Value::Boolean(right) => Ok(self.boolean(&left)? == *right),
            Value::Integer(right) => Ok(self.integer(&left)? == *right),
            Value::String(right) => {
                let left = left.into_text();
                if left.len() != right.len() {
                    return Ok(false);
                }
                self.charge(left.len())?;
                Ok(left == *right)
            }
        }
    }

    /// `IN`: the elements are cast to the type of the operand. The first one that is equal decides.
    fn is_in(&mut self, operand: &'e Node, set: &'e [Node]) -> Result<bool, Failed> {
        let wanted = self.evaluate(operand).map_err(|_| Failed);
        let mut failed = None;
        for element in set {
            let element = self.evaluate(element).map_err(|_| Failed);
            let equal = match &wanted {
                Ok(wanted) => element.and_then(|element| self.equal(element, wanted)),
                Err(Failed) => Err(Failed),
            };
            match equal {
                Ok(true) => return failed.map_or(Ok(true), Err),
                Ok(false) => {}
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(false), Err)
    }

    fn negate(&mut self, operand: &'e Node) -> Result<Value<'e>, Failed> {
        let integer = self.integer_of(operand)?;
        integer.checked_neg().map(Value::Integer).ok_or_else(|| {
            self.raise(EvaluationError::Overflow { operation: format!("-({integer})") });
            Failed
        })
    }

    fn integers(&mut self, operator: Operator, left: i32, right: i32) -> Result<Value<'e>, Failed> {
        let result = match operator {
            Operator::Less => return Ok(Value::Boolean(left < right)),
            Operator::LessOrEqual => return Ok(Value::Boolean(left <= right)),
            Operator::Greater => return Ok(Value::Boolean(left > right)),
            Operator::GreaterOrEqual => return Ok(Value::Boolean(left >= right)),
            Operator::Divide | Operator::Remainder if right == 0 => {
                self.raise(EvaluationError::DivisionByZero);
                return Err(Failed);
            }
            Operator::Add => left.checked_add(right),
            Operator::Subtract => left.checked_sub(right),
            Operator::Multiply => left.checked_mul(right),
            Operator::Divide => left.checked_div(right),
            // The quotient of the smallest number and -1 does not fit in 32 bits. The remainder does.
            _ => Some(left.wrapping_rem(right)),
        };
        result.map(Value::Integer).ok_or_else(|| {
            let operation = format!("{left} {operator} {right}");
            self.raise(EvaluationError::Overflow { operation });
            Failed
        })
    }
}
