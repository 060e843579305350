//! Random Go programs in which data races matter.
//!
//! A few goroutines share variables, each of which has a guard: a lock, a channel by which it is
//! handed over, an atomic flag, a wait group or a `sync.Once`. Most accesses are where the guard
//! allows them. In some programs a few are not. What is read decides now and then where to go on.
//! Half of the programs use contexts, timers or other parts of the library as well.
//!
//! All that a program leaves is what its variable `Left` leads to.

mod accesses;
mod library;
mod statements;

use std::fmt::Write as _;

use library::Part;

/// Numbers that seem random.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound as u64).expect("it is below")
    }

    /// Returns true in so many of a hundred cases.
    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// The guard of a variable.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Guard {
    Mutex(usize),
    /// A lock for readers and writers.
    Shared(usize),
    /// A channel: who sends, or closes, has it before, and who receives has it behind.
    Chan(usize),
    /// An atomic flag: who sets it has it before, and who sees it set has it behind.
    Flag(usize),
    /// Those for whom a group waits have it; behind the wait the other one has it.
    Group,
    Once,
    Nobody,
}

/// A place in a body, beside the locks that are held there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Anywhere,
    /// Before a send, or behind a receive.
    Before(usize),
    Behind(usize),
    /// Before a flag is set, or where it was seen.
    Unset(usize),
    Set(usize),
    /// Behind the wait for a group.
    Waited,
    /// In a function of a once, or behind it.
    InOnce,
    BehindOnce,
}

/// A variable that goroutines share.
struct Variable {
    /// The text that is read and assigned to.
    text: String,
    guard: Guard,
    /// Accesses of a hundred that write, and places of a hundred under its guard that have one.
    writes: usize,
    dense: usize,
}

/// A part of a goroutine.
#[derive(Clone, Default)]
struct Body {
    /// The locks that are held; of the shared ones with true if by a writer.
    locked: Vec<usize>,
    shared: Vec<(usize, bool)>,
    /// The variables that this goroutine hands over; the others it is handed.
    gives: u64,
    /// True if a group waits for it.
    is_awaited: bool,
    /// True within a loop without an end: what grows there has no end either.
    is_endless: bool,
    /// Blocks within blocks.
    depth: usize,
}

/// A program that is being written.
struct Writer {
    random: Random,
    text: String,
    variables: Vec<Variable>,
    locks: usize,
    shared: usize,
    chans: usize,
    flags: usize,
    /// True if pointers are handed over.
    pointers: bool,
    /// Accesses of a hundred places without the guard.
    dirty: usize,
    /// Sends through each channel that were written, less the receives; the last two are those of
    /// pointers.
    balances: [i64; 4],
    /// Operations that may still be written.
    budget: usize,
    /// Weights of the kinds of statements.
    bias: usize,
    /// Goroutines that keep what they have read last.
    keepers: usize,
    /// True if a loop may have no end.
    loops: bool,
    /// The other parts of the library that are used.
    parts: Vec<Part>,
}

/// Returns the program of a seed.
pub(super) fn program(seed: u64) -> String {
    let mut random = Random(seed);
    let writer = Writer {
        locks: random.pick(&[1, 1, 2, 2, 3]),
        shared: random.pick(&[0, 0, 1]),
        chans: random.pick(&[1, 1, 2]),
        flags: random.pick(&[0, 1, 1]),
        pointers: random.chance(40),
        dirty: random.pick(&[0, 0, 3, 8, 15]),
        balances: [0; 4],
        budget: random.pick(&[6, 8, 10, 12, 14]),
        bias: random.below(3),
        loops: random.chance(15),
        parts: parts(&mut random),
        keepers: 0,
        variables: Vec::new(),
        text: String::new(),
        random,
    };
    writer.write()
}

/// Returns the other parts of the library that a program uses: mostly none, or one.
fn parts(random: &mut Random) -> Vec<Part> {
    let count = random.pick(&[0, 0, 0, 1, 1, 2]);
    (0..count).map(|_| random.pick(library::ALL)).collect()
}

const HEAD: &str = "package main\n\nimport (\n\t\"context\"\n\t\"runtime\"\n\t\"sync\"\n\
    \t\"sync/atomic\"\n\t\"time\"\n)\n\n\
    type box struct {\n\ta, b int\n}\n\n\
    type safe struct {\n\tmu sync.Mutex\n\tv  int\n}\n\n\
    func mk(a, b int) box { return box{a, b} }\n\n\
    func sum(b box) int { return b.a + b.b }\n\n\
    var (\n\t_ = runtime.Gosched\n\t_ = atomic.AddInt32\n\
    \t_ = context.Background\n\t_ = time.Sleep\n\n\
    \t// Left is all that is left in the end.\n\tLeft []interface{}\n\
    \t// Got is what goroutines have read last.\n\tGot [8]int\n)\n\n";

impl Writer {
    fn write(mut self) -> String {
        let declared = self.declare();
        self.choose_variables();
        let (mut globals, mut locals) = (String::new(), String::new());
        let mut left = String::from("&Got");
        for (name, value, shown) in declared {
            let line = format!("var {name} {value}\n");
            match self.random.chance(50) {
                true => globals.push_str(&line),
                false => locals.push_str(&line),
            }
            // What nobody uses is used here.
            match shown {
                true => _ = write!(left, ", {}", shown_as(&name, &value)),
                false => {
                    for name in name.split(", ") {
                        _ = writeln!(locals, "_ = &{name}");
                    }
                }
            }
        }
        self.main();
        let body = std::mem::take(&mut self.text);
        format!(
            "{HEAD}{globals}\nfunc main() {{\n{locals}Left = []interface{{}}{{{left}}}\n{body}}}\n"
        )
    }

    /// Returns what is declared: its name, its type or value, and whether it can be shown.
    fn declare(&mut self) -> Vec<(String, String, bool)> {
        let mut all = Vec::new();
        let mut add = |name: String, value: &str, shown| all.push((name, value.to_owned(), shown));
        for i in 0..self.locks {
            add(format!("m{i}"), "sync.Mutex", true);
        }
        for i in 0..self.shared {
            add(format!("w{i}"), "sync.RWMutex", true);
        }
        for i in 0..self.chans {
            let capacity = self.random.pick(&[0, 0, 1, 2, 4]);
            add(
                format!("c{i}"),
                &format!("= make(chan int, {capacity})"),
                true,
            );
        }
        for i in 0..self.flags {
            add(format!("f{i}"), "int32", true);
        }
        if self.pointers {
            let capacity = self.random.pick(&[0, 1, 1]);
            add(
                "q".to_owned(),
                &format!("= make(chan *box, {capacity})"),
                true,
            );
            let capacity = self.random.pick(&[0, 1, 1]);
            let made = format!("= make(chan *safe, {capacity})");
            add("qs".to_owned(), &made, true);
            add("known".to_owned(), "= &safe{}", true);
        }
        add("wg".to_owned(), "sync.WaitGroup", false);
        add("once".to_owned(), "sync.Once", false);
        // A condition needs its lock first, so it is made in main.
        add("cd".to_owned(), "*sync.Cond", false);
        add("x".to_owned(), "int", true);
        add("y".to_owned(), "int", true);
        add("st".to_owned(), "box", true);
        add("pt".to_owned(), "= &box{}", true);
        add("sl".to_owned(), "= make([]int, 2)", true);
        add("mp".to_owned(), "= map[int]int{}", false);
        for part in library::ALL.iter().filter(|it| self.parts.contains(it)) {
            for (name, value, shown) in part.declares() {
                add((*name).to_owned(), value, *shown);
            }
        }
        all
    }

    /// Chooses the variables that are shared, and their guards.
    fn choose_variables(&mut self) {
        let count = self.random.pick(&[1, 2, 2, 3, 4]);
        let mut texts = vec![
            "x", "x", "y", "st.a", "st.b", "st", "pt.a", "pt.b", "*pt", "sl[0]", "sl[1]", "sl",
            "sl[r&1]", "mp[0]",
        ];
        for _ in 0..count {
            let text = texts.swap_remove(self.random.below(texts.len()));
            let mut known = self.variables.iter();
            let known = known.find(|it| whole(&it.text) == whole(text));
            // Parts of one whole mostly have one guard.
            let guard = match known.map(|it| it.guard) {
                Some(guard) if self.random.chance(75) => guard,
                _ => self.guard(),
            };
            let variable = Variable {
                text: text.to_owned(),
                guard,
                writes: self.random.pick(&[30, 60, 100]),
                dense: self.random.pick(&[30, 60, 90]),
            };
            self.variables.push(variable);
        }
    }

    fn guard(&mut self) -> Guard {
        let n = self.random.below(100);
        match n {
            0..40 => Guard::Mutex(self.random.below(self.locks)),
            40..50 if self.shared > 0 => Guard::Shared(self.random.below(self.shared)),
            40..72 if self.parts.contains(&Part::Context) => {
                Guard::Chan(self.random.below(self.chans + 1))
            }
            40..72 => Guard::Chan(self.random.below(self.chans)),
            72..80 if self.parts.contains(&Part::Map) => {
                Guard::Flag(self.random.below(self.flags + 1))
            }
            72..80 if self.flags > 0 => Guard::Flag(self.random.below(self.flags)),
            80..90 => Guard::Group,
            90..95 => Guard::Once,
            _ => Guard::Nobody,
        }
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// Writes main: it starts the others, does something of its own, and may wait.
    fn main(&mut self) {
        self.line("cd = sync.NewCond(&m0)\nr := 0\n_ = r");
        let body = self.body();
        // Nobody else is there yet.
        if self.random.chance(30) {
            let at = self.random.below(self.variables.len());
            self.access(&body, at, true);
        }
        let count = self.random.pick(&[1, 1, 2, 2, 3]);
        let is_group = self.random.chance(40);
        for _ in 0..count {
            self.start(&body, is_group);
            self.accesses(&body, At::Anywhere);
        }
        if self.random.chance(20) {
            self.relay(&body);
        }
        let own = self.random.below(4).min(self.budget);
        for _ in 0..own {
            self.statement(&body);
        }
        if self.random.chance(80) {
            self.evens(&body);
        }
        if is_group && self.random.chance(80) {
            self.line("wg.Wait()");
            self.accesses(&body, At::Waited);
            if self.random.chance(20) {
                self.statement(&body);
            }
        }
        self.keep();
    }

    /// Returns the beginning of a goroutine.
    fn body(&mut self) -> Body {
        Body {
            gives: self.random.below(1 << 8) as u64,
            ..Body::default()
        }
    }

    /// Keeps what this goroutine has read last.
    fn keep(&mut self) {
        if self.keepers < 8 {
            let line = format!("Got[{}] = r", self.keepers);
            self.keepers += 1;
            self.line(&line);
        }
    }

    /// Starts a goroutine, or several identical ones.
    fn start(&mut self, from: &Body, is_group: bool) {
        let several = from.depth == 0 && self.random.chance(20);
        let before = self.balances;
        let times = if several {
            self.random.pick(&[2, 2, 3])
        } else {
            1
        };
        if several {
            self.line(&format!("for i := 0; i < {times}; i++ {{"));
        }
        // Too late, now and then.
        let late = is_group && self.random.chance(4);
        if is_group && !late {
            self.line("wg.Add(1)");
        }
        let takes = several && self.random.chance(40);
        self.line(if takes {
            "go func(r int) {"
        } else {
            "go func() {\nr := 0\n_ = r"
        });
        if late {
            self.line("wg.Add(1)");
        }
        let deferred = self.random.chance(30);
        if is_group && deferred {
            self.line("defer wg.Done()");
        }
        let body = Body {
            is_awaited: is_group,
            depth: from.depth + 1,
            ..self.body()
        };
        if takes && is_group && self.random.chance(60) {
            self.line("sl[r&1] = r");
        }
        let count = match several {
            true => 1 + self.random.below(2),
            false => 1 + self.random.below(4),
        };
        for _ in 0..count {
            self.statement(&body);
        }
        if self.loops && self.random.chance(40) {
            self.endless(&body);
        } else if !several {
            self.keep();
        }
        if is_group && !deferred {
            self.line("wg.Done()");
        }
        self.line(if takes { "}(i)" } else { "}()" });
        if several {
            self.line("}");
        }
        self.repeated(before, times);
    }

    /// Counts what was written since then as done so many times.
    fn repeated(&mut self, before: [i64; 4], times: i64) {
        for (now, before) in self.balances.iter_mut().zip(before) {
            *now = before + (*now - before) * times;
        }
    }

    /// Writes a loop without an end, with an operation in it.
    fn endless(&mut self, body: &Body) {
        let body = Body {
            is_endless: true,
            depth: body.depth + 2,
            ..body.clone()
        };
        self.line("for {");
        match self.random.below(5) {
            0 if self.flags > 0 => {
                self.line("if atomic.LoadInt32(&f0) == 1 {");
                self.accesses(&body, At::Set(0));
                self.line("break\n}");
            }
            1 => {
                self.line("select {\ncase r = <-c0:");
                self.accesses(&body, At::Behind(0));
                self.line("default:\nruntime.Gosched()\n}");
            }
            2 => {
                let chan = self.random.below(self.chans);
                self.receive(&body, chan);
            }
            _ => {
                let lock = self.random.below(self.locks);
                self.locked(&body, lock);
            }
        }
        self.line("}");
    }

    /// Writes a statement with an operation.
    fn statement(&mut self, body: &Body) {
        if self.budget == 0 {
            return;
        }
        self.budget -= 1;
        if !self.parts.is_empty() && self.random.chance(35) {
            let part = self.parts[self.random.below(self.parts.len())];
            self.of_library(body, part);
            return self.accesses(body, At::Anywhere);
        }
        let n = self.random.below(100);
        let lock = self.random.below(self.locks);
        // Of locks, of channels, and of the others.
        let [locks, chans] = [[35, 70], [55, 80], [15, 75]][self.bias];
        match n {
            _ if n < locks => match n % 8 {
                0 => self.tries(body, lock),
                1 if body.locked.is_empty() => self.waits(body),
                2 | 3 if self.shared > 0 => self.reads_or_writes(body),
                _ => self.locked(body, lock),
            },
            _ if n < chans => match n % 10 {
                0..7 => self.passes(body),
                7 => self.select(body),
                8 | 9 if self.pointers => self.passes_pointer(body),
                _ if self.random.chance(30) => self.close(body),
                _ => self.passes(body),
            },
            _ => self.other(body),
        }
        self.accesses(body, At::Anywhere);
    }
}

/// Returns what is shown of something that is declared: what it points to, or itself.
fn shown_as(name: &str, value: &str) -> String {
    match value.starts_with('=') {
        true => name.to_owned(),
        false => format!("&{name}"),
    }
}

/// Returns the name of what a variable is a part of.
fn whole(variable: &str) -> &str {
    let name = variable.trim_start_matches('*');
    name.split(['.', '[']).next().unwrap_or(name)
}
