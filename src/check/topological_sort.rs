//! Iterative topological sort: chains can be arbitrarily long, so recursion could overflow the stack.

/// The maximum depth of procedures calling procedures, actions calling actions, and runbooks running runbooks. The
/// interpreter recurses as deep.
pub(super) const DEEPEST_CALLS: usize = 32;

pub(super) struct TopologicalOrder {
    /// Every node after its successors. Cycles are cut at their closing edges.
    pub inner_first: Vec<usize>,
    /// The edges that close a cycle.
    pub closing: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum VisitState {
    New,
    Open,
    Done,
}

/// Sorts `nodes` nodes. `edges` returns the successors of a node, each with a label for its edge.
pub(super) fn topological_order<I>(nodes: usize, edges: impl Fn(usize) -> I) -> TopologicalOrder
where
    I: Iterator<Item = (usize, usize)>,
{
    let mut marks = vec![VisitState::New; nodes];
    let mut found = TopologicalOrder { inner_first: Vec::with_capacity(nodes), closing: Vec::new() };
    for start in 0..nodes {
        if marks[start] != VisitState::New {
            continue;
        }
        marks[start] = VisitState::Open;
        let mut open = vec![(start, edges(start))];
        while let Some((node, rest)) = open.last_mut() {
            let node = *node;
            match rest.next() {
                Some((target, edge)) => match marks[target] {
                    VisitState::New => {
                        marks[target] = VisitState::Open;
                        open.push((target, edges(target)));
                    }
                    VisitState::Open => found.closing.push(edge),
                    VisitState::Done => {}
                },
                None => {
                    marks[node] = VisitState::Done;
                    found.inner_first.push(node);
                    open.pop();
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::topological_order;

    #[test]
    fn what_is_led_to_comes_first() {
        let edges: [&[usize]; 4] = [&[1, 2], &[3], &[3], &[]];
        let order = topological_order(4, |node| edges[node].iter().map(|target| (*target, *target)));
        assert_eq!(order.inner_first, [3, 1, 2, 0]);
        assert!(order.closing.is_empty());
    }

    #[test]
    fn a_circle_is_cut_once() {
        let order = topological_order(3, |node| std::iter::once(((node + 1) % 3, node)));
        assert_eq!(order.closing, [2]);
        assert_eq!(order.inner_first, [2, 1, 0]);
    }
}
