//! Gordian.
