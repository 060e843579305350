//! The values that goroutines pass about, each distinct one kept once.

use std::any::{Any, TypeId, type_name};
use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHasher};
use smallvec::SmallVec;

use super::overflow::hold;
use super::quiet;
use crate::model::ValueId;

/// What can be sent through a channel, kept under a lock, or put into a cell.
///
/// Two values that are equal are taken for the same: whoever receives one behaves as if it had
/// received the other. Every type that is `Clone`, `Eq`, `Hash`, `Debug` and `'static` is a value;
/// so are the handles of this crate, which makes a channel of channels possible. Wrap others in
/// [`Opaque`](crate::sync::Opaque).
pub trait Value: Clone + Eq + Hash + Debug + 'static {}

impl<T: Clone + Eq + Hash + Debug + 'static> Value for T {}

thread_local! {
    /// The type of the value whose own code runs: its `Eq`, `Hash`, `Clone` or `Debug`.
    static AT_WORK: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Runs `f`, in which code of the value type `T` runs.
fn working<T, R>(f: impl FnOnce() -> R) -> R {
    let _held = hold();
    set_at_work(Some(type_name::<T>()), f)
}

/// Runs `f`, which lets a goroutine run.
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

/// The type of the value whose own code runs, if one's does.
pub(super) fn at_work() -> Option<&'static str> {
    AT_WORK.get()
}

/// Values by their ids.
pub(crate) struct Values {
    entries: Vec<Entry>,
    /// Ids by the hash of type and value; several where hashes collide.
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

/// The id of a value, which is added to the table if it is not known. Code of the value's type
/// runs, and never while the table is borrowed: a goroutine may be left in the middle of it.
pub(crate) fn intern<T: Value>(table: &RefCell<Values>, value: T) -> ValueId {
    working::<T, _>(|| {
        let hash = hash(&value);
        let alike = table.borrow().alike(hash);
        let same = |known: &Rc<dyn Any>| known.downcast_ref::<T>() == Some(&value);
        if let Some((id, _)) = alike.iter().find(|(_, known)| same(known)) {
            // A copy that goes is not an end that the kernel has come to.
            quiet::dispose(value);
            return *id;
        }
        let text = format!("{value:?}");
        table.borrow_mut().add(hash, Rc::new(value), text)
    })
}

/// A copy of the value with this id.
///
/// # Panics
/// If the value is of another type: the handles see to it that it is not.
pub(crate) fn copy<T: Value>(table: &RefCell<Values>, id: ValueId) -> T {
    let value = table.borrow().entries[id.index()].value.clone();
    let value = value.downcast_ref::<T>().expect("a value of another type");
    working::<T, _>(|| value.clone())
}

impl Values {
    /// The values with this hash.
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

    /// Drops all values, each apart.
    pub(crate) fn dispose(&mut self) {
        self.by_hash.clear();
        for entry in self.entries.drain(..) {
            quiet::dispose(entry.value);
        }
    }

    /// The value as its type's `Debug` writes it.
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
