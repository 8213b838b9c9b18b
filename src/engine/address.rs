//! The address of an effect in a run. A replay of the run has the same addresses.

use crate::program::NodeId;
use ecow::EcoVec;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The nodes and counters on the way from the run's start to an effect: calls of procedures and runs, turns of loops,
/// polls, retries. It contains no span, so reformatting a file does not change it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(EcoVec<(NodeId, u32)>);

impl Address {
    /// The address of a node inside this one.
    pub fn child(&self, node: NodeId, counter: u32) -> Self {
        let mut path = self.0.clone();
        path.push((node, counter));
        Self(path)
    }

    /// One turn of the node that the address ends with: one poll, one retry.
    pub fn turn(&self, counter: u32) -> Self {
        self.child(self.last().unwrap_or_default(), counter)
    }

    /// Whether it is that of a part, or of something inside it.
    pub fn is_inside(&self, part: &Self) -> bool {
        self.0.starts_with(&part.0)
    }

    /// The last node.
    fn last(&self) -> Option<NodeId> {
        self.0.last().map(|(node, _)| *node)
    }
}

/// Nodes with their counters, such as `12/15.3/7`. A counter of 0 is omitted.
impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (position, (node, counter)) in self.0.iter().enumerate() {
            let slash = if position > 0 { "/" } else { "" };
            match counter {
                0 => write!(f, "{slash}{}", node.0)?,
                counter => write!(f, "{slash}{}.{counter}", node.0)?,
            }
        }
        Ok(())
    }
}

impl std::str::FromStr for Address {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let step = |part: &str| {
            let (node, counter) = part.split_once('.').unwrap_or((part, "0"));
            Ok((NodeId(node.parse()?), counter.parse()?))
        };
        text.split('/').filter(|part| !part.is_empty()).map(step).collect::<Result<_, _>>().map(Self)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
