//! A visitor over the AST.
//!
//! A [`Visitor`] overrides the methods of the nodes that it wants, and calls the `walk_*` function of the same name to
//! visit their children. The walks destructure every node completely: a new field or variant fails to compile until it
//! is decided whether it is visited.
//!
//! Children come in the order of the text, with one exception: a name comes after the value that it is bound to, and
//! before its scope.

#![allow(missing_docs, reason = "each method and function is named after its node")]

use super::ast::*;

/// Receives the nodes of an AST. Unless overridden, each method visits the node's children.
pub trait Visitor<'a>: Sized {
    fn declaration(&mut self, declaration: &'a Declaration) {
        walk_declaration(self, declaration);
    }

    fn parameter(&mut self, parameter: &'a Parameter) {
        walk_parameter(self, parameter);
    }

    /// A declared field of a role or record.
    fn field(&mut self, field: &'a Field) {
        walk_field(self, field);
    }

    fn limit(&mut self, limit: &'a Limit) {
        walk_limit(self, limit);
    }

    fn goal(&mut self, goal: &'a Goal) {
        let Goal { condition, span: _ } = goal;
        self.expression(condition);
    }

    fn block(&mut self, block: &'a Block) {
        walk_block(self, block);
    }

    /// The block of an `undo`.
    fn undo_block(&mut self, block: &'a Block) {
        self.block(block);
    }

    fn statement(&mut self, statement: &'a Statement) {
        walk_statement(self, statement);
    }

    /// What `temporarily` or `permanently` applies to.
    fn subject(&mut self, subject: &'a Subject) {
        walk_subject(self, subject);
    }

    fn arm(&mut self, arm: &'a Arm) {
        walk_arm(self, arm);
    }

    /// What follows `with`.
    fn evidence(&mut self, evidence: &'a [Expression]) {
        evidence.iter().for_each(|value| self.expression(value));
    }

    /// A boolean expression: the condition of `if`, `require`, `where` and the like.
    fn condition(&mut self, condition: &'a Expression) {
        self.expression(condition);
    }

    fn expression(&mut self, expression: &'a Expression) {
        walk_expression(self, expression);
    }

    fn call(&mut self, call: &'a Call) {
        walk_call(self, call);
    }

    fn text(&mut self, text: &'a Text) {
        walk_text(self, text);
    }

    /// A text of a test that names a file or host, or is compared with a text of the runbook.
    fn test_text(&mut self, text: &'a Text) {
        self.text(text);
    }

    fn type_name(&mut self, name: &'a TypeName) {
        walk_type_name(self, name);
    }

    fn timings(&mut self, timings: &'a Timings) {
        walk_timings(self, timings);
    }

    fn amount(&mut self, amount: &'a Amount) {
        walk_amount(self, amount);
    }

    /// How often something happens at most: in loops, retries and limits.
    fn count(&mut self, count: &'a Amount) {
        self.amount(count);
    }

    /// The name of a contact.
    fn contact(&mut self, contact: &'a Path) {
        self.path(contact);
    }

    /// A path that is read: an expression, interpolation, call, type or pattern.
    fn path(&mut self, _path: &'a Path) {}

    /// A name that the file declares or binds.
    fn name(&mut self, _name: &'a Name) {}

    /// A name whose scope is the rest of the enclosing block or expression.
    fn local(&mut self, name: &'a Name) {
        self.name(name);
    }
}

pub fn walk_declaration<'a, V: Visitor<'a>>(visitor: &mut V, declaration: &'a Declaration) {
    match declaration {
        Declaration::Import(Import { path, span: _ }) => visitor.text(path),
        Declaration::Role(shape) | Declaration::Record(shape) => walk_shape(visitor, shape),
        Declaration::Enumeration(enumeration) => walk_enumeration(visitor, enumeration),
        Declaration::Limit(limit) => visitor.limit(limit),
        Declaration::Probe(probe) => walk_probe(visitor, probe),
        Declaration::Procedure(procedure) => {
            let Procedure { name, parameters, block, undo, span: _ } = procedure;
            visitor.name(name);
            parameters.iter().for_each(|parameter| visitor.parameter(parameter));
            visitor.block(block);
            undo.iter().for_each(|undo| visitor.undo_block(undo));
        }
        Declaration::Runbook(runbook) => walk_runbook(visitor, runbook),
        Declaration::Backend(backend) => {
            let Backend { name, title, records, enumerations, signatures, span: _ } = backend;
            visitor.name(name);
            title.iter().for_each(|title| visitor.text(title));
            records.iter().for_each(|record| walk_shape(visitor, record));
            enumerations.iter().for_each(|enumeration| walk_enumeration(visitor, enumeration));
            signatures.iter().for_each(|signature| walk_signature(visitor, signature));
        }
        Declaration::Test(test) => walk_test(visitor, test),
    }
}

fn walk_shape<'a, V: Visitor<'a>>(visitor: &mut V, shape: &'a Shape) {
    let Shape { name, fields, span: _ } = shape;
    visitor.name(name);
    fields.iter().for_each(|field| visitor.field(field));
}

pub fn walk_field<'a, V: Visitor<'a>>(visitor: &mut V, field: &'a Field) {
    let Field { name, type_of, span: _ } = field;
    visitor.name(name);
    walk_type(visitor, type_of);
}

fn walk_enumeration<'a, V: Visitor<'a>>(visitor: &mut V, enumeration: &'a Enumeration) {
    let Enumeration { open: _, name, words, span: _ } = enumeration;
    visitor.name(name);
    words.iter().for_each(|word| visitor.name(word));
}

pub fn walk_limit<'a, V: Visitor<'a>>(visitor: &mut V, limit: &'a Limit) {
    let Limit { action, parts, span: _ } = limit;
    action.iter().for_each(|action| visitor.path(action));
    for part in parts {
        match part {
            LimitPart::Rate { count, window, key, span: _ } => {
                visitor.count(count);
                visitor.amount(window);
                key.iter().for_each(|key| visitor.path(key));
            }
            LimitPart::Apart { gap, span: _ } => visitor.amount(gap),
            LimitPart::Key { key, span: _ } => visitor.path(key),
        }
    }
}

fn walk_probe<'a, V: Visitor<'a>>(visitor: &mut V, probe: &'a Probe) {
    let Probe {
        name,
        parameters,
        title,
        group,
        depends_on,
        timeout,
        retries,
        ask,
        unknown_if,
        passed_if,
        statements,
        order: _,
        body: _,
        span: _,
    } = probe;
    visitor.name(name);
    parameters.iter().for_each(|parameter| visitor.parameter(parameter));
    title.iter().chain(group).chain(depends_on).for_each(|text| visitor.text(text));
    timeout.iter().for_each(|timeout| visitor.amount(timeout));
    if let Some(Retries { count, timings, span: _ }) = retries {
        visitor.count(count);
        visitor.timings(timings);
    }
    statements.iter().for_each(|statement| visitor.statement(statement));
    ask.iter().for_each(|call| visitor.call(call));
    unknown_if.iter().chain(passed_if).for_each(|condition| visitor.condition(condition));
}

fn walk_runbook<'a, V: Visitor<'a>>(visitor: &mut V, runbook: &'a Runbook) {
    let Runbook { name, parameters, title, alert, goal, contact, lock, limit, ends, block, span: _ } = runbook;
    visitor.name(name);
    parameters.iter().for_each(|parameter| visitor.parameter(parameter));
    title.iter().for_each(|title| visitor.text(title));
    if let Some(Alert { names, group, span: _ }) = alert {
        names.iter().chain(group).for_each(|text| visitor.text(text));
    }
    goal.iter().for_each(|goal| visitor.goal(goal));
    contact.iter().for_each(|contact| visitor.contact(contact));
    if let Some(Lock { names, span: _ }) = lock {
        names.iter().for_each(|name| visitor.expression(name));
    }
    limit.iter().for_each(|limit| visitor.limit(limit));
    if let Some(Ends { timings, span: _ }) = ends {
        visitor.timings(timings);
    }
    visitor.block(block);
}

fn walk_signature<'a, V: Visitor<'a>>(visitor: &mut V, signature: &'a Signature) {
    let Signature {
        class: _,
        class_span: _,
        name,
        parameters,
        returns,
        timeout,
        fresh,
        idempotent: _,
        once: _,
        confirm,
        saves,
        undo,
        body,
        span: _,
    } = signature;
    visitor.name(name);
    parameters.iter().for_each(|parameter| visitor.parameter(parameter));
    returns.iter().for_each(|returns| walk_type(visitor, returns));
    timeout.iter().chain(fresh).for_each(|amount| visitor.amount(amount));
    if let Some(Confirm { call, timings, span: _ }) = confirm {
        visitor.call(call);
        visitor.timings(timings);
    }
    if let Some(Saves { name, call, span: _ }) = saves {
        visitor.call(call);
        visitor.local(name);
    }
    undo.iter().for_each(|undo| visitor.call(undo));
    if let Some(ActionBody { lets, result, span: _ }) = body {
        lets.iter().for_each(|statement| visitor.statement(statement));
        result.iter().for_each(|result| visitor.expression(result));
    }
}

fn walk_test<'a, V: Visitor<'a>>(visitor: &mut V, test: &'a Test) {
    let Test { title, subject, lines, span: _ } = test;
    visitor.text(title);
    subject.iter().for_each(|call| visitor.call(call));
    for line in lines {
        match line {
            TestLine::Given { subject, answers, timings, span: _ } => {
                match subject {
                    GivenSubject::Call(call) => visitor.call(call),
                    GivenSubject::Name(path) => visitor.path(path),
                    GivenSubject::Ask(text) | GivenSubject::World(text) => visitor.test_text(text),
                    GivenSubject::Host { name, roles } => {
                        visitor.test_text(name);
                        roles.iter().for_each(|role| visitor.call(role));
                    }
                    GivenSubject::Nobody | GivenSubject::Cancelled => {}
                }
                for answer in answers {
                    match answer {
                        GivenAnswer::Value(value) => visitor.expression(value),
                        GivenAnswer::Error { kind: _, message } => {
                            message.iter().for_each(|message| visitor.test_text(message));
                        }
                        GivenAnswer::Verdict(_) | GivenAnswer::TimesOut => {}
                    }
                }
                visitor.timings(timings);
            }
            TestLine::Expect { expectation, timings, span: _ } => {
                match expectation {
                    Expectation::Outcome { word: _, contact, text } => {
                        contact.iter().for_each(|contact| visitor.contact(contact));
                        text.iter().for_each(|text| visitor.test_text(text));
                    }
                    Expectation::Call { negated: _, call, times } => {
                        visitor.call(call);
                        match times {
                            Some(Times::Exactly(count)) => visitor.count(count),
                            Some(Times::Once | Times::Never) | None => {}
                        }
                    }
                    Expectation::LeftInPlace(calls) => calls.iter().for_each(|call| visitor.call(call)),
                    Expectation::NoneOfClass(_) | Expectation::Within => {}
                }
                visitor.timings(timings);
            }
        }
    }
}

pub fn walk_parameter<'a, V: Visitor<'a>>(visitor: &mut V, parameter: &'a Parameter) {
    let Parameter { name, type_of, default, span: _ } = parameter;
    walk_type(visitor, type_of);
    default.iter().for_each(|default| visitor.expression(default));
    visitor.local(name);
}

fn walk_type<'a, V: Visitor<'a>>(visitor: &mut V, type_of: &'a Type) {
    let Type { alternatives, span: _ } = type_of;
    alternatives.iter().for_each(|name| visitor.type_name(name));
}

pub fn walk_type_name<'a, V: Visitor<'a>>(visitor: &mut V, name: &'a TypeName) {
    let TypeName { path, inner, optional: _, span: _ } = name;
    visitor.path(path);
    inner.iter().for_each(|inner| walk_type(visitor, inner));
}

pub fn walk_block<'a, V: Visitor<'a>>(visitor: &mut V, block: &'a Block) {
    let Block { statements, span: _ } = block;
    statements.iter().for_each(|statement| visitor.statement(statement));
}

fn walk_optional_block<'a, V: Visitor<'a>>(visitor: &mut V, block: &'a Option<Block>) {
    block.iter().for_each(|block| visitor.block(block));
}

pub fn walk_statement<'a, V: Visitor<'a>>(visitor: &mut V, statement: &'a Statement) {
    use StatementKind as S;
    match &statement.kind {
        S::Step { title, block } => {
            visitor.text(title);
            visitor.block(block);
        }
        S::ResolveIfFixed { timings } => visitor.timings(timings),
        S::Resolve { message, without_goal: _ } => visitor.text(message),
        S::Escalate { contact, message, evidence } | S::Notify { contact, message, evidence } => {
            visitor.contact(contact);
            visitor.text(message);
            visitor.evidence(evidence);
        }
        S::Require { condition, otherwise } => {
            visitor.condition(condition);
            walk_optional_block(visitor, otherwise);
        }
        S::RequireApproval { message, by, timings, otherwise } => {
            visitor.text(message);
            visitor.amount(by);
            visitor.timings(timings);
            walk_optional_block(visitor, otherwise);
        }
        S::Wait { duration } => visitor.amount(duration),
        S::WaitUntil { condition, timings, otherwise } => {
            visitor.condition(condition);
            visitor.timings(timings);
            walk_optional_block(visitor, otherwise);
        }
        S::Call(call) | S::Do(call) | S::Run(call) => visitor.call(call),
        S::Temporarily { what, undo, condition, keep_on_failure: _ } => {
            visitor.subject(what);
            undo.iter().for_each(|undo| visitor.undo_block(undo));
            condition.iter().for_each(|condition| visitor.condition(condition));
        }
        S::Permanently { what, undo_on_failure: _ } => visitor.subject(what),
        S::Let { name, value, otherwise } => {
            visitor.expression(value);
            match otherwise {
                Some(LetElse::Block(block)) => visitor.block(block),
                Some(LetElse::Value(value)) => visitor.expression(value),
                None => {}
            }
            visitor.local(name);
        }
        S::If { branches, otherwise } => {
            for (condition, block) in branches {
                visitor.condition(condition);
                visitor.block(block);
            }
            walk_optional_block(visitor, otherwise);
        }
        S::Match { value, arms } => {
            visitor.expression(value);
            arms.iter().for_each(|arm| visitor.arm(arm));
        }
        S::For { variable, list, at_most, at_a_time, block } => {
            visitor.expression(list);
            at_most.iter().for_each(|count| visitor.count(count));
            at_a_time.iter().for_each(|width| visitor.amount(width));
            visitor.local(variable);
            visitor.block(block);
        }
        S::Repeat { count, timings, until, block, otherwise } => {
            visitor.count(count);
            visitor.timings(timings);
            until.iter().for_each(|until| visitor.condition(until));
            visitor.block(block);
            walk_optional_block(visitor, otherwise);
        }
        S::Retry { count, timings, block } => {
            visitor.count(count);
            visitor.timings(timings);
            visitor.block(block);
        }
        S::Lock { names, timings, block } => {
            names.iter().for_each(|name| visitor.expression(name));
            visitor.timings(timings);
            visitor.block(block);
        }
        S::Try { block, catch } => {
            visitor.block(block);
            if let Some((name, block)) = catch {
                visitor.local(name);
                visitor.block(block);
            }
        }
        S::Manual { message, timings, otherwise } => {
            visitor.text(message);
            visitor.timings(timings);
            walk_optional_block(visitor, otherwise);
        }
    }
}

pub fn walk_subject<'a, V: Visitor<'a>>(visitor: &mut V, subject: &'a Subject) {
    match subject {
        Subject::Call(call) | Subject::Do(call) => visitor.call(call),
        Subject::Block(block) => visitor.block(block),
    }
}

pub fn walk_arm<'a, V: Visitor<'a>>(visitor: &mut V, arm: &'a Arm) {
    let Arm { patterns, block, span: _ } = arm;
    for pattern in patterns {
        match pattern {
            Pattern::Word(path) => visitor.path(path),
            Pattern::Text(text) => visitor.text(text),
            Pattern::Amount(amount) => visitor.amount(amount),
        }
    }
    visitor.block(block);
}

pub fn walk_timings<'a, V: Visitor<'a>>(visitor: &mut V, timings: &'a Timings) {
    let Timings { after, within, hold, every } = timings;
    after.iter().chain(within).chain(hold).chain(every).for_each(|amount| visitor.amount(amount));
}

pub fn walk_amount<'a, V: Visitor<'a>>(visitor: &mut V, amount: &'a Amount) {
    match &amount.kind {
        AmountKind::Name(path) => visitor.path(path),
        AmountKind::Number(_)
        | AmountKind::Duration(_)
        | AmountKind::Size(_)
        | AmountKind::Percent(_)
        | AmountKind::Invalid => {}
    }
}

pub fn walk_text<'a, V: Visitor<'a>>(visitor: &mut V, text: &'a Text) {
    let Text { parts, raw: _, span: _ } = text;
    for part in parts {
        match part {
            TextPart::Interpolation(path) => visitor.path(path),
            TextPart::Literal(_) => {}
        }
    }
}

pub fn walk_call<'a, V: Visitor<'a>>(visitor: &mut V, call: &'a Call) {
    let Call { path, arguments, span: _ } = call;
    visitor.path(path);
    walk_arguments(visitor, arguments);
}

fn walk_arguments<'a, V: Visitor<'a>>(visitor: &mut V, arguments: &'a [Argument]) {
    for Argument { label: _, value, span: _ } in arguments {
        visitor.expression(value);
    }
}

pub fn walk_expression<'a, V: Visitor<'a>>(visitor: &mut V, expression: &'a Expression) {
    use ExpressionKind as E;
    match &expression.kind {
        E::Invalid | E::Number(_) | E::Duration(_) | E::Size(_) | E::Percent(_) => {}
        E::Text(text) => visitor.text(text),
        E::Path(path) => visitor.path(path),
        E::Call(call) | E::Check(call) | E::Run(call) => visitor.call(call),
        E::Member { of, name: _, arguments } => {
            visitor.expression(of);
            arguments.iter().for_each(|arguments| walk_arguments(visitor, arguments));
        }
        E::List(items) => items.iter().for_each(|item| visitor.expression(item)),
        E::Comprehension(comprehension) => {
            let Comprehension { element, variable, list, condition, key, descending: _ } = &**comprehension;
            visitor.expression(list);
            visitor.local(variable);
            condition.iter().for_each(|condition| visitor.condition(condition));
            element.iter().chain(key).for_each(|value| visitor.expression(value));
        }
        E::Group(inner) | E::Not(inner) | E::Negate(inner) => visitor.expression(inner),
        E::Binary { operator: _, operator_span: _, left, right } => {
            visitor.expression(left);
            visitor.expression(right);
        }
        E::As { value, type_name } | E::Is { value, type_name } => {
            visitor.expression(value);
            visitor.type_name(type_name);
        }
        E::Conditional { condition, then, otherwise } => {
            visitor.condition(condition);
            visitor.expression(then);
            visitor.expression(otherwise);
        }
        E::Quantifier { kind: _, variable, list, body } => {
            visitor.expression(list);
            visitor.local(variable);
            visitor.condition(body);
        }
        E::Ask(question) => {
            let Question { message, choices, timings, default: _ } = &**question;
            visitor.text(message);
            choices.iter().for_each(|choice| visitor.name(choice));
            visitor.timings(timings);
        }
    }
}

impl StatementKind {
    /// The blocks directly inside, in the order of the text.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        type Branches<'a> = &'a [(Expression, Block)];
        let none: (Branches<'_>, &[Arm]) = (&[], &[]);
        let ((branches, arms), others) = match self {
            Self::If { branches, otherwise } => ((branches.as_slice(), none.1), [otherwise.as_ref(), None]),
            Self::Match { value: _, arms } => ((none.0, arms.as_slice()), [None, None]),
            Self::Step { block, .. }
            | Self::For { block, .. }
            | Self::Lock { block, .. }
            | Self::Retry { block, .. } => (none, [Some(block), None]),
            Self::Repeat { block, otherwise, .. } => (none, [Some(block), otherwise.as_ref()]),
            Self::Try { block, catch } => (none, [Some(block), catch.as_ref().map(|(_, block)| block)]),
            Self::Temporarily { what, undo, .. } => (none, [what.block(), undo.as_ref()]),
            Self::Permanently { what, .. } => (none, [what.block(), None]),
            Self::Require { otherwise, .. }
            | Self::RequireApproval { otherwise, .. }
            | Self::WaitUntil { otherwise, .. }
            | Self::Manual { otherwise, .. } => (none, [otherwise.as_ref(), None]),
            Self::Let { otherwise: Some(LetElse::Block(block)), .. } => (none, [Some(block), None]),
            Self::ResolveIfFixed { .. }
            | Self::Resolve { .. }
            | Self::Escalate { .. }
            | Self::Notify { .. }
            | Self::Wait { .. }
            | Self::Call(_)
            | Self::Let { .. }
            | Self::Do(_)
            | Self::Run(_) => (none, [None, None]),
        };
        branches
            .iter()
            .map(|(_, block)| block)
            .chain(arms.iter().map(|arm| &arm.block))
            .chain(others.into_iter().flatten())
    }
}

impl Subject {
    fn block(&self) -> Option<&Block> {
        match self {
            Self::Block(block) => Some(block),
            Self::Call(_) | Self::Do(_) => None,
        }
    }
}
