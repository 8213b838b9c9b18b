//! Prompts: questions, approvals and manual work.

use crate::engine::eval::driver::{after, earlier};
use crate::engine::event::EventKind;
use crate::engine::preview;
use crate::engine::run::context::StatementContext;
use crate::engine::run::exit::{Exit, Flow};
use crate::engine::run::scheduler::reply;
use crate::engine::world::{Prompt, PromptReply};
use crate::program::{Block, Expression, Question};
use crate::value::{SignedDuration, Value};
use ecow::EcoString;

/// Asks people and emits the question and the answer. An error of the world means that nobody could be asked, so nobody
/// answered.
async fn ask(
    context: &StatementContext<'_, '_>,
    message: String,
    choices: Vec<EcoString>,
    by: u32,
    within: SignedDuration,
) -> Result<PromptReply, Exit> {
    let scope = context.scope;
    let Some(world) = scope.tree.effect_world else {
        let words: Vec<&str> = choices.iter().map(EcoString::as_str).collect();
        return Err(preview::first_effect(scope, &format!("ask people {message:?}: {}", words.join(", "))));
    };
    let deadline = earlier(after(scope.now(), within), scope.deadline());
    scope.emit(EventKind::Asked {
        address: context.address.clone(),
        message: message.clone(),
        choices: choices.clone(),
        until: deadline,
    });
    let prompt = Prompt {
        address: context.address.clone(),
        runbook: scope.run.called(),
        contact: scope.run.contact(),
        message,
        choices: choices.clone(),
        by,
        deadline,
    };
    let reply = reply(scope.tree, world.ask(prompt), !scope.shielded).await.map_err(|_| Exit::Cancelled)?;
    let PromptReply { answer, by } = reply.result.unwrap_or(PromptReply { answer: None, by: Vec::new() });
    let answer = answer.filter(|answer| choices.contains(answer));
    scope.emit(EventKind::Answered { address: context.address.clone(), answer: answer.clone(), by: by.clone() });
    if answer.is_none() {
        scope.check_deadline()?;
    }
    Ok(PromptReply { answer, by })
}

/// `ask "…" choices [a, b] within D default a`.
pub(crate) async fn question<'t>(
    context: &mut StatementContext<'_, 't>,
    question: &'t Question,
) -> Result<Value, Exit> {
    let mut context = context.child(question.node);
    let message = context.text(&question.message).await?;
    let within = context.duration(&question.within).await?;
    let answer = ask(&context, message, question.choices.clone(), 1, within).await?;
    Ok(Value::Word(answer.answer.unwrap_or_else(|| question.default.clone())))
}

/// `require approval "…" by N within D else { }`.
pub(crate) async fn approval<'t>(
    context: &mut StatementContext<'_, 't>,
    message: &'t Expression,
    by: &'t Expression,
    within: &'t Expression,
    otherwise: Option<&'t Block>,
) -> Flow {
    let scope = context.scope;
    let message = context.text(message).await?;
    let by = context.count(by).await?;
    let within = context.duration(within).await?;
    let choices = vec!["approve".into(), "deny".into()];
    let answer = ask(context, message.clone(), choices, by, within).await?;
    match (answer.answer.as_deref(), otherwise) {
        (Some("approve"), _) => Ok(()),
        (_, Some(otherwise)) => context.block(otherwise).await,
        (Some(_), None) => Err(scope.escalated(format!("approval was denied: {message}"))),
        (None, None) => {
            let approved = match answer.by.len() {
                0 => "nobody".to_owned(),
                some => format!("only {some} of {by}"),
            };
            Err(scope.escalated(format!("{approved} approved in time: {message}")))
        }
    }
}

/// `manual "…" within D else { }`.
pub(crate) async fn manual<'t>(
    context: &mut StatementContext<'_, 't>,
    message: &'t Expression,
    within: &'t Expression,
    otherwise: Option<&'t Block>,
) -> Flow {
    let scope = context.scope;
    let message = context.text(message).await?;
    let within = context.duration(within).await?;
    let answer = ask(context, message.clone(), vec!["done".into(), "failed".into()], 1, within).await?;
    match (answer.answer.as_deref(), otherwise) {
        (Some("done"), _) => Ok(()),
        (_, Some(otherwise)) => context.block(otherwise).await,
        (Some(_), None) => Err(scope.escalated(format!("manual work failed: {message}"))),
        (None, None) => Err(scope.escalated(format!("manual work was not done in time: {message}"))),
    }
}
