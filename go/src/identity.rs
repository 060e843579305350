//! The names of goroutines, objects and values of a Go program.

use gordian_checker::model::{
    FileId, GoroutineId, GoroutineInfo, Names, ObjectId, ObjectInfo, Site, ValueId,
};

use crate::code::Pos;
use crate::machine::GoroutineKey;
use crate::natives;
use crate::program::GoProgram;

impl Names for GoProgram {
    fn goroutine(&self, id: GoroutineId) -> GoroutineInfo {
        let things = &self.machine.things;
        let (parent, pos, timer) = match things.goroutine_key(id) {
            GoroutineKey::Main => (None, Pos::default(), false),
            GoroutineKey::Started { maker, place, .. } => {
                let pos = self.machine.code.places[place as usize].pos;
                (Some(GoroutineId(maker)), pos, false)
            }
            GoroutineKey::Timer { cell } => (None, things.made_at(cell, &self.machine.code), true),
        };
        GoroutineInfo {
            name: things.goroutine_name(id, &self.machine.code),
            parent,
            site: pos.site(),
            timer,
            daemon: self.is_daemon(id),
        }
    }

    fn is_daemon(&self, id: GoroutineId) -> bool {
        match self.machine.things.goroutine_key(id) {
            GoroutineKey::Started { place, name, .. } => {
                let code = &self.machine.code;
                code.places[place as usize].daemon
                    || code.names[name as usize] == natives::GO_FUNC_NAME
            }
            GoroutineKey::Main | GoroutineKey::Timer { .. } => false,
        }
    }

    fn object(&self, id: ObjectId) -> ObjectInfo {
        let machine = &self.machine;
        let (cell, _) = machine.things.address(id);
        ObjectInfo {
            name: machine
                .things
                .object_name(id, &machine.code, &machine.types),
            site: machine.things.made_at(cell, &machine.code).site(),
        }
    }

    fn value(&self, id: ValueId) -> String {
        match id.0.checked_sub(1) {
            Some(id) => self.machine.shown(self.machine.pool.unboxed(id)),
            None => "()".to_owned(),
        }
    }

    fn nil_channel(&self, site: Site) -> Option<String> {
        let name = self.machine.code.channels.get(&site)?;
        Some(self.machine.code.names[*name as usize].clone())
    }

    fn file(&self, id: FileId) -> &str {
        self.machine.code.file_of(id)
    }
}
