//! Generated documentation: complete, numbered like runs, and safe from markup in runbooks.

mod charts;
mod hostile;
mod mermaid;
mod numbers;
mod pages;
mod render;
