//! Why a mutant survives: data, looked up by operator, file and what the slip shows.

/// What a survivor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// No run can tell it from the original.
    Equivalent,
    /// What is done is the same, and people are told something else.
    People,
    /// A test could see it, and the shipped ones do not.
    Test,
    /// A rule of the checker could see it.
    Rule,
    /// Nobody has looked at it.
    Open,
}

impl Kind {
    /// What survivors of this kind are called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Equivalent => "No run can tell it apart",
            Self::People => "Only people are told something else",
            Self::Test => "A test is missing",
            Self::Rule => "A rule of the checker is missing",
            Self::Open => "Not explained",
        }
    }
}

/// A reason, and the survivors that it is for: those of some operators, in a file, at some lines, whose slip contains a text. What is
/// empty fits everything.
pub struct Reason {
    pub operators: &'static [&'static str],
    pub file: &'static str,
    pub lines: &'static [usize],
    pub slip: &'static str,
    pub kind: Kind,
    pub why: &'static str,
}

/// The first that fits counts.
pub const REASONS: &[Reason] = &[];
