//! What every primitive says of itself, all of it in the primitive's own file.
//!
//! A new primitive implements [`Primitive`] and becomes a line of the table in [`object`](super::object) and a variant of
//! [`Op`](super::Op). The compiler then names every other place: no match in the rules has an arm for the rest.

use super::encode::Input;

/// The rules of one kind of shared object.
pub(crate) trait Primitive: Sized {
    /// Appends the state. The first byte is `first`, or one of the bytes after it that the table gives to this kind.
    fn encode(&self, first: u8, out: &mut Vec<u8>);

    /// Reads what [`Primitive::encode`] wrote. `form` is how far its first byte is from `first`.
    fn decode(form: u8, input: &mut Input<'_>) -> Self;

    /// Asserts what must hold between any two steps.
    ///
    /// # Panics
    /// If it does not hold: a defect of the checker.
    fn assert_invariants(&self) {}
}
