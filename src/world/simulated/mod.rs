//! Systems that are modelled.
