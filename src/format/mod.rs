//! Tree to text: how a runbook is laid out.
