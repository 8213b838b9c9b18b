//! Declarations.

use super::Layout;
use super::bodies::Lines;
use super::document::Document;
use crate::source::Span;
use crate::syntax::ast::{
    ActionBody, Backend, Declaration, Enumeration, Field, File, Limit, LimitPart, Name, Parameter, Probe, Runbook,
    Shape, Signature, Text,
};

/// A header or clause: its position, and its line once the walk has reached it.
type Entry<'a> = (Span, Box<dyn FnOnce(&mut Layout<'_>) -> Document + 'a>);

impl Layout<'_> {
    pub(super) fn file(&mut self, file: &File) -> Document {
        let mut lines = Lines::of_file();
        for declaration in &file.declarations {
            self.line(&mut lines, declaration.span(), |layout| layout.declaration(declaration));
        }
        self.rest_of_file(lines)
    }

    fn declaration(&mut self, declaration: &Declaration) -> Document {
        match declaration {
            Declaration::Import(import) => {
                Document::Sequence(vec![Document::text("import "), self.quoted(&import.path)])
            }
            Declaration::Role(shape) => self.shape("role", shape),
            Declaration::Record(shape) => self.shape("record", shape),
            Declaration::Enumeration(enumeration) => self.enumeration(enumeration),
            Declaration::Limit(limit) => Document::Sequence(vec![Document::text("limit "), self.limit(limit)]),
            Declaration::Probe(probe) => self.probe(probe),
            Declaration::Procedure(procedure) => {
                let mut parts = vec![
                    Document::text(format!("procedure {}", procedure.name.text)),
                    self.parameters(&procedure.parameters, procedure.name.span.end, procedure.block.span.start),
                    Document::text(" "),
                    self.block(&procedure.block),
                ];
                if let Some(undo) = &procedure.undo {
                    parts.push(Document::text(" undo "));
                    parts.push(self.block(undo));
                }
                Document::Group(parts)
            }
            Declaration::Runbook(runbook) => self.runbook(runbook),
            Declaration::Backend(backend) => self.backend(backend),
            Declaration::Test(test) => self.test(test),
        }
    }

    fn shape(&mut self, word: &str, shape: &Shape) -> Document {
        let head = format!("{word} {} ", shape.name.text);
        let body = Span { start: shape.name.span.end, ..shape.span };
        let inside = self.listed(&shape.fields, body, "  ", |field| field.span, |layout, field| layout.field(field));
        Document::Sequence(vec![Document::text(head), inside])
    }

    fn field(&mut self, field: &Field) -> Document {
        Document::Sequence(vec![Document::text(format!("{}: ", field.name.text)), self.type_of(&field.type_of)])
    }

    fn enumeration(&mut self, enumeration: &Enumeration) -> Document {
        let open = if enumeration.open { "open " } else { "" };
        let head = format!("{open}enum {} ", enumeration.name.text);
        let body = Span { start: enumeration.name.span.end, ..enumeration.span };
        let word = |_: &mut Self, word: &Name| Document::text(word.text.as_str());
        Document::Sequence(vec![
            Document::text(head),
            self.listed(&enumeration.words, body, ", ", |word| word.span, word),
        ])
    }

    /// Items in braces: on one line if they were written so and fit, else each on its own.
    fn listed<T>(
        &mut self,
        items: &[T],
        body: Span,
        separator: &'static str,
        span: impl Fn(&T) -> Span,
        document: impl Fn(&mut Self, &T) -> Document,
    ) -> Document {
        if items.is_empty() && !self.has_comment_in(body) {
            return Document::text("{ }");
        }
        let comma = separator.trim_end();
        if self.on_one_line(body) {
            let mut parts = Vec::new();
            let extra_blank = separator.len() - comma.len() > 1;
            for item in items {
                if !parts.is_empty() {
                    parts.push(Document::text(comma));
                    parts.extend(extra_blank.then_some(Document::Flat(" ")));
                }
                parts.push(Document::Line);
                parts.push(document(self, item));
            }
            return Document::Group(vec![
                Document::text("{"),
                Document::Indent(parts),
                Document::Line,
                Document::text("}"),
            ]);
        }
        let brace = self.text.get(body.start as usize..).and_then(|text| text.find('{')).unwrap_or(0) as u32;
        let mut lines = Lines::from(body.start + brace + 1);
        for (position, item) in items.iter().enumerate() {
            let last = position + 1 == items.len();
            self.line(&mut lines, span(item), |layout| {
                let item = document(layout, item);
                Document::Sequence(vec![item, Document::text(if last { "" } else { comma })])
            });
        }
        self.braces(lines, body)
    }

    fn limit(&mut self, limit: &Limit) -> Document {
        let mut parts = Vec::new();
        if let Some(action) = &limit.action {
            parts.push(Document::text(format!("{} ", action.text)));
        }
        for (position, part) in limit.parts.iter().enumerate() {
            if position > 0 {
                parts.push(Document::text(", "));
            }
            match part {
                LimitPart::Rate { count, window, key, .. } => {
                    parts.extend([self.amount(count), Document::text(" per "), self.amount(window)]);
                    if let Some(key) = key {
                        parts.push(Document::text(format!(" per {}", key.text)));
                    }
                }
                LimitPart::Apart { gap, .. } => parts.extend([self.amount(gap), Document::text(" apart")]),
                LimitPart::Key { key, .. } => parts.push(Document::text(format!("per {}", key.text))),
            }
        }
        Document::Sequence(parts)
    }

    /// The parameter list `(…)`, which is between two positions of the source.
    pub(super) fn parameters(&mut self, parameters: &[Parameter], from: u32, to: u32) -> Document {
        // Only comments can be between the last parameter and the parenthesis.
        let after = parameters.last().map_or(from, |last| last.span.end);
        let rest = self.text.get(after as usize..to as usize).unwrap_or("");
        let end = after + closing_parenthesis(rest);
        let place = Span { start: from, end, file: Default::default() };
        self.bracketed(
            ("(", ")"),
            place,
            parameters,
            |parameter| parameter.span,
            |layout, parameter| {
                let mut parts =
                    vec![Document::text(format!("{}: ", parameter.name.text)), layout.type_of(&parameter.type_of)];
                if let Some(default) = &parameter.default {
                    parts.push(Document::text(" = "));
                    parts.push(layout.expression(default));
                }
                Document::Sequence(parts)
            },
        )
    }

    fn runbook(&mut self, runbook: &Runbook) -> Document {
        let head = Document::text(format!("runbook {}", runbook.name.text));
        let parameters = self.parameters(&runbook.parameters, runbook.name.span.end, runbook.block.span.start);
        let mut headers: Vec<Entry<'_>> = Vec::new();
        if let Some(title) = &runbook.title {
            headers.push((title.span, Box::new(|layout| layout.column(8, "title", |layout| layout.quoted(title)))));
        }
        if let Some(alert) = &runbook.alert {
            headers.push((
                alert.span,
                Box::new(|layout| {
                    layout.column(8, "alert", |layout| {
                        let mut names = layout.quoted_list(&alert.names);
                        if let Some(group) = &alert.group {
                            names.push(Document::text(" in "));
                            names.push(layout.quoted(group));
                        }
                        Document::Sequence(names)
                    })
                }),
            ));
        }
        if let Some(goal) = &runbook.goal {
            let line = |layout: &mut Layout<'_>| layout.column(8, "goal", |layout| layout.expression(&goal.condition));
            headers.push((goal.span, Box::new(line)));
        }
        if let Some(contact) = &runbook.contact {
            let line = |layout: &mut Layout<'_>| layout.column(8, "contact", |_| Document::text(contact.text.as_str()));
            headers.push((contact.span, Box::new(line)));
        }
        if let Some(lock) = &runbook.lock {
            headers.push((
                lock.span,
                Box::new(|layout| {
                    layout.column(8, "lock", |layout| {
                        let mut parts = Vec::new();
                        for name in &lock.names {
                            parts.extend((!parts.is_empty()).then(|| Document::text(", ")));
                            parts.push(layout.expression(name));
                        }
                        Document::Sequence(parts)
                    })
                }),
            ));
        }
        if let Some(limit) = &runbook.limit {
            let line = |layout: &mut Layout<'_>| layout.column(8, "limit", |layout| layout.limit(limit));
            headers.push((limit.span, Box::new(line)));
        }
        if let Some(ends) = &runbook.ends {
            let line = |layout: &mut Layout<'_>| layout.column(5, "ends", |layout| layout.timings(&ends.timings));
            headers.push((ends.span, Box::new(line)));
        }
        if headers.is_empty() {
            let block = self.block(&runbook.block);
            return Document::Group(vec![head, parameters, Document::text(" "), block]);
        }
        let mut lines = Lines::from(runbook.block.span.start + 1);
        self.entries(&mut lines, headers);
        self.depth += 1;
        self.statements(&mut lines, &runbook.block.statements);
        self.depth -= 1;
        let body = self.braces(lines, runbook.block.span);
        Document::Sequence(vec![head, parameters, Document::text(" "), body])
    }

    fn probe(&mut self, probe: &Probe) -> Document {
        let head = Document::text(format!("probe {}", probe.name.text));
        let parameters = self.parameters(&probe.parameters, probe.name.span.end, probe.body.start);
        let width = clauses_width(probe);
        let mut entries: Vec<Entry<'_>> = Vec::new();
        if let Some(title) = &probe.title {
            entries.push((
                title.span,
                Box::new(move |layout| layout.column(width, "title", |layout| layout.quoted(title))),
            ));
        }
        if let Some(group) = &probe.group {
            entries.push((
                group.span,
                Box::new(move |layout| layout.column(width, "group", |layout| layout.quoted(group))),
            ));
        }
        if let Some(first) = probe.depends_on.first() {
            let line = move |layout: &mut Layout<'_>| {
                layout.column(width, "depends_on", |layout| Document::Sequence(layout.quoted_list(&probe.depends_on)))
            };
            entries.push((first.span, Box::new(line)));
        }
        if let Some(timeout) = &probe.timeout {
            let line = move |layout: &mut Layout<'_>| layout.column(width, "timeout", |layout| layout.amount(timeout));
            entries.push((timeout.span, Box::new(line)));
        }
        if let Some(retries) = &probe.retries {
            entries.push((
                retries.span,
                Box::new(move |layout| {
                    layout.column(width, "retries", |layout| {
                        Document::Sequence(vec![layout.amount(&retries.count), layout.spaced_timings(&retries.timings)])
                    })
                }),
            ));
        }
        if let Some(ask) = &probe.ask {
            entries.push((ask.span, Box::new(move |layout| layout.column(width, "ask", |layout| layout.call(ask)))));
        }
        if let Some(condition) = &probe.unknown_if {
            let line = move |layout: &mut Layout<'_>| {
                layout.column(width, "unknown if", |layout| layout.expression(condition))
            };
            entries.push((condition.span, Box::new(line)));
        }
        if let Some(condition) = &probe.passed_if {
            let line =
                move |layout: &mut Layout<'_>| layout.column(width, "passed if", |layout| layout.expression(condition));
            entries.push((condition.span, Box::new(line)));
        }
        for statement in &probe.statements {
            entries.push((statement.span, Box::new(|layout| layout.statement(statement))));
        }
        let mut lines = Lines::from(probe.body.start + 1);
        self.entries(&mut lines, entries);
        let body = self.braces(lines, probe.body);
        Document::Sequence(vec![head, parameters, Document::text(" "), body])
    }

    fn entries(&mut self, lines: &mut Lines, mut entries: Vec<Entry<'_>>) {
        entries.sort_by_key(|(span, _)| span.start);
        for (span, document) in entries {
            self.line(lines, span, document);
        }
    }

    /// A keyword, and its value in the second column.
    fn column(&mut self, width: usize, word: &str, value: impl FnOnce(&mut Self) -> Document) -> Document {
        let value = value(self);
        Document::Sequence(vec![Document::text(format!("{word:width$}")), value])
    }

    fn quoted_list(&self, texts: &[Text]) -> Vec<Document> {
        let mut parts = Vec::new();
        for text in texts {
            parts.extend((!parts.is_empty()).then(|| Document::text(", ")));
            parts.push(self.quoted(text));
        }
        parts
    }

    fn backend(&mut self, backend: &Backend) -> Document {
        let mut head = vec![Document::text(format!("backend {} ", backend.name.text))];
        let mut start = backend.name.span.end;
        if let Some(title) = &backend.title {
            head.push(self.quoted(title));
            head.push(Document::text(" "));
            start = title.span.end;
        }
        let mut entries: Vec<Entry<'_>> = Vec::new();
        for record in &backend.records {
            entries.push((record.span, Box::new(|layout| layout.shape("record", record))));
        }
        for enumeration in &backend.enumerations {
            entries.push((enumeration.span, Box::new(|layout| layout.enumeration(enumeration))));
        }
        for signature in &backend.signatures {
            entries.push((signature.span, Box::new(|layout| layout.signature(signature))));
        }
        let brace = self.text.get(start as usize..).and_then(|text| text.find('{')).unwrap_or(0) as u32;
        let mut lines = Lines::from(start + brace + 1);
        self.entries(&mut lines, entries);
        head.push(self.braces(lines, backend.span));
        Document::Sequence(head)
    }

    fn signature(&mut self, signature: &Signature) -> Document {
        let from = signature.name.span.end;
        let head = format!("{:7} {}", signature.class.as_str(), signature.name.text);
        let mut parts = vec![Document::text(head), self.parameters(&signature.parameters, from, signature.span.end)];
        if let Some(returns) = &signature.returns {
            parts.push(Document::text(" -> "));
            parts.push(self.type_of(returns));
        }
        let mut properties = Vec::new();
        let mut property = |parts: Vec<Document>| {
            properties.push(Document::Line);
            properties.extend(parts);
        };
        if let Some(saves) = &signature.saves {
            property(vec![Document::text(format!("saves {} = ", saves.name.text)), self.call(&saves.call)]);
        }
        if let Some(undo) = &signature.undo {
            property(vec![Document::text("undo "), self.call(undo)]);
        }
        if signature.idempotent.is_some() {
            property(vec![Document::text("idempotent")]);
        }
        if signature.once.is_some() {
            property(vec![Document::text("once")]);
        }
        if let Some(confirm) = &signature.confirm {
            let timings = self.spaced_timings(&confirm.timings);
            property(vec![Document::text("confirm "), self.call(&confirm.call), timings]);
        }
        if let Some(timeout) = &signature.timeout {
            property(vec![Document::text("timeout "), self.amount(timeout)]);
        }
        if let Some(fresh) = &signature.fresh {
            property(vec![Document::text("fresh "), self.amount(fresh)]);
        }
        parts.push(Document::Indent(properties));
        let body = signature.body.as_ref().map(|body| self.action_body(body));
        let mut whole = vec![Document::Group(parts)];
        if let Some(body) = body {
            whole.push(Document::text(" "));
            whole.push(body);
        }
        Document::Group(whole)
    }

    fn action_body(&mut self, body: &ActionBody) -> Document {
        if let ([], Some(result)) = (body.lets.as_slice(), &body.result)
            && self.on_one_line(body.span)
        {
            let inside = self.expression(result);
            return super::bodies::one_line(inside);
        }
        let mut lines = Lines::from(body.span.start + 1);
        self.statements(&mut lines, &body.lets);
        if let Some(result) = &body.result {
            self.line(&mut lines, result.span, |layout| layout.expression(result));
        }
        self.braces(lines, body.span)
    }
}

/// The position of the second column of a probe's clauses: one blank after the longest keyword.
fn clauses_width(probe: &Probe) -> usize {
    let words = [
        ("title", probe.title.is_some()),
        ("group", probe.group.is_some()),
        ("depends_on", !probe.depends_on.is_empty()),
        ("timeout", probe.timeout.is_some()),
        ("retries", probe.retries.is_some()),
        ("ask", probe.ask.is_some()),
        ("unknown if", probe.unknown_if.is_some()),
        ("passed if", probe.passed_if.is_some()),
    ];
    words.iter().filter(|(_, there)| *there).map(|(word, _)| word.len() + 1).max().unwrap_or(0)
}

/// The position after the first parenthesis that is not in a comment.
fn closing_parenthesis(text: &str) -> u32 {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let code = line.split('#').next().unwrap_or("");
        if let Some(found) = code.find(')') {
            return (at + found + 1) as u32;
        }
        at += line.len();
    }
    text.len() as u32
}
