//! Who comes before whom, without recursion: chains are as long as an author makes them.

/// Procedures may do procedures, actions stand behind actions, and runbooks run runbooks, so deep: the interpreter goes as
/// deep as they do.
pub(super) const DEEPEST_CALLS: usize = 32;

/// A graph in an order.
pub(super) struct Order {
    /// Every node, after all that it leads to; circles are cut at their closing edges.
    pub inner_first: Vec<usize>,
    /// The edges that close a circle.
    pub closing: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    Open,
    Done,
}

/// Orders `nodes` nodes; `edges` gives, for a node, the nodes that it leads to, each with a name for the edge.
pub(super) fn order<I>(nodes: usize, edges: impl Fn(usize) -> I) -> Order
where
    I: Iterator<Item = (usize, usize)>,
{
    let mut marks = vec![Mark::New; nodes];
    let mut found = Order { inner_first: Vec::with_capacity(nodes), closing: Vec::new() };
    for start in 0..nodes {
        if marks[start] != Mark::New {
            continue;
        }
        marks[start] = Mark::Open;
        let mut open = vec![(start, edges(start))];
        while let Some((node, rest)) = open.last_mut() {
            let node = *node;
            match rest.next() {
                Some((target, edge)) => match marks[target] {
                    Mark::New => {
                        marks[target] = Mark::Open;
                        open.push((target, edges(target)));
                    }
                    Mark::Open => found.closing.push(edge),
                    Mark::Done => {}
                },
                None => {
                    marks[node] = Mark::Done;
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
    use super::order;

    #[test]
    fn what_is_led_to_comes_first() {
        let edges: [&[usize]; 4] = [&[1, 2], &[3], &[3], &[]];
        let order = order(4, |node| edges[node].iter().map(|target| (*target, *target)));
        assert_eq!(order.inner_first, [3, 1, 2, 0]);
        assert!(order.closing.is_empty());
    }

    #[test]
    fn a_circle_is_cut_once() {
        let order = order(3, |node| std::iter::once(((node + 1) % 3, node)));
        assert_eq!(order.closing, [2]);
        assert_eq!(order.inner_first, [2, 1, 0]);
    }
}
