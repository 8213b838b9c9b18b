//! What a statement and its expressions are evaluated with.

use super::exit::Flow;
use super::scope::{LocalBoxFuture, Scope};
use crate::engine::address::Address;
use crate::engine::eval::frame::Frame;
use crate::engine::exec;
use crate::program::{Block, NodeId, Statement};

/// The block around a statement, its locals, and the address of the statement. The few statements that can open a change
/// are given the open changes of their block as well.
pub(crate) struct StatementContext<'f, 't> {
    /// The block around the statement.
    pub scope: &'f Scope<'t>,
    pub frame: &'f mut Frame,
    /// The address of the statement, of one turn of it, or of a call in it.
    pub address: Address,
}

impl<'f, 't> StatementContext<'f, 't> {
    /// A statement at this address.
    pub fn new(scope: &'f Scope<'t>, frame: &'f mut Frame, address: Address) -> Self {
        Self { scope, frame, address }
    }

    /// A statement of the scope's block, at its own address.
    pub fn of_statement(scope: &'f Scope<'t>, frame: &'f mut Frame, statement: &Statement) -> Self {
        Self::new(scope, frame, scope.address.child(statement.node, 0))
    }

    /// The statement at another address: one turn of a loop, one poll.
    pub fn at(&mut self, address: Address) -> StatementContext<'_, 't> {
        StatementContext { scope: self.scope, frame: self.frame, address }
    }

    /// A node inside the statement.
    pub fn child(&mut self, node: NodeId) -> StatementContext<'_, 't> {
        let address = self.address.child(node, 0);
        self.at(address)
    }

    /// Runs a block of the statement.
    pub fn block<'b>(&'b mut self, block: &'t Block) -> LocalBoxFuture<'b, Flow>
    where
        't: 'b,
    {
        exec::block(self.scope.at(self.address.clone()), block, self.frame)
    }
}
