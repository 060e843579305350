//! The objects of a script in the source of a kernel, and channels of handles to them.

use super::{Place, Printer};
use crate::script::ids::is_derived;
use crate::script::vars::rebinds;
use crate::script::{Kind, Object, Operand, Statement};

impl Printer<'_> {
    pub(super) fn objects(&mut self) {
        let all = || (0..self.script.objects.len()).map(Object);
        let (later, first): (Vec<Object>, Vec<Object>) =
            all().partition(|object| is_derived(self.script.kind(*object)));
        for &object in &first {
            self.declare(object);
        }
        for object in first {
            self.count_group(object);
        }
        for object in later {
            self.declare(object);
        }
    }

    fn declare(&mut self, object: Object) {
        let mutable = match rebinds(self.script, object) {
            true => "mut ",
            false => "",
        };
        let made = self.made(object);
        self.line(&format!("let {mutable}{} = {made};", self.var(object)));
    }

    fn count_group(&mut self, object: Object) {
        if let Kind::WaitGroup { count } = self.script.kind(object)
            && count > 0
        {
            self.line(&format!("{}.add({count});", self.var(object)));
        }
    }

    /// Makes an object anew.
    pub(super) fn new_object(&mut self, object: Object) {
        let made = self.made(object);
        self.line(&format!("{} = {made};", self.var(object)));
        self.count_group(object);
    }

    /// The expression that makes an object.
    fn made(&self, object: Object) -> String {
        let name = format!("{:?}", self.script.name(object));
        match self.script.kind(object) {
            Kind::Mutex => format!("mutex({name}, 0_i64)"),
            Kind::RwLock => format!("rwlock({name}, 0_i64)"),
            Kind::Chan { capacity } => format!("chan::<i64>({name}, {capacity})"),
            Kind::NilChan => "Chan::<i64>::nil()".to_owned(),
            Kind::Handles { capacity, of } => {
                format!("chan::<{}>({name}, {capacity})", self.type_of(of))
            }
            Kind::WaitGroup { .. } => format!("waitgroup({name})"),
            Kind::Once => format!("once({name})"),
            Kind::Cond => format!("cond({name})"),
            Kind::Timer => format!("timer({name})"),
            Kind::Ticker {
                ticks_max: u32::MAX,
            } => format!("ticker({name}, FOR_EVER)"),
            Kind::Ticker { ticks_max } => format!("ticker({name}, {ticks_max})"),
            Kind::Context { parent, deadline } => {
                let parent = match parent {
                    Some(parent) => self.var(parent),
                    None => "background()".to_owned(),
                };
                let how = if deadline {
                    "with_timeout"
                } else {
                    "with_cancel"
                };
                format!("{parent}.{how}({name})")
            }
            Kind::Atomic { value } => format!("atomic({name}, {value})"),
            Kind::Cell { value } => format!("shared({name}, {value}_i64)"),
            Kind::Semaphore { permits } => format!("semaphore({name}, {permits})"),
        }
    }

    /// The type of an object's handle.
    fn type_of(&self, object: Object) -> String {
        match self.script.kind(object) {
            Kind::Mutex => "Mutex<i64>".to_owned(),
            Kind::RwLock => "RwLock<i64>".to_owned(),
            Kind::Chan { .. } | Kind::NilChan => "Chan<i64>".to_owned(),
            Kind::Handles { of, .. } => format!("Chan<{}>", self.type_of(of)),
            Kind::WaitGroup { .. } => "WaitGroup".to_owned(),
            Kind::Once => "Once".to_owned(),
            Kind::Cond => "Cond".to_owned(),
            Kind::Timer | Kind::Ticker { .. } => "Timer".to_owned(),
            Kind::Context { .. } => "Context".to_owned(),
            Kind::Atomic { .. } => "Atomic".to_owned(),
            Kind::Cell { .. } => "Shared<i64>".to_owned(),
            Kind::Semaphore { .. } => "Semaphore".to_owned(),
        }
    }

    /// Tries to acquire permits, and does the rest if it could.
    pub(super) fn try_acquire(
        &mut self,
        object: Object,
        permits: u32,
        body: &[Statement],
        place: &Place,
    ) {
        let call = format!("{}.try_acquire({permits})", self.var(object));
        if place.keeps_last {
            self.line(&format!("last = i64::from({call});"));
            self.block("if last == 1 {", body, "}", place);
        } else {
            self.block(&format!("if {call} {{"), body, "}", place);
        }
    }

    /// Of which object a channel has the handles, if it has handles.
    pub(super) fn of(&self, channel: Object) -> Option<Object> {
        self.script.kind(channel).handles_of()
    }

    /// Writes what is sent to a channel as an expression.
    pub(super) fn sent(&self, channel: Object, operand: Operand) -> String {
        match self.of(channel) {
            Some(of) => self.var(of),
            None => operand.text(),
        }
    }

    /// Takes the handle that this expression yields, if it yields one, for what the channel's
    /// handles are of.
    pub(super) fn rebind(&mut self, received: &str, channel: Object, place: &Place) {
        let of = self.of(channel).expect("a channel of handles");
        self.line(&format!("if let Some(handle) = {received} {{"));
        self.line(&format!("    {} = handle;", self.var(of)));
        self.line("}");
        if place.keeps_last {
            self.line("last = 0;");
        }
    }

    pub(super) fn range_of_handles(
        &mut self,
        channel: Object,
        body: &[Statement],
        place: &Place,
        looped: &Place,
    ) {
        let of = self.of(channel).expect("a channel of handles");
        let (channel, of) = (self.var(channel), self.var(of));
        if place.keeps_last {
            self.line("last = 0;");
        }
        self.line(&format!("while let Some(handle) = {channel}.recv() {{"));
        self.indent += 1;
        self.line(&format!("{of} = handle;"));
        if place.keeps_last {
            self.line("last = 0;");
        }
        self.body(body, looped);
        self.indent -= 1;
        self.line("}");
        if place.keeps_last {
            self.line("last = 0;");
        }
    }
}
