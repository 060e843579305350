//! The goroutines of a script in Go source: a function each.
//!
//! The parameters of a function are those things that can differ between goroutines. These are the
//! objects that a script makes or passes on, and the variables that the goroutine takes along.

use super::Printer;
use crate::script::source::identifier;
use crate::script::{Object, Var, vars};

impl Printer<'_> {
    /// Returns the variable of a goroutine's function.
    fn body_of(&self, goroutine: usize) -> String {
        format!("do_{}", identifier(&self.script.goroutines[goroutine].name))
    }

    /// Returns the objects that are parameters of a function, and their types.
    fn rebound(&self) -> Vec<(String, String)> {
        let all = (0..self.script.objects.len()).map(Object);
        all.filter(|object| vars::rebinds(self.script, *object))
            .map(|object| (self.var(object), self.type_of(object)))
            .collect()
    }

    /// Returns the variables that the goroutine at this position takes along.
    fn takes(&self, place: usize) -> Vec<Var> {
        match self.script.started_by_statement()[place] {
            true => self.script.goroutines[place].takes.clone(),
            false => Vec::new(),
        }
    }

    /// Returns the parameters of a goroutine's function.
    fn parameters(&self, place: usize) -> String {
        let rebound = self.rebound().into_iter();
        let objects = rebound.map(|(var, its_type)| format!(", {var} {its_type}"));
        let takes = self.takes(place).into_iter();
        let held = takes.map(|var| format!(", held{} *harness.Held", var.0));
        let more: String = objects.chain(held).collect();
        format!("g *harness.Goroutine{more}")
    }

    pub(super) fn goroutines(&mut self) {
        let count = self.script.goroutines.len();
        for names in self.by_parameters(count) {
            self.line(&names);
        }
        for place in 0..count {
            let (name, parameters) = (self.body_of(place), self.parameters(place));
            self.line(&format!("{name} = func({parameters}) {{"));
            self.indent += 1;
            self.scope = self.takes(place);
            for var in self.scope.clone() {
                self.line(&format!("defer held{}.End(g)", var.0));
            }
            self.body(&self.script.goroutines[place].body);
            self.scope.clear();
            self.indent -= 1;
            self.line("}");
        }
        let started = self.script.started_by_statement();
        for (place, by_statement) in started.iter().enumerate() {
            if place == 0 || !by_statement {
                self.go("r", place);
            }
        }
    }

    /// Returns declarations of the functions, one for each type.
    fn by_parameters(&self, count: usize) -> Vec<String> {
        let mut types: Vec<(String, Vec<String>)> = Vec::new();
        for place in 0..count {
            let (name, parameters) = (self.body_of(place), self.parameters(place));
            match types.iter_mut().find(|(its, _)| *its == parameters) {
                Some((_, names)) => names.push(name),
                None => types.push((parameters, vec![name])),
            }
        }
        let line = |(parameters, names): &(String, Vec<String>)| {
            format!("var {} func({parameters})", names.join(", "))
        };
        types.iter().map(line).collect()
    }

    /// Starts a goroutine. `by` is the run or the goroutine that starts it.
    fn go(&mut self, by: &str, place: usize) {
        let (name, body) = (&self.script.goroutines[place].name, self.body_of(place));
        let objects = self.rebound().into_iter().map(|(var, _)| var);
        let held = self
            .takes(place)
            .into_iter()
            .map(|var| format!("held{}", var.0));
        let arguments: String = objects.chain(held).map(|it| format!(", {it}")).collect();
        if arguments.is_empty() {
            self.line(&format!("{by}.Go({name:?}, {body})"));
        } else {
            self.line(&format!("{by}.Go({name:?}, func(g *harness.Goroutine) {{"));
            self.line(&format!("\t{body}(g{arguments})"));
            self.line("})");
        }
    }

    /// Starts a goroutine with the present objects of this one.
    pub(super) fn go_statement(&mut self, place: usize) {
        let objects = self
            .rebound()
            .into_iter()
            .map(|(var, _)| (var.clone(), var));
        let takes = self.takes(place).into_iter();
        let held = takes.map(|var| (format!("held{}", var.0), format!("held{}.Move()", var.0)));
        let (names, values): (Vec<String>, Vec<String>) = objects.chain(held).unzip();
        if names.is_empty() {
            return self.go("g", place);
        }
        self.line("{");
        self.indent += 1;
        self.line(&format!("{} := {}", names.join(", "), values.join(", ")));
        self.go("g", place);
        self.indent -= 1;
        self.line("}");
    }
}
