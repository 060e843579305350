//! The objects of a script in Go source, and channels of handles to them.

use super::Printer;
use crate::script::source::identifier;
use crate::script::vars::{self, Declared};
use crate::script::{Kind, Object, Operand, Statement, Var, visit};

/// Names that a variable must not have.
const TAKEN: &[&str] = &[
    "any",
    "atomic",
    "break",
    "case",
    "chan",
    "close",
    "const",
    "context",
    "continue",
    "default",
    "defer",
    "else",
    "fallthrough",
    "for",
    "func",
    "g",
    "go",
    "goto",
    "harness",
    "if",
    "import",
    "int64",
    "interface",
    "last",
    "len",
    "make",
    "map",
    "new",
    "nil",
    "open",
    "package",
    "panic",
    "r",
    "range",
    "received",
    "return",
    "runtime",
    "select",
    "string",
    "struct",
    "switch",
    "sync",
    "time",
    "type",
    "var",
];

impl Printer<'_> {
    /// Returns the variable of an object.
    pub(super) fn var(&self, object: Object) -> String {
        let name = identifier(self.script.name(object));
        match TAKEN.contains(&name.as_str()) {
            true => format!("{name}_"),
            false => name,
        }
    }

    pub(super) fn object(&mut self, object: Object) -> Result<(), &'static str> {
        let line = format!("{} := {}", self.var(object), self.made(object, "r")?);
        self.line(&line);
        self.set_up(object);
        Ok(())
    }

    /// Makes another object of a declaration.
    pub(super) fn new_object(&mut self, object: Object) {
        let made = self
            .made(object, "g")
            .expect("it could be made at the start");
        let line = format!(
            "{} = harness.Made(g, {:?}, {made})",
            self.var(object),
            self.script.name(object)
        );
        self.line(&line);
        self.set_up(object);
    }

    /// Returns the expression that makes an object. `by` is the source of durations.
    fn made(&self, object: Object, by: &str) -> Result<String, &'static str> {
        Ok(match self.script.kind(object) {
            Kind::Mutex => "new(harness.Mutex)".to_owned(),
            Kind::RwLock => "new(harness.RWMutex)".to_owned(),
            Kind::Chan { capacity } => format!("make(chan int64, {capacity})"),
            Kind::NilChan => "(chan int64)(nil)".to_owned(),
            Kind::Handles { capacity, of } => {
                format!("make(chan {}, {capacity})", self.type_of(of))
            }
            Kind::WaitGroup { .. } => "new(sync.WaitGroup)".to_owned(),
            Kind::Once => "new(sync.Once)".to_owned(),
            Kind::Cond => match self.mutexes_of(object).as_slice() {
                [] => "harness.NewCond(new(harness.Mutex))".to_owned(),
                [mutex] if mutex.0 > object.0 => {
                    return Err("a condition declared before its mutex");
                }
                [mutex] if vars::rebinds(self.script, *mutex) => {
                    return Err("a condition whose mutex may become another one");
                }
                [mutex] => format!("harness.NewCond({})", self.var(*mutex)),
                _ => return Err("a condition with several mutexes"),
            },
            Kind::Timer => format!("time.NewTimer({by}.Duration())"),
            Kind::Ticker { .. } => return Err("a ticker with a last tick"),
            Kind::Context { parent, deadline } => {
                let parent = match parent {
                    Some(parent) => self.var(parent),
                    None => "context.Background()".to_owned(),
                };
                match deadline {
                    true => format!("harness.NewContext({parent}, {by}.Duration())"),
                    false => format!("harness.NewContext({parent}, 0)"),
                }
            }
            Kind::Atomic { .. } => "new(atomic.Int64)".to_owned(),
            Kind::Cell { .. } => "new(harness.Cell)".to_owned(),
            Kind::Semaphore { .. } => {
                return Err("a semaphore, which Go's own packages do not have");
            }
        })
    }

    /// Sets the initial value of an object that has just been made.
    fn set_up(&mut self, object: Object) {
        let var = self.var(object);
        match self.script.kind(object) {
            Kind::WaitGroup { count } if count > 0 => self.line(&format!("{var}.Add({count})")),
            Kind::Atomic { value } | Kind::Cell { value } if value != 0 => {
                self.line(&format!("{var}.Store({value})"));
            }
            _ => {}
        }
    }

    /// Returns the mutexes with which goroutines wait for this condition.
    fn mutexes_of(&self, cond: Object) -> Vec<Object> {
        let mut mutexes = Vec::new();
        let locked = |var: &Var| match self.declared.get(var) {
            Some(Declared::Guard(_, mutex)) => Some(*mutex),
            _ => None,
        };
        for goroutine in &self.script.goroutines {
            visit(&goroutine.body, &mut |statement| {
                let mutex = match statement {
                    Statement::CondWait(this, mutex) if *this == cond => Some(*mutex),
                    Statement::WaitHeld(this, var) if *this == cond => locked(var),
                    _ => None,
                };
                mutexes.extend(mutex.filter(|mutex| !mutexes.contains(mutex)));
            });
        }
        mutexes
    }

    /// Returns the type of an object's variable.
    pub(super) fn type_of(&self, object: Object) -> String {
        match self.script.kind(object) {
            Kind::Mutex => "*harness.Mutex".to_owned(),
            Kind::RwLock => "*harness.RWMutex".to_owned(),
            Kind::Chan { .. } | Kind::NilChan => "chan int64".to_owned(),
            Kind::Handles { of, .. } => format!("chan {}", self.type_of(of)),
            Kind::WaitGroup { .. } => "*sync.WaitGroup".to_owned(),
            Kind::Once => "*sync.Once".to_owned(),
            Kind::Cond => "*sync.Cond".to_owned(),
            Kind::Timer => "*time.Timer".to_owned(),
            Kind::Ticker { .. } => "*time.Ticker".to_owned(),
            Kind::Context { .. } => "*harness.Context".to_owned(),
            Kind::Atomic { .. } => "*atomic.Int64".to_owned(),
            Kind::Cell { .. } => "*harness.Cell".to_owned(),
            Kind::Semaphore { .. } => unreachable!("a script with one is refused"),
        }
    }

    /// Returns the object whose handles a channel carries, if it is a channel of handles.
    pub(super) fn of(&self, channel: Object) -> Option<Object> {
        self.script.kind(channel).handles_of()
    }

    /// Returns the sent value as an expression.
    pub(super) fn sent(&self, channel: Object, operand: Operand) -> String {
        match self.of(channel) {
            Some(of) => self.var(of),
            None => operand.go(),
        }
    }

    pub(super) fn receive_handle(&mut self, channel: Object, number: usize) {
        let var = self.var(channel);
        self.line(&format!(
            "if received, open := <-{var}; open {{ // #{number}"
        ));
        let of = self.of(channel).expect("a channel of handles");
        let line = format!("\t{} = received", self.var(of));
        self.line(&line);
        self.line("}");
        self.line("g.Last = 0");
    }

    /// Takes the handle that a case of a select has received.
    pub(super) fn take_handle(&mut self, channel: Object) {
        let of = self.of(channel).expect("a channel of handles");
        let var = self.var(of);
        self.indent += 1;
        self.line("if open {");
        self.line(&format!("\t{var} = received"));
        self.line("}");
        self.line("g.Last = 0");
        self.indent -= 1;
    }

    pub(super) fn ends(&mut self) {
        let all = || (0..self.script.objects.len()).map(Object);
        let is_nil = |object: &Object| self.script.kind(*object) == Kind::NilChan;
        for object in all().filter(is_nil) {
            let line = format!("_ = {}", self.var(object));
            self.line(&line);
        }
        self.line("return harness.Objects{");
        for object in all().filter(|object| !is_nil(object)) {
            let line = format!("\t{:?}, {},", self.script.name(object), self.var(object));
            self.line(&line);
        }
        self.line("}");
    }
}
