//! Frames, as they run and as they are packed.

use gordian_checker::model::Fault;

use super::Run;
use super::calls::Ret;
use crate::natives::Native;
use crate::value::V;

/// No frame below.
pub(crate) const NO_FRAME: u32 = u32::MAX;

/// A frame that runs.
#[derive(Debug)]
pub(crate) struct Frame {
    /// The function.
    pub(crate) func: u32,
    /// True if it is a native that waits for something. Then `pc` is the step that it has reached.
    pub(crate) native: bool,
    pub(crate) pc: u32,
    /// True if the instruction is still to be begun, or is to be begun again.
    pub(crate) before: bool,
    /// The slots; of a native its arguments.
    pub(crate) regs: Vec<V>,
    pub(crate) defers: Vec<Deferred>,
    pub(crate) ret: Ret,
    pub(crate) unwind: Option<Unwind>,
    pub(crate) depth: u32,
}

/// A deferred call.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Deferred {
    pub(crate) f: V,
    pub(crate) args: Box<[V]>,
}

/// Why a frame is left without returning.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Unwind {
    /// The panic, if it is one.
    pub(crate) panic: Option<V>,
    /// True if a deferred call has recovered from it.
    pub(crate) recovered: bool,
    /// True if it is `runtime.Goexit`, or comes on top of one.
    pub(crate) goexit: bool,
}

/// A frame that does not run: of its slots only those that are needed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Packed {
    pub(crate) func: u32,
    pub(crate) native: bool,
    pub(crate) pc: u32,
    pub(crate) before: bool,
    pub(crate) values: Box<[V]>,
    pub(crate) defers: Box<[Deferred]>,
    pub(crate) ret: Ret,
    pub(crate) unwind: Option<Unwind>,
    pub(crate) depth: u32,
    pub(crate) below: u32,
}

impl Run<'_> {
    /// Returns the slots of a frame that are needed; `None` if all are.
    fn needed(&self, frame: &Frame) -> Option<&[u32]> {
        if frame.native {
            return None;
        }
        let func = &self.code.funcs[frame.func as usize];
        let list = if frame.unwind.is_some() {
            let recover = func.recover?;
            func.at[recover as usize]
        } else if frame.before {
            func.at[frame.pc as usize]
        } else {
            func.after[frame.pc as usize]
        };
        Some(&self.code.lists[list as usize])
    }

    /// Packs all frames; the topmost.
    pub(crate) fn pack(&mut self) -> Result<u32, Fault> {
        let frames = std::mem::take(&mut self.frames);
        for mut frame in frames {
            for deferred in &mut frame.defers {
                self.keep_all(&mut deferred.args)?;
            }
            let mut values: Box<[V]> = match self.needed(&frame) {
                Some(slots) => slots
                    .iter()
                    .map(|&slot| frame.regs[slot as usize])
                    .collect(),
                None if frame.native => frame.regs.into(),
                None => Box::default(),
            };
            self.keep_all(&mut values)?;
            let packed = Packed {
                func: frame.func,
                native: frame.native,
                pc: frame.pc,
                before: frame.before,
                values,
                defers: frame.defers.into(),
                ret: frame.ret,
                unwind: frame.unwind,
                depth: frame.depth,
                below: self.below,
            };
            self.below = self.m.frames.intern(&packed, || packed.clone());
        }
        Ok(self.below)
    }

    /// Unpacks the next frame below; false if there is none.
    pub(crate) fn unpack(&mut self) -> bool {
        if self.below == NO_FRAME {
            return false;
        }
        let packed = self.m.frames.get(self.below);
        let mut frame = Frame {
            func: packed.func,
            native: packed.native,
            pc: packed.pc,
            before: packed.before,
            regs: Vec::new(),
            defers: packed.defers.to_vec(),
            ret: packed.ret,
            unwind: packed.unwind,
            depth: packed.depth,
        };
        if frame.native {
            frame.regs.extend_from_slice(&packed.values);
        } else {
            let func = &self.code.funcs[frame.func as usize];
            frame.regs.resize(func.slots as usize, V::Dead);
            if let Some(slots) = self.needed(&frame) {
                for (&slot, &v) in slots.iter().zip(&packed.values) {
                    frame.regs[slot as usize] = v;
                }
            }
        }
        self.below = packed.below;
        self.frames.insert(0, frame);
        true
    }

    /// Returns the frame so many below the top; it is unpacked if need be.
    pub(crate) fn frame_below(&mut self, count: usize) -> Option<&mut Frame> {
        while self.frames.len() <= count {
            if !self.unpack() {
                return None;
            }
        }
        let at = self.frames.len() - 1 - count;
        self.frames.get_mut(at)
    }

    pub(crate) fn native_of(&self, func: u32) -> Native {
        self.code.funcs[func as usize].native.unwrap_or_default()
    }
}
