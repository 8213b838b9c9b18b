//! Slips with what decides: comparisons, quantifiers, `not`, lists.

use super::Edit;
use super::OperatorInput;
use super::statements::without_each;
use super::tree::{Node, range};
use rectify::syntax::ast::{Expression, ExpressionKind, Operator};

fn expressions<'s>(input: &'s OperatorInput<'_>) -> impl Iterator<Item = &'s Expression> {
    input.tree.nodes.iter().filter_map(|it| match it.node {
        Node::Expression(expression) => Some(expression),
        _ => None,
    })
}

fn others(operator: Operator) -> &'static [&'static str] {
    match operator {
        Operator::Or => &["and"],
        Operator::And => &["or"],
        Operator::Equal => &["!="],
        Operator::NotEqual => &["=="],
        Operator::Less => &["<=", ">"],
        Operator::LessOrEqual => &["<", ">="],
        Operator::Greater => &[">=", "<"],
        Operator::GreaterOrEqual => &[">", "<="],
        Operator::In => &["not in"],
        Operator::Add => &["-"],
        Operator::Subtract => &["+"],
        Operator::Contains | Operator::Matches | Operator::Multiply | Operator::Divide => &[],
    }
}

pub fn swap(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    for expression in expressions(input) {
        match &expression.kind {
            ExpressionKind::Binary { operator, operator_span, .. } => {
                let with = others(*operator).iter();
                edits.extend(with.map(|with| Edit { range: range(*operator_span), with: (*with).to_owned() }));
            }
            ExpressionKind::Quantifier { .. } => {
                let start = range(expression.span).start;
                let written = input.text[start..].split(' ').next().unwrap_or_default();
                for other in ["all", "any", "none"] {
                    if other != written {
                        edits.push(Edit { range: start..start + written.len(), with: other.to_owned() });
                    }
                }
            }
            _ => {}
        }
    }
}

pub fn negate(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    for it in &input.tree.nodes {
        let Node::Condition(condition) = it.node else { continue };
        let place = range(condition.span);
        let with = match &condition.kind {
            ExpressionKind::Not(inner) => input.at(range(inner.span)).to_owned(),
            _ => format!("not ({})", input.at(place.clone())),
        };
        edits.push(Edit { range: place, with });
    }
}

pub fn drop_item(input: &OperatorInput<'_>, edits: &mut Vec<Edit>) {
    for expression in expressions(input) {
        if let ExpressionKind::List(items) = &expression.kind {
            edits.extend(without_each(&items.iter().map(|item| range(item.span)).collect::<Vec<_>>()));
        }
    }
}
