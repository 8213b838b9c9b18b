//! The evaluator of expressions: pure and synchronous. If an observation has no answer yet, it stops and returns what
//! it needs. The driver obtains the answer and evaluates again from the start.

pub(crate) mod arithmetic;
pub(crate) mod constant;
pub(crate) mod decode;
pub(crate) mod driver;
pub(crate) mod explain;
pub(crate) mod frame;
pub(crate) mod method;
pub(crate) mod probe;

use self::arithmetic::{arithmetic, compare, mismatch, negate, order};
use self::decode::decode;
use self::frame::{Age, Ages};
use self::method::method;
use super::run::budget::{LARGEST_VALUE, Work, fits};
use crate::program::{
    Call, Comprehension, Expression, ExpressionKind, Method, NodeId, ProbeCall, Program, Quantifier, Slot, TextPart,
};
use crate::value::{ActionError, ErrorKind, Record, Timestamp, Value};
use std::cmp::Ordering;
use std::sync::Arc;

/// Why an evaluation stopped.
pub(super) enum EvalStop<'t> {
    /// An answer is missing.
    MissingAnswer(MissingAnswer<'t>),
    /// The evaluation failed.
    Error(ActionError),
}

impl From<ActionError> for EvalStop<'_> {
    fn from(error: ActionError) -> Self {
        Self::Error(error)
    }
}

/// An answer that the driver has to obtain.
pub(super) enum MissingAnswer<'t> {
    /// That of an observation with these arguments.
    Observe(&'t Call, Vec<Value>),
    /// That of a probe with these arguments.
    Check(&'t ProbeCall, Vec<Value>),
}

/// Everything that the value of an expression depends on.
pub(super) struct Evaluator<'e> {
    /// The program, for its hosts.
    pub program: &'e Program,
    pub frame: &'e mut [Value],
    /// The ages of locals.
    pub ages: &'e Ages,
    /// Whether expired answers may be used: a text for people reports what was read, however old.
    pub any_age: bool,
    /// The age of the value so far: that of the answer that expires first.
    pub age: Option<Age>,
    /// The answers so far, in the order in which the evaluation needs them.
    pub answers: &'e [(NodeId, Value)],
    /// How many of them this evaluation has used.
    pub answers_used: usize,
    /// The time when the driver began. It is the same for every evaluation, so each takes the same path.
    pub now: Timestamp,
    pub run_started: Timestamp,
    pub goal_answer: &'e Value,
    /// The steps so far.
    pub work: Work,
}

type EvalResult<'t, T = Value> = Result<T, EvalStop<'t>>;

impl Evaluator<'_> {
    #[warn(clippy::wildcard_enum_match_arm)]
    pub fn value<'t>(&mut self, expression: &'t Expression) -> EvalResult<'t> {
        self.work.spend(1)?;
        match &expression.kind {
            ExpressionKind::Constant(value) => Ok(value.clone()),
            ExpressionKind::Local(slot) => {
                if let Some(age) = self.ages.get(slot) {
                    if !self.any_age {
                        age.check(self.now)?;
                    }
                    self.age = Age::older(self.age.take(), Some(age.clone()));
                }
                Ok(self.local(*slot)?.clone())
            }
            ExpressionKind::Text(parts) => self.text(parts),
            ExpressionKind::Field(of, name) => {
                let value = self.value(of)?;
                let loss = if let Value::Partial(partial) = &value { Some(partial.loss) } else { None };
                let Value::Record(record) = value.shown() else {
                    return Err(mismatch(format!("{} has no field {name}", value.shown().kind())).into());
                };
                let field = record.field(name).cloned();
                let field = field.ok_or_else(|| mismatch(format!("{} has no field {name}", record.name)))?;
                Ok(field.with_loss_if(loss))
            }
            ExpressionKind::Fact(of, name) => {
                let host = self.value(of)?;
                Ok(self.host(&host)?.member(name).unwrap_or(Value::Absent))
            }
            ExpressionKind::Method(of, which) => {
                let of = self.value(of)?;
                if !matches!(which, Method::Count | Method::First | Method::Last) {
                    self.work.count_value(&of)?;
                }
                let answer = method(&of, which)?;
                let builds = matches!(which, Method::Lines | Method::Json | Method::Jq(_) | Method::Distinct);
                Ok(if builds { self.work.count_built(answer)? } else { answer })
            }
            ExpressionKind::List(items) => {
                let values = items.iter().map(|item| self.value(item)).collect::<Result<_, _>>().map(Value::List)?;
                Ok(self.work.count_built(values)?)
            }
            ExpressionKind::Record { name, fields } => {
                let fields = fields.iter().map(|(name, value)| Ok((name.clone(), self.value(value)?)));
                let fields = fields.collect::<EvalResult<'t, _>>()?;
                Ok(self.work.count_built(Value::Record(Arc::new(Record { name: name.clone(), fields })))?)
            }
            ExpressionKind::Comprehension(it) => self.comprehension(it),
            ExpressionKind::Quantifier { kind, slot, list, body } => self.quantifier(*kind, *slot, list, body),
            ExpressionKind::Not(of) => Ok(Value::Boolean(!self.boolean(of)?)),
            ExpressionKind::Negate(of) => {
                let of = self.value(of)?;
                of.whole(COUNTED)?;
                Ok(negate(&of)?)
            }
            ExpressionKind::And(left, right) => Ok(Value::Boolean(self.boolean(left)? && self.boolean(right)?)),
            ExpressionKind::Or(left, right) => Ok(Value::Boolean(self.boolean(left)? || self.boolean(right)?)),
            ExpressionKind::Compare(how, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                self.work.count_value(&left)?;
                self.work.count_value(&right)?;
                left.whole(COMPARED).and_then(|()| right.whole(COMPARED))?;
                Ok(Value::Boolean(compare(*how, &left, &right)?))
            }
            ExpressionKind::In(item, list) => {
                let (item, list) = (self.value(item)?, self.value(list)?);
                self.work.count_value(&list)?;
                Ok(Value::Boolean(contains(&list, &item)?))
            }
            ExpressionKind::Contains(whole, part) => {
                let (whole, part) = (self.value(whole)?, self.value(part)?);
                self.work.count_value(&whole)?;
                Ok(Value::Boolean(contains(&whole, &part)?))
            }
            ExpressionKind::Matches(text, pattern) => {
                let value = self.value(text)?;
                let Value::Text(text) = &value else {
                    let error = match value.loss() {
                        Some(_) => lost(&value, "what is matched with a pattern"),
                        None => mismatch(format!("{} cannot be matched with a pattern", value.kind())),
                    };
                    return Err(error.into());
                };
                self.work.read(text)?;
                Ok(Value::Boolean(pattern.is_match(text)))
            }
            ExpressionKind::Arithmetic(operator, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                left.whole(COUNTED).and_then(|()| right.whole(COUNTED))?;
                Ok(arithmetic(*operator, &left, &right)?)
            }
            ExpressionKind::As { value, target, or_absent } => {
                let value = self.value(value)?;
                self.work.count_value(&value)?;
                match decode(&value, target, self.program) {
                    // Whether the whole value would fit is not known.
                    Err(_) if *or_absent && value.loss().is_none() => Ok(Value::Absent),
                    decoded => Ok(self.work.count_built(decoded?)?),
                }
            }
            ExpressionKind::IsRole(of, role) => {
                let host = self.value(of)?;
                Ok(Value::Boolean(self.host(&host)?.roles.contains(role)))
            }
            ExpressionKind::IsAbsent(of) => {
                let value = self.value(of)?;
                present(&value)?;
                Ok(Value::Boolean(value == Value::Absent))
            }
            ExpressionKind::Conditional(condition, then, otherwise) => {
                if self.boolean(condition)? {
                    self.value(then)
                } else {
                    self.value(otherwise)
                }
            }
            ExpressionKind::Observe(call) => {
                let arguments = self.values(&call.arguments)?;
                self.answer(call.node).unwrap_or(Err(EvalStop::MissingAnswer(MissingAnswer::Observe(call, arguments))))
            }
            ExpressionKind::Check(call) => {
                let arguments = self.values(&call.arguments)?;
                self.answer(call.node).unwrap_or(Err(EvalStop::MissingAnswer(MissingAnswer::Check(call, arguments))))
            }
            ExpressionKind::Hosts(role) => {
                self.work.spend(self.program.hosts.len() as u64)?;
                let hosts = self.program.hosts.iter().filter(|host| host.roles.contains(role));
                Ok(Value::list(hosts.map(|host| Value::Host(host.name.clone()))))
            }
            ExpressionKind::FromOutside(of) => {
                let value = self.value(of)?;
                match value.as_text() {
                    Some(text) if text.starts_with('-') => {
                        let message = format!("the argument {text:?} came from outside and would be read as an option");
                        Err(ActionError::new(ErrorKind::Refused, message).into())
                    }
                    _ => Ok(value),
                }
            }
            ExpressionKind::Now => Ok(Value::Time(self.now)),
            ExpressionKind::RunStarted => Ok(Value::Time(self.run_started)),
            ExpressionKind::GoalAnswer => Ok(self.goal_answer.clone()),
        }
    }

    /// The values of several expressions, in order.
    pub fn values<'t>(&mut self, expressions: &'t [Expression]) -> EvalResult<'t, Vec<Value>> {
        expressions.iter().map(|expression| self.value(expression)).collect()
    }

    fn answer<'t>(&mut self, node: NodeId) -> Option<EvalResult<'t>> {
        let (asked, answer) = self.answers.get(self.answers_used)?;
        self.answers_used += 1;
        Some(if *asked == node {
            Ok(answer.clone())
        } else {
            Err(mismatch("an expression took another way when it was evaluated again").into())
        })
    }

    fn local(&self, slot: Slot) -> Result<&Value, ActionError> {
        self.frame.get(slot).ok_or_else(|| mismatch("a local value is outside its frame"))
    }

    fn bind(&mut self, slot: Slot, value: Value) -> Result<(), ActionError> {
        *self.frame.get_mut(slot).ok_or_else(|| mismatch("a local value is outside its frame"))? = value;
        Ok(())
    }

    fn boolean<'t>(&mut self, expression: &'t Expression) -> EvalResult<'t, bool> {
        match self.value(expression)? {
            Value::Boolean(value) => Ok(value),
            other => Err(not_boolean(&other).into()),
        }
    }

    fn list<'t>(&mut self, expression: &'t Expression) -> EvalResult<'t, Arc<[Value]>> {
        match self.value(expression)? {
            Value::List(values) => Ok(values),
            other if other.loss().is_some() => Err(lost(&other, "a list that is gone through").into()),
            other => Err(mismatch(format!("{} is not a list", other.kind())).into()),
        }
    }

    fn host(&self, value: &Value) -> Result<&crate::value::Host, ActionError> {
        value.whole("a host")?;
        let name = value.as_host().ok_or_else(|| mismatch(format!("{} is not a host", value.kind())))?;
        let host = self.program.hosts.iter().find(|host| host.name == name);
        host.ok_or_else(|| mismatch(format!("unknown host {name}")))
    }

    fn text<'t>(&mut self, parts: &'t [TextPart]) -> EvalResult<'t> {
        let mut text = ecow::EcoString::new();
        let mut loss = None;
        for part in parts {
            match part {
                TextPart::Literal(literal) => {
                    self.work.read(literal)?;
                    text.push_str(literal);
                }
                TextPart::Value(expression) => {
                    let value = self.value(expression)?;
                    loss = loss.or(value.loss());
                    self.work.count_value(&value)?;
                    text.push_str(&value.to_string());
                    fits(text.len())?;
                }
            }
        }
        Ok(Value::Text(text).with_loss_if(loss))
    }

    fn quantifier<'t>(
        &mut self,
        kind: Quantifier,
        slot: Slot,
        list: &'t Expression,
        body: &'t Expression,
    ) -> EvalResult<'t> {
        for item in self.list(list)?.iter() {
            self.work.spend(1)?;
            self.bind(slot, item.clone())?;
            match (kind, self.boolean(body)?) {
                (Quantifier::Any, true) => return Ok(Value::Boolean(true)),
                (Quantifier::All, false) | (Quantifier::None, true) => return Ok(Value::Boolean(false)),
                _ => {}
            }
        }
        Ok(Value::Boolean(kind != Quantifier::Any))
    }

    fn comprehension<'t>(&mut self, it: &'t Comprehension) -> EvalResult<'t> {
        let mut found = Vec::new();
        let mut bytes = 0_usize;
        for item in self.list(&it.list)?.iter() {
            self.work.spend(1)?;
            self.bind(it.slot, item.clone())?;
            if let Some(condition) = &it.condition
                && !self.boolean(condition)?
            {
                continue;
            }
            let key = match &it.key {
                Some(key) => self.value(key)?,
                None => Value::Absent,
            };
            let element = match &it.element {
                Some(element) => self.value(element)?,
                None => item.clone(),
            };
            if it.key.is_some() || it.element.is_some() {
                for made in [&key, &element] {
                    self.work.count_value(made)?;
                    bytes = bytes.saturating_add(made.size(LARGEST_VALUE).bytes);
                }
                fits(bytes)?;
            }
            found.push((key, element));
        }
        // Comparisons of the sort.
        let rounds = if it.key.is_some() { u64::from(found.len().max(1).ilog2()) } else { 0 };
        self.work.spend(rounds * found.len() as u64)?;
        let mut wrong = None;
        found.sort_by(|(left, _), (right, _)| {
            let order = order(left, right).unwrap_or_else(|error| {
                wrong = Some(error);
                Ordering::Equal
            });
            if it.descending { order.reverse() } else { order }
        });
        match wrong {
            Some(error) => Err(error.into()),
            None => Ok(Value::list(found.into_iter().map(|(_, element)| element))),
        }
    }
}

/// Descriptions of a value with a missing part, for its error.
const COMPARED: &str = "a value that is compared";
const COUNTED: &str = "a number that is worked out";

/// The error of a condition that is not boolean.
pub(super) fn not_boolean(value: &Value) -> ActionError {
    match value.loss() {
        Some(loss) => loss.error_for("a condition"),
        None => mismatch(format!("a condition is {}, neither true nor false", value.kind())),
    }
}

/// Checks that it is known whether a value is present: a missing part could hide that.
pub(super) fn present(value: &Value) -> Result<(), ActionError> {
    match value {
        Value::Partial(partial) => Err(partial.loss.error_for("what may be absent")),
        _ => Ok(()),
    }
}

fn lost(value: &Value, what: &str) -> ActionError {
    value.whole(what).err().unwrap_or_else(|| mismatch(format!("{} is not {what}", value.kind())))
}

fn contains(whole: &Value, part: &Value) -> Result<bool, ActionError> {
    whole.whole(COMPARED).and_then(|()| part.whole(COMPARED))?;
    match (whole, part) {
        (Value::List(values), part) => Ok(values.contains(part)),
        (Value::Text(whole), Value::Text(part)) => Ok(whole.contains(part.as_str())),
        (whole, part) => Err(mismatch(format!("{} cannot contain {}", whole.kind(), part.kind()))),
    }
}
