//! Interns the values that goroutines exchange: each distinct value is kept once.

use std::any::{Any, TypeId, type_name};
use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHasher};
use smallvec::SmallVec;

use super::panic_hook;
use super::stack_overflow::hold;
use crate::model::ValueId;

/// A type of values that can be sent through a channel, kept under a lock, or put into a cell.
///
/// Equal values are treated as the same: a goroutine that receives one behaves as if it had
/// received the other. Every type that is `Clone`, `Eq`, `Hash`, `Debug` and `'static` is a value.
/// So are the handles of this crate, which allows a channel of channels. Wrap other types in
/// [`Opaque`](crate::sync::Opaque).
///
/// ```compile_fail,E0277
/// # use gordian_checker as gordian;
/// use gordian::sync::chan;
///
/// // A float has no `Eq`: send its bits, or an `Opaque`.
/// let measures = chan::<f64>("measures", 0);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a value that goroutines can share or exchange",
    label = "not a `Value`",
    note = "a value is `Clone + Eq + Hash + Debug + 'static`: derive these",
    note = "for a `HashMap` use a `BTreeMap`; wrap a closure, a float or an error in `sync::Opaque`"
)]
pub trait Value: Clone + Eq + Hash + Debug + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Eq + Hash + Debug + 'static> Value for T {}

thread_local! {
    /// The type of the value whose `Eq`, `Hash`, `Clone` or `Debug` is running.
    static AT_WORK: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Runs `f`, which runs code of the value type `T`.
fn working<T, R>(f: impl FnOnce() -> R) -> R {
    let _held = hold();
    set_at_work(Some(type_name::<T>()), f)
}

/// Runs `f`, which resumes a goroutine.
pub(super) fn not_working<R>(f: impl FnOnce() -> R) -> R {
    set_at_work(None, f)
}

fn set_at_work<R>(of: Option<&'static str>, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<&'static str>);
    impl Drop for Restore {
        fn drop(&mut self) {
            AT_WORK.set(self.0);
        }
    }
    let _restore = Restore(AT_WORK.replace(of));
    f()
}

/// Returns the type of the value whose own code is running, if there is one.
pub(super) fn at_work() -> Option<&'static str> {
    AT_WORK.get()
}

/// Values by their ids.
pub(crate) struct Values {
    entries: Vec<Entry>,
    /// Ids by the hash of type and value; several if hashes collide.
    by_hash: FxHashMap<u64, SmallVec<[ValueId; 1]>>,
}

struct Entry {
    value: Rc<dyn Any>,
    text: String,
}

impl Default for Values {
    fn default() -> Self {
        let mut values = Self {
            entries: Vec::new(),
            by_hash: FxHashMap::default(),
        };
        let unit = values.add(hash(&()), Rc::new(()), "()".to_owned());
        assert_eq!(unit, ValueId::UNIT);
        values
    }
}

/// Returns the id of a value, and adds the value if it is new. Code of the value's type runs, but
/// never while the table is borrowed: a goroutine may be left in the middle of it.
pub(crate) fn intern<T: Value>(table: &RefCell<Values>, value: T) -> ValueId {
    working::<T, _>(|| {
        let hash = hash(&value);
        let alike = table.borrow().alike(hash);
        let same = |known: &Rc<dyn Any>| known.downcast_ref::<T>() == Some(&value);
        if let Some((id, _)) = alike.iter().find(|(_, known)| same(known)) {
            // Dropping a redundant copy is no action of the kernel.
            panic_hook::dispose(value);
            return *id;
        }
        let text = format!("{value:?}");
        table.borrow_mut().add(hash, Rc::new(value), text)
    })
}

/// Returns a copy of the value with this id.
///
/// # Panics
/// If the value has another type; the handles prevent that.
pub(crate) fn copy<T: Value>(table: &RefCell<Values>, id: ValueId) -> T {
    let value = table.borrow().entries[id.index()].value.clone();
    let value = value.downcast_ref::<T>().expect("a value of another type");
    working::<T, _>(|| value.clone())
}

impl Values {
    /// Returns the values with this hash.
    fn alike(&self, hash: u64) -> SmallVec<[(ValueId, Rc<dyn Any>); 1]> {
        let ids = self.by_hash.get(&hash).into_iter().flatten();
        let value = |id: &ValueId| (*id, self.entries[id.index()].value.clone());
        ids.map(value).collect()
    }

    fn add(&mut self, hash: u64, value: Rc<dyn Any>, text: String) -> ValueId {
        let id = ValueId::from_index(self.entries.len());
        self.by_hash.entry(hash).or_default().push(id);
        self.entries.push(Entry { value, text });
        id
    }

    /// Drops all values, each separately.
    pub(crate) fn dispose(&mut self) {
        self.by_hash.clear();
        for entry in self.entries.drain(..) {
            panic_hook::dispose(entry.value);
        }
    }

    /// Returns the value as its type's `Debug` writes it.
    pub(crate) fn text(&self, id: ValueId) -> &str {
        self.entries
            .get(id.index())
            .map_or("?", |entry| &entry.text)
    }
}

fn hash<T: Value>(value: &T) -> u64 {
    let mut hasher = FxHasher::default();
    TypeId::of::<T>().hash(&mut hasher);
    value.hash(&mut hasher);
    hasher.finish()
}
