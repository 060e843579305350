//! The variables of packages whose initialisers are not run.

use gordian_checker::model::Fault;

use crate::machine::Run;
use crate::natives;
use crate::types::{Kind, Own};
use crate::value::V;

impl Run<'_> {
    /// Sets the value of a variable of a package that is not exported.
    pub(crate) fn foreign(&mut self, name: &str, t: u32, leaves: &mut [V]) -> Result<(), Fault> {
        if let ("os.Args", [leaf]) = (name, &mut *leaves) {
            let program = self.m.pool.text("program");
            let main = self.code.funcs.iter();
            let main = main.rev().find(|func| func.name == natives::MAIN);
            let place = main.map_or(0, |func| func.place);
            *leaf = self.new_slice(place, vec![program], 1)?;
            return Ok(());
        }
        let own = match name {
            "context.Canceled" => Own::Canceled,
            "context.DeadlineExceeded" => Own::DeadlineExceeded,
            _ => {
                if *self.types.kind(t) == Kind::Iface || leaves.len() == 1 {
                    self.assume(format!("the variable {name} has its zero value"));
                }
                return Ok(());
            }
        };
        let t = self.types.own(own);
        if let Some(leaf) = leaves.first_mut() {
            *leaf = self.m.pool.iface(t, V::Nil);
        }
        Ok(())
    }
}
