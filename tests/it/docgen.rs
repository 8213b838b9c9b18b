//! Pages for people: they say what the runbooks say, number steps as runs do, and nothing in a file becomes markup.

mod charts;
mod hostile;
mod mermaid;
mod numbers;
mod pages;
mod render;
