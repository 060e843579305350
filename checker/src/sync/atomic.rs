//! `sync/atomic`. The rules are in [`model::atomic`].

use super::handle::{Handle, handle, perform_done, perform_number};
use crate::model::{self, AtomicOp, AtomicType, Object, Op};

/// A type of atomics, as the bits of an `i64`.
trait Bits: Copy {
    const TYPE: AtomicType;

    fn bits(self) -> i64;

    fn of_bits(bits: i64) -> Self;
}

impl Bits for i64 {
    const TYPE: AtomicType = AtomicType::I64;

    fn bits(self) -> i64 {
        self
    }

    fn of_bits(bits: i64) -> Self {
        bits
    }
}

impl Bits for u64 {
    const TYPE: AtomicType = AtomicType::U64;

    fn bits(self) -> i64 {
        self.cast_signed()
    }

    fn of_bits(bits: i64) -> Self {
        bits.cast_unsigned()
    }
}

impl Bits for bool {
    const TYPE: AtomicType = AtomicType::Bool;

    fn bits(self) -> i64 {
        i64::from(self)
    }

    fn of_bits(bits: i64) -> Self {
        bits != 0
    }
}

#[track_caller]
fn create<T: Bits>(name: &str, value: T) -> Handle<()> {
    let (value, shown_as) = (value.bits(), T::TYPE);
    Handle::create(Object::Atomic(model::Atomic { value, shown_as }), name)
}

/// Defines the operations that all atomics have.
macro_rules! operations {
    ($name:ident, $value:ty) => {
        impl $name {
            /// `Load`.
            #[track_caller]
            pub fn load(self) -> $value {
                self.yields(AtomicOp::Load)
            }

            /// `Store`.
            #[track_caller]
            pub fn store(self, value: $value) {
                perform_done(Op::Atomic(self.0.id(), AtomicOp::Store(value.bits())));
            }

            /// `Swap`: returns the old value.
            #[track_caller]
            pub fn swap(self, value: $value) -> $value {
                self.yields(AtomicOp::Swap(value.bits()))
            }

            /// `CompareAndSwap`: returns true if it found the old value and swapped it.
            #[track_caller]
            pub fn compare_and_swap(self, old: $value, new: $value) -> bool {
                let op = AtomicOp::CompareAndSwap(old.bits(), new.bits());
                perform_number(Op::Atomic(self.0.id(), op)) == 1
            }

            /// `And`, bit by bit: returns the old value. Go has it since 1.23, for integers.
            #[track_caller]
            pub fn and(self, mask: $value) -> $value {
                self.yields(AtomicOp::And(mask.bits()))
            }

            /// `Or`, bit by bit: returns the old value. Go has it since 1.23, for integers.
            #[track_caller]
            pub fn or(self, mask: $value) -> $value {
                self.yields(AtomicOp::Or(mask.bits()))
            }

            #[track_caller]
            fn yields(self, op: AtomicOp) -> $value {
                <$value>::of_bits(perform_number(Op::Atomic(self.0.id(), op)))
            }
        }
    };
}

/// Defines the operations that atomic integers have besides.
macro_rules! arithmetic {
    ($name:ident, $value:ty) => {
        impl $name {
            /// `Add`, wrapping: returns the new value.
            #[expect(
                clippy::should_implement_trait,
                reason = "Go's name, and no sum of two atomics"
            )]
            #[track_caller]
            pub fn add(self, delta: $value) -> $value {
                self.yields(AtomicOp::Add(delta.bits()))
            }

            /// Stores the larger of the two: returns the old value. It is Rust's `fetch_max`; Go
            /// has none.
            #[track_caller]
            pub fn max(self, value: $value) -> $value {
                self.yields(AtomicOp::Max(value.bits()))
            }
        }
    };
}

handle! {
    /// `atomic.Int64`: an integer that is read and changed in one step.
    ///
    /// ```
    /// # use gordian_checker as gordian;
    /// use gordian::sync::{atomic, go};
    ///
    /// let report = gordian::check(|| {
    ///     let owner = atomic("owner", 0);
    ///     go("two", move || drop(owner.compare_and_swap(0, 2)));
    ///     owner.compare_and_swap(0, 1);
    ///     let first = owner.load();
    ///     assert!(first == 1 || first == 2);
    ///     assert_eq!(owner.load(), first);
    /// });
    /// report.assert_proved();
    /// ```
    Atomic
}
operations!(Atomic, i64);
arithmetic!(Atomic, i64);

handle! {
    /// `atomic.Uint64`.
    AtomicU64
}
operations!(AtomicU64, u64);
arithmetic!(AtomicU64, u64);

handle! {
    /// `atomic.Bool`.
    AtomicBool
}
operations!(AtomicBool, bool);

/// Makes an atomic integer.
#[track_caller]
pub fn atomic(name: &str, value: i64) -> Atomic {
    Atomic(create(name, value))
}

/// Makes an atomic integer without a sign.
#[track_caller]
pub fn atomic_u64(name: &str, value: u64) -> AtomicU64 {
    AtomicU64(create(name, value))
}

/// Makes an atomic boolean.
#[track_caller]
pub fn atomic_bool(name: &str, value: bool) -> AtomicBool {
    AtomicBool(create(name, value))
}
