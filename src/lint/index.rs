//! A file laid flat: every text, expression, statement and name once, so that a rule is a loop and no walk.

use crate::source::Span;
use crate::syntax::ast::*;

/// All that a file holds, in the order of the text.
#[derive(Debug, Default)]
pub struct FileIndex<'a> {
    /// Every text.
    pub texts: Vec<&'a Text>,
    /// Every expression, sorted by where it begins, outer ones before those inside.
    pub expressions: Vec<&'a Expression>,
    /// Every statement, outer ones before those inside.
    pub statements: Vec<StatementRef<'a>>,
    /// Every block.
    pub blocks: Vec<&'a Block>,
    /// Every name that the file gives to something.
    pub binding_names: Vec<&'a Name>,
    /// Its declarations.
    pub declarations: Vec<DeclarationIndex<'a>>,
}

/// A statement, and what it stands in.
#[derive(Debug, Clone, Copy)]
pub struct StatementRef<'a> {
    /// The statement.
    pub statement: &'a Statement,
    /// The statement around it, as a place in [`FileIndex::statements`].
    pub parent: Option<usize>,
    /// The declaration around it.
    pub declaration: Span,
}

/// A declaration, and what its text says.
#[derive(Debug)]
pub struct DeclarationIndex<'a> {
    /// The declaration.
    pub declaration: &'a Declaration,
    /// The first word of every path in it, sorted, each once: whatever it uses is used by such a word.
    pub words: Vec<&'a str>,
    /// What its `let`s bind.
    pub lets: Vec<&'a Name>,
}

impl DeclarationIndex<'_> {
    /// Whether something in the declaration begins with this word.
    pub fn uses(&self, word: &str) -> bool {
        self.words.binary_search(&word).is_ok()
    }
}

impl<'a> FileIndex<'a> {
    /// Lays a file flat.
    pub fn new(file: &'a File) -> Self {
        let mut walk = IndexBuilder::default();
        for declaration in &file.declarations {
            walk.declaration(declaration);
        }
        walk.flat.expressions.sort_by_key(|expression| (expression.span.start, std::cmp::Reverse(expression.span.end)));
        walk.flat
    }

    /// The statements around one, from the inside out.
    pub fn around(&self, placed: StatementRef<'a>) -> impl Iterator<Item = &'a Statement> + '_ {
        let step = |placed: &StatementRef<'a>| placed.parent.and_then(|parent| self.statements.get(parent).copied());
        std::iter::successors(step(&placed), step).map(|placed| placed.statement)
    }
}

/// The first word of a path.
pub fn first_word(path: &Path) -> &str {
    path.text.split('.').next().unwrap_or_default()
}

#[derive(Default)]
struct IndexBuilder<'a> {
    flat: FileIndex<'a>,
    words: Vec<&'a str>,
    lets: Vec<&'a Name>,
    parent: Option<usize>,
    declaration: Span,
}

impl<'a> IndexBuilder<'a> {
    fn declaration(&mut self, declaration: &'a Declaration) {
        self.declaration = declaration.span();
        match declaration {
            Declaration::Import(_) => {}
            Declaration::Role(shape) | Declaration::Record(shape) => self.shape(shape),
            Declaration::Enumeration(enumeration) => self.enumeration(enumeration),
            Declaration::Limit(limit) => self.limit(limit),
            Declaration::Probe(probe) => self.probe(probe),
            Declaration::Procedure(procedure) => {
                self.flat.binding_names.push(&procedure.name);
                self.parameters(&procedure.parameters);
                self.block(&procedure.block);
                self.optional_block(procedure.undo.as_ref());
            }
            Declaration::Runbook(runbook) => self.runbook(runbook),
            Declaration::Backend(backend) => {
                self.flat.binding_names.push(&backend.name);
                backend.records.iter().for_each(|shape| self.shape(shape));
                backend.enumerations.iter().for_each(|enumeration| self.enumeration(enumeration));
                backend.signatures.iter().for_each(|signature| self.signature(signature));
            }
            Declaration::Test(test) => self.test(test),
        }
        let mut words = std::mem::take(&mut self.words);
        words.sort_unstable();
        words.dedup();
        let lets = std::mem::take(&mut self.lets);
        self.flat.declarations.push(DeclarationIndex { declaration, words, lets });
    }

    fn shape(&mut self, shape: &'a Shape) {
        self.flat.binding_names.push(&shape.name);
        for field in &shape.fields {
            self.flat.binding_names.push(&field.name);
            self.type_of(&field.type_of);
        }
    }

    fn enumeration(&mut self, enumeration: &'a Enumeration) {
        self.flat.binding_names.push(&enumeration.name);
        self.flat.binding_names.extend(&enumeration.words);
    }

    fn limit(&mut self, limit: &'a Limit) {
        limit.action.iter().for_each(|action| self.path(action));
        for part in &limit.parts {
            match part {
                LimitPart::Rate { key: Some(key), .. } | LimitPart::Key { key, .. } => self.path(key),
                LimitPart::Rate { .. } | LimitPart::Apart { .. } => {}
            }
        }
    }

    fn probe(&mut self, probe: &'a Probe) {
        self.flat.binding_names.push(&probe.name);
        self.parameters(&probe.parameters);
        probe.title.iter().chain(&probe.group).chain(&probe.depends_on).for_each(|text| self.text(text));
        probe.timeout.iter().for_each(|amount| self.amount(amount));
        probe.retries.iter().for_each(|retries| self.timings(&retries.timings));
        self.statements(&probe.statements);
        probe.ask.iter().for_each(|call| self.call(call));
        probe.unknown_if.iter().chain(&probe.passed_if).for_each(|condition| self.expression(condition));
    }

    fn runbook(&mut self, runbook: &'a Runbook) {
        self.flat.binding_names.push(&runbook.name);
        self.parameters(&runbook.parameters);
        runbook.title.iter().for_each(|text| self.text(text));
        if let Some(alert) = &runbook.alert {
            alert.names.iter().chain(&alert.group).for_each(|text| self.text(text));
        }
        runbook.goal.iter().for_each(|goal| self.expression(&goal.condition));
        runbook.lock.iter().flat_map(|lock| &lock.names).for_each(|name| self.expression(name));
        runbook.limit.iter().for_each(|limit| self.limit(limit));
        self.block(&runbook.block);
    }

    fn signature(&mut self, signature: &'a Signature) {
        self.flat.binding_names.push(&signature.name);
        self.parameters(&signature.parameters);
        signature.returns.iter().for_each(|type_of| self.type_of(type_of));
        signature.confirm.iter().chain(&signature.undo).for_each(|call| self.call(call));
        signature.saves.iter().for_each(|saves| self.call(&saves.call));
        if let Some(body) = &signature.body {
            self.statements(&body.lets);
            body.result.iter().for_each(|result| self.expression(result));
        }
    }

    fn test(&mut self, test: &'a Test) {
        self.text(&test.title);
        test.subject.iter().for_each(|call| self.call(call));
        for line in &test.lines {
            match line {
                TestLine::Given { subject, answers, .. } => {
                    match subject {
                        GivenSubject::Call(call) => self.call(call),
                        GivenSubject::Name(path) => self.path(path),
                        GivenSubject::Host { roles, .. } => roles.iter().for_each(|call| self.call(call)),
                        GivenSubject::Ask(_)
                        | GivenSubject::Nobody
                        | GivenSubject::World(_)
                        | GivenSubject::Cancelled => {}
                    }
                    for answer in answers {
                        if let GivenAnswer::Value(value) = answer {
                            self.expression(value);
                        }
                    }
                }
                TestLine::Expect { expectation, .. } => match expectation {
                    Expectation::Call { call, .. } => self.call(call),
                    Expectation::LeftInPlace(calls) => calls.iter().for_each(|call| self.call(call)),
                    Expectation::Outcome { .. } | Expectation::NoneOfClass(_) | Expectation::Within => {}
                },
            }
        }
    }

    fn parameters(&mut self, parameters: &'a [Parameter]) {
        for parameter in parameters {
            self.flat.binding_names.push(&parameter.name);
            self.type_of(&parameter.type_of);
            parameter.default.iter().for_each(|default| self.expression(default));
        }
    }

    fn type_of(&mut self, type_of: &'a Type) {
        type_of.alternatives.iter().for_each(|name| self.type_name(name));
    }

    fn type_name(&mut self, name: &'a TypeName) {
        self.path(&name.path);
        name.inner.iter().for_each(|inner| self.type_of(inner));
    }

    fn optional_block(&mut self, block: Option<&'a Block>) {
        block.into_iter().for_each(|block| self.block(block));
    }

    fn block(&mut self, block: &'a Block) {
        self.flat.blocks.push(block);
        self.statements(&block.statements);
    }

    fn statements(&mut self, statements: &'a [Statement]) {
        for statement in statements {
            let parent = self.parent;
            let place = self.flat.statements.len();
            self.flat.statements.push(StatementRef { statement, parent, declaration: self.declaration });
            self.parent = Some(place);
            self.statement(&statement.kind);
            self.parent = parent;
        }
    }

    fn statement(&mut self, kind: &'a StatementKind) {
        use StatementKind as S;
        match kind {
            S::Step { title, block } => {
                self.text(title);
                self.block(block);
            }
            S::ResolveIfFixed { timings } => self.timings(timings),
            S::Resolve { message } => self.text(message),
            S::Escalate { contact, message, evidence } | S::Notify { contact, message, evidence } => {
                self.path(contact);
                self.text(message);
                evidence.iter().for_each(|value| self.expression(value));
            }
            S::Require { condition, otherwise } => {
                self.expression(condition);
                self.optional_block(otherwise.as_ref());
            }
            S::RequireApproval { message, by, timings, otherwise } => {
                self.text(message);
                self.amount(by);
                self.timings(timings);
                self.optional_block(otherwise.as_ref());
            }
            S::Wait { duration } => self.amount(duration),
            S::WaitUntil { condition, timings, otherwise } => {
                self.expression(condition);
                self.timings(timings);
                self.optional_block(otherwise.as_ref());
            }
            S::Call(call) | S::Do(call) | S::Run(call) => self.call(call),
            S::Temporarily { what, undo, .. } => {
                self.subject(what);
                self.optional_block(undo.as_ref());
            }
            S::Permanently { what, .. } => self.subject(what),
            S::Let { name, value, otherwise } => {
                self.flat.binding_names.push(name);
                self.lets.push(name);
                self.expression(value);
                match otherwise {
                    Some(LetElse::Block(block)) => self.block(block),
                    Some(LetElse::Value(value)) => self.expression(value),
                    None => {}
                }
            }
            S::If { branches, otherwise } => {
                for (condition, block) in branches {
                    self.expression(condition);
                    self.block(block);
                }
                self.optional_block(otherwise.as_ref());
            }
            S::Match { value, arms } => {
                self.expression(value);
                for arm in arms {
                    for pattern in &arm.patterns {
                        match pattern {
                            Pattern::Word(path) => self.path(path),
                            Pattern::Text(text) => self.text(text),
                            Pattern::Amount(amount) => self.amount(amount),
                        }
                    }
                    self.block(&arm.block);
                }
            }
            S::For { variable, list, at_most, at_a_time, block } => {
                self.flat.binding_names.push(variable);
                self.expression(list);
                at_most.iter().chain(at_a_time).for_each(|amount| self.amount(amount));
                self.block(block);
            }
            S::Repeat { count, timings, until, block, otherwise } => {
                self.amount(count);
                self.timings(timings);
                until.iter().for_each(|until| self.expression(until));
                self.block(block);
                self.optional_block(otherwise.as_ref());
            }
            S::Retry { count, timings, block } => {
                self.amount(count);
                self.timings(timings);
                self.block(block);
            }
            S::Try { block, catch } => {
                self.block(block);
                if let Some((name, block)) = catch {
                    self.flat.binding_names.push(name);
                    self.block(block);
                }
            }
            S::Manual { message, timings, otherwise } => {
                self.text(message);
                self.timings(timings);
                self.optional_block(otherwise.as_ref());
            }
        }
    }

    fn subject(&mut self, subject: &'a Subject) {
        match subject {
            Subject::Call(call) | Subject::Do(call) => self.call(call),
            Subject::Block(block) => self.block(block),
        }
    }

    fn timings(&mut self, timings: &'a Timings) {
        let Timings { after, within, hold, every } = timings;
        after.iter().chain(within).chain(hold).chain(every).for_each(|amount| self.amount(amount));
    }

    fn amount(&mut self, amount: &'a Amount) {
        if let AmountKind::Name(path) = &amount.kind {
            self.path(path);
        }
    }

    fn path(&mut self, path: &'a Path) {
        self.words.push(first_word(path));
    }

    fn text(&mut self, text: &'a Text) {
        self.flat.texts.push(text);
        for part in &text.parts {
            if let TextPart::Interpolation(path) = part {
                self.path(path);
            }
        }
    }

    fn call(&mut self, call: &'a Call) {
        self.path(&call.path);
        self.arguments(&call.arguments);
    }

    fn arguments(&mut self, arguments: &'a [Argument]) {
        arguments.iter().for_each(|argument| self.expression(&argument.value));
    }

    fn expression(&mut self, expression: &'a Expression) {
        use ExpressionKind as E;
        self.flat.expressions.push(expression);
        match &expression.kind {
            E::Invalid | E::Number(_) | E::Duration(_) | E::Size(_) | E::Percent(_) => {}
            E::Text(text) => self.text(text),
            E::Path(path) => self.path(path),
            E::Call(call) | E::Check(call) | E::Run(call) => self.call(call),
            E::Member { of, arguments, .. } => {
                self.expression(of);
                arguments.iter().for_each(|arguments| self.arguments(arguments));
            }
            E::List(items) => items.iter().for_each(|item| self.expression(item)),
            E::Comprehension(of) => {
                self.flat.binding_names.push(&of.variable);
                let parts = of.element.iter().chain([&of.list]).chain(&of.condition).chain(&of.key);
                parts.for_each(|part| self.expression(part));
            }
            E::Group(inner) | E::Not(inner) | E::Negate(inner) => self.expression(inner),
            E::Binary { left, right, .. } => {
                self.expression(left);
                self.expression(right);
            }
            E::As { value, type_name } | E::Is { value, type_name } => {
                self.expression(value);
                self.type_name(type_name);
            }
            E::Conditional { condition, then, otherwise } => {
                [condition, then, otherwise].into_iter().for_each(|part| self.expression(part));
            }
            E::Quantifier { variable, list, body, .. } => {
                self.flat.binding_names.push(variable);
                self.expression(list);
                self.expression(body);
            }
            E::Ask(question) => {
                self.text(&question.message);
                self.timings(&question.timings);
            }
        }
    }
}
