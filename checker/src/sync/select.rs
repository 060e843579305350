//! `select`: waits for the first of several communications. All enabled cases are explored, since
//! Go chooses one at random.

use super::chan::Chan;
use super::handle::{here, intern, perform, value};
use crate::model::{Case, NilCase, ObjectId, Op, Outcome, Site};
use crate::runtime::interner::Value;
use crate::runtime::site::StaticSite;

/// Waits for one of several sends and receives, or runs a default at once.
///
/// The arms are `send(channel, value) => { .. }`, `recv(channel) -> pattern => { .. }`,
/// `recv(channel) => { .. }` and, at the end, `default => { .. }`. The bodies are blocks. The
/// pattern of a receive is bound to an `Option`, which is `None` if the channel is closed. The
/// whole is an expression.
///
/// ```
/// # use gordian_checker as gordian;
/// use gordian::{select, sync::{chan, go}};
///
/// let report = gordian::check(|| {
///     let (result, stopped) = (chan::<u8>("result", 0), chan::<()>("stopped", 0));
///     go("stopper", move || stopped.close());
///     let sent = select! {
///         send(result, 7) => { true }
///         recv(stopped) -> end => { assert_eq!(end, None); false }
///     };
///     assert!(!sent);
/// });
/// report.assert_proved();
/// ```
#[macro_export]
macro_rules! select {
    ($($arms:tt)*) => {
        $crate::__select!(@arm select [c0 c1 c2 c3 c4 c5 c6 c7 c8 c9 c10 c11] {} {} $($arms)*)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __select {
    (@arm $s:ident [$($pool:ident)*] {$($setup:tt)*} {$($chain:tt)*} , $($rest:tt)*) => {
        $crate::__select!(@arm $s [$($pool)*] {$($setup)*} {$($chain)*} $($rest)*)
    };
    (@arm $s:ident [$($more:ident)*] {$($setup:tt)*} {$($chain:tt)*}
        default => $body:block $(,)?) => {{
        let mut $s = $crate::sync::Select::new();
        $($setup)*
        $s.wait_or_default();
        $($chain)* $body
    }};
    (@arm $s:ident [$($more:ident)*] {$($setup:tt)*} {$($chain:tt)*}) => {{
        let mut $s = $crate::sync::Select::new();
        $($setup)*
        $s.wait();
        $($chain)* { $s.impossible() }
    }};
    // The call of a case consists of the user's own tokens, so its place is the line of the case.
    // With tokens of this macro it would have the place of the whole `select!`.
    (@arm $s:ident [$c:ident $($more:ident)*] {$($setup:tt)*} {$($chain:tt)*} $($arms:tt)+) => {
        $crate::__select!(@case $s $c [$($more)*] {$($setup)*} {$($chain)*} {$($arms)+} $($arms)+)
    };
    (@case $s:ident $c:ident $pool:tt {$($setup:tt)*} {$($chain:tt)*}
        {$send:tt $arguments:tt $($_arms:tt)*}
        send($channel:expr, $value:expr $(,)?) => $body:block $($rest:tt)*) => {
        $crate::__select!(@arm $s $pool
            {$($setup)* let $c = $s.$send $arguments;}
            {$($chain)* if $s.took($c) { $body } else}
            $($rest)*)
    };
    (@case $s:ident $c:ident $pool:tt {$($setup:tt)*} {$($chain:tt)*}
        {$recv:tt $arguments:tt $($_arms:tt)*}
        recv($channel:expr) -> $received:pat => $body:block $($rest:tt)*) => {
        $crate::__select!(@arm $s $pool
            {$($setup)* let $c = $s.$recv $arguments;}
            {$($chain)* if $s.took($c.0) { let $received = $s.received($c); $body } else}
            $($rest)*)
    };
    (@case $s:ident $c:ident $pool:tt {$($setup:tt)*} {$($chain:tt)*}
        {$recv:tt $arguments:tt $($_arms:tt)*}
        recv($channel:expr) => $body:block $($rest:tt)*) => {
        $crate::__select!(@arm $s $pool
            {$($setup)* let $c = $s.$recv $arguments;}
            {$($chain)* if $s.took($c.0) { $body } else}
            $($rest)*)
    };
}

/// A `select` under construction. The macro [`select!`](crate::select) expands to it; use it
/// directly where the number of cases is known only at run time (Go's `reflect.Select`).
///
/// Each case has a number: its position, from 0. [`Select::wait`] returns that of the case that was
/// taken.
///
/// ```
/// # use gordian_checker as gordian;
/// use gordian::sync::{chan, go, Select};
///
/// let report = gordian::check(|| {
///     let inputs = ["a", "b", "c"].map(|name| chan::<u32>(name, 0));
///     for (number, input) in (1..).zip(inputs) {
///         go("sender", move || input.send(number));
///     }
///     for _ in 0..inputs.len() {
///         let mut select = Select::new();
///         let cases = inputs.map(|input| select.recv(input));
///         let taken = select.wait();
///         assert_eq!(cases[taken].number(), taken);
///         assert!(select.received(cases[taken]).is_some());
///     }
/// });
/// report.assert_proved();
/// ```
#[derive(Debug, Default)]
pub struct Select {
    cases: Vec<Case>,
    nils: Vec<(NilCase, StaticSite)>,
    outcome: Option<Outcome>,
}

/// The channel of a case of a [`Select`]: a [`Chan`], or one that [`Chan::only_if`] has made nil.
pub struct CaseChan<T> {
    of: Chan<T>,
    live: bool,
}

impl<T> Clone for CaseChan<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for CaseChan<T> {}

impl<T> std::fmt::Debug for CaseChan<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.live {
            true => self.of.fmt(f),
            false => write!(f, "{:?} (nil)", self.of),
        }
    }
}

impl<T> From<Chan<T>> for CaseChan<T> {
    fn from(of: Chan<T>) -> Self {
        Self { of, live: true }
    }
}

impl<T> Chan<T> {
    /// Returns this channel for a case of a `select`; nil if the condition is false. A case on a
    /// nil channel is never ready. Traces show it with this channel's name: `recv jobs (nil)`.
    ///
    /// ```
    /// # use gordian_checker as gordian;
    /// use gordian::{select, sync::{chan, go}};
    ///
    /// let report = gordian::check(|| {
    ///     let (jobs, stopped) = (chan::<u32>("jobs", 1), chan::<()>("stopped", 0));
    ///     jobs.send(7);
    ///     go("stopper", move || stopped.close());
    ///     let busy = true;
    ///     select! {
    ///         recv(jobs.only_if(!busy)) => { unreachable!("it is busy") }
    ///         recv(stopped) => {}
    ///     }
    /// });
    /// report.assert_proved();
    /// ```
    #[must_use]
    pub fn only_if(self, condition: bool) -> CaseChan<T> {
        CaseChan {
            of: self,
            live: condition,
        }
    }
}

/// A receive among the cases of a [`Select`].
#[derive(Debug)]
pub struct RecvCase<T>(
    #[doc(hidden)] pub usize,
    std::marker::PhantomData<fn() -> T>,
);

impl<T> Clone for RecvCase<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for RecvCase<T> {}

impl<T> RecvCase<T> {
    /// Returns its number among the cases, as [`Select::wait`] returns it.
    #[must_use]
    pub fn number(self) -> usize {
        self.0
    }
}

impl Select {
    /// Creates a `select` without cases, which would block for ever.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a send and returns its number.
    #[track_caller]
    pub fn send<T: Value>(&mut self, channel: impl Into<CaseChan<T>>, value: T) -> usize {
        let channel = self.channel(channel.into());
        self.cases.push(Case::Send(channel, intern(value)));
        self.cases.len() - 1
    }

    /// Adds a receive. Its [number](RecvCase::number) is the next one.
    #[track_caller]
    pub fn recv<T: Value>(&mut self, channel: impl Into<CaseChan<T>>) -> RecvCase<T> {
        let channel = self.channel(channel.into());
        self.cases.push(Case::Recv(channel));
        RecvCase(self.cases.len() - 1, std::marker::PhantomData)
    }

    /// Returns the channel of the next case, and notes what a nil one stands for.
    #[track_caller]
    fn channel<T: Value>(&mut self, channel: CaseChan<T>) -> Option<ObjectId> {
        let of = channel.of.id();
        let id = of.filter(|_| channel.live);
        if id.is_none() {
            let site = here();
            let case = u32::try_from(self.cases.len()).expect("fewer than 2^32 cases");
            let line = site.line;
            let place = Site { line, ..Site::NONE };
            self.nils.push((
                NilCase {
                    case,
                    of,
                    site: place,
                },
                site,
            ));
        }
        id
    }

    /// Blocks until one of the cases is done, and returns its number.
    #[track_caller]
    pub fn wait(&mut self) -> usize {
        self.run(false)
            .expect("a select without default takes a case")
    }

    /// Takes one of the cases if one is ready; otherwise returns `None`.
    #[track_caller]
    pub fn wait_or_default(&mut self) -> Option<usize> {
        self.run(true)
    }

    #[track_caller]
    fn run(&mut self, default: bool) -> Option<usize> {
        let cases = std::mem::take(&mut self.cases).into_boxed_slice();
        let file = here().file;
        let nils = std::mem::take(&mut self.nils).into_iter();
        // A line is told beside the select, so it has to be of the same file.
        let nils = nils.map(|(nil, site)| NilCase {
            site: if site.file == file {
                nil.site
            } else {
                Site::NONE
            },
            ..nil
        });
        let nils = nils.collect();
        let outcome = perform(Op::Select {
            cases,
            default,
            nils,
        });
        self.outcome = Some(outcome);
        match outcome {
            Outcome::Sent(case) | Outcome::Received(case, _) => Some(case as usize),
            _ => None,
        }
    }

    /// Returns true if the case with this number was taken.
    #[must_use]
    pub fn took(&self, case: usize) -> bool {
        match self.outcome {
            Some(Outcome::Sent(done) | Outcome::Received(done, _)) => done as usize == case,
            _ => false,
        }
    }

    /// Returns the value received by this case; `None` if the channel is closed.
    ///
    /// # Panics
    /// If another case was taken.
    #[must_use]
    pub fn received<T: Value>(&self, case: RecvCase<T>) -> Option<T> {
        match self.outcome {
            Some(Outcome::Received(done, received)) if done as usize == case.0 => {
                received.map(value)
            }
            _ => panic!(
                "case {} of the select was not the one that was done",
                case.0
            ),
        }
    }

    #[doc(hidden)]
    pub fn impossible(&self) -> ! {
        unreachable!("a select that is done took one of its cases: {self:?}")
    }
}
