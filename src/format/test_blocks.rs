//! `test` blocks.

use super::Layout;
use super::bodies::Lines;
use super::document::Document;
use crate::syntax::ast::{Expectation, GivenAnswer, GivenSubject, Test, TestLine, Times};

impl Layout<'_> {
    pub(super) fn test(&mut self, test: &Test) -> Document {
        let mut head = vec![Document::text("test "), self.quoted(&test.title), Document::text(" ")];
        let mut start = test.title.span.end;
        if let Some(subject) = &test.subject {
            head.extend([Document::text("for "), self.call(subject), Document::text(" ")]);
            start = subject.span.end;
        }
        let brace = self.text.get(start as usize..).and_then(|text| text.find('{')).unwrap_or(0) as u32;
        let mut lines = Lines::from(start + brace + 1);
        for line in &test.lines {
            let (TestLine::Given { span, .. } | TestLine::Expect { span, .. }) = line;
            self.line(&mut lines, *span, |layout| layout.test_line(line));
        }
        head.push(self.braces(lines, test.span));
        Document::Sequence(head)
    }

    fn test_line(&mut self, line: &TestLine) -> Document {
        let (mut parts, timings) = match line {
            TestLine::Given { subject, answers, timings, .. } => {
                (vec![Document::text("given "), self.subject_of(subject), self.answers(answers)], timings)
            }
            TestLine::Expect { expectation, timings, .. } => {
                (vec![Document::text("expect"), self.expectation(expectation)], timings)
            }
        };
        parts.push(self.spaced_timings(timings));
        Document::Group(parts)
    }

    fn subject_of(&mut self, subject: &GivenSubject) -> Document {
        match subject {
            GivenSubject::Call(call) => self.call(call),
            GivenSubject::Name(path) => Document::text(path.text.as_str()),
            GivenSubject::Ask(text) => Document::Sequence(vec![Document::text("ask "), self.quoted(text)]),
            GivenSubject::Nobody => Document::text("nobody answers"),
            GivenSubject::World(text) => Document::Sequence(vec![Document::text("world "), self.quoted(text)]),
            GivenSubject::Cancelled => Document::text("cancelled"),
            GivenSubject::Host { name, roles } => {
                let mut parts = vec![Document::text("host "), self.quoted(name), Document::text(" is ")];
                for (position, role) in roles.iter().enumerate() {
                    parts.extend((position > 0).then(|| Document::text(", ")));
                    parts.push(match role.arguments.as_slice() {
                        [] => Document::text(role.path.text.as_str()),
                        _ => self.call(role),
                    });
                }
                Document::Sequence(parts)
            }
        }
    }

    fn answers(&mut self, answers: &[GivenAnswer]) -> Document {
        let mut parts = Vec::new();
        let mut before: Option<&GivenAnswer> = None;
        for answer in answers {
            // Consecutive values form one list.
            let goes_on = matches!((before, answer), (Some(GivenAnswer::Value(_)), GivenAnswer::Value(_)));
            parts.extend(match before {
                None => vec![Document::text(" ")],
                Some(_) => vec![Document::text(","), Document::Line],
            });
            parts.extend((before.is_some() && !goes_on).then(|| Document::text("then ")));
            match answer {
                GivenAnswer::Value(value) => {
                    parts.extend((!goes_on).then(|| Document::text("answers ")));
                    parts.push(self.expression(value));
                }
                GivenAnswer::Verdict(word) => parts.push(Document::text(word.text.as_str())),
                GivenAnswer::Error { kind, message } => {
                    parts.push(Document::text("errors"));
                    parts.extend(kind.as_ref().map(|kind| Document::text(format!(" {}", kind.text))));
                    if let Some(message) = message {
                        parts.extend([Document::text(" "), self.quoted(message)]);
                    }
                }
                GivenAnswer::TimesOut => parts.push(Document::text("times out")),
            }
            before = Some(answer);
        }
        Document::Indent(parts)
    }

    fn expectation(&mut self, expectation: &Expectation) -> Document {
        let mut parts = Vec::new();
        match expectation {
            Expectation::Outcome { word, contact, text } => {
                parts.push(Document::text(format!(" {}", word.text)));
                if let Some(contact) = contact {
                    parts.push(Document::text(format!(" to {}", contact.text)));
                }
                if let Some(text) = text {
                    parts.extend([Document::text(" "), self.quoted(text)]);
                }
            }
            Expectation::Call { negated, call, times } => {
                parts.push(Document::text(if *negated { " no " } else { " " }));
                parts.push(self.call(call));
                match times {
                    Some(Times::Once) => parts.push(Document::text(" once")),
                    Some(Times::Never) => parts.push(Document::text(" never")),
                    Some(Times::Exactly(amount)) => {
                        parts.extend([Document::text(" "), self.amount(amount), Document::text(" times")]);
                    }
                    None => {}
                }
            }
            Expectation::NoneOfClass(class) => parts.push(Document::text(format!(" no {}", class.text))),
            Expectation::Within => {}
            Expectation::LeftInPlace(calls) => {
                parts.push(Document::text(" left in place "));
                if calls.is_empty() {
                    parts.push(Document::text("nothing"));
                }
                for (position, call) in calls.iter().enumerate() {
                    parts.extend((position > 0).then(|| Document::text(", ")));
                    parts.push(self.call(call));
                }
            }
        }
        Document::Sequence(parts)
    }
}
