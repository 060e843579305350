//! Package runtime: the functions of a goroutine's stack, and where they are.
//!
//! A program counter is made up of a function and an instruction of it, and never 0.

use smallvec::smallvec;

use super::Table;
use crate::code::{Code, Pos};
use crate::machine::{Act, Done, Frame, How, NFrame, Ret, Run, act_done};
use crate::value::V;

pub(super) const TABLE: Table = &[
    ("runtime.Caller", |run, frame, _| caller(run, frame)),
    ("runtime.Callers", |run, frame, _| callers(run, frame)),
    ("runtime.FuncForPC", |_, frame, _| {
        act_done(match frame.arg(0) {
            V::Int(0) => V::Nil,
            pc => pc,
        })
    }),
    ("(*runtime.Func).Name", |run, frame, _| {
        let name = place(&run.code.clone(), frame.arg(0)).0;
        let v = run.m.pool.text(&name);
        act_done(v)
    }),
    ("(*runtime.Func).FileLine", |run, frame, _| {
        let (file, line) = file_line(run, frame.arg(1));
        Ok(Act::Done(smallvec![file, line]))
    }),
];

/// The program counter of the runtime's function that makes deferred calls in a panic.
const OF_PANIC: i64 = 1;

/// Returns the program counters of the stack, the innermost first.
fn stack(run: &mut Run<'_>) -> Vec<i64> {
    let code = run.code.clone();
    let mut counters = Vec::new();
    let mut at = 0;
    while let Some(frame) = run.frame_below(at) {
        let (func, pc) = (frame.func, frame.pc);
        let deferred = frame.ret == Ret::Deferred;
        if !frame.native && !code.funcs[func as usize].synthetic {
            counters.push(i64::from(func + 1) << 32 | i64::from(pc));
        }
        at += 1;
        let panics = |it: &mut Frame| it.unwind.is_some_and(|it| it.panic.is_some());
        if deferred && run.frame_below(at).is_some_and(panics) {
            run.assume("the stack of a panic lacks the functions that were left");
            counters.push(OF_PANIC);
        }
    }
    counters
}

/// Returns the name of the function of a program counter, as Go has it, and the place.
fn place(code: &Code, counter: V) -> (String, Pos) {
    let counter = Run::number(counter);
    if counter == OF_PANIC {
        return ("runtime.gopanic".to_owned(), Pos::default());
    }
    let func = usize::try_from((counter >> 32) - 1).ok();
    let Some(func) = func.and_then(|func| code.funcs.get(func)) else {
        return (String::new(), Pos::default());
    };
    let pos = func.places.get((counter & 0xffff_ffff) as usize);
    (name(&func.name, &code.program), *pos.unwrap_or(&func.pos))
}

fn file_line(run: &mut Run<'_>, counter: V) -> (V, V) {
    let code = run.code.clone();
    let pos = place(&code, counter).1;
    let file = match pos.line {
        0 => "",
        _ => code.file(pos.file),
    };
    run.assume("files have the names that they have in their module");
    let file = run.m.pool.text(file);
    (file, V::Int(i64::from(pos.line)))
}

fn caller(run: &mut Run<'_>, frame: &mut NFrame) -> Done {
    let skip = usize::try_from(Run::number(frame.arg(0))).ok();
    let counter = skip.and_then(|skip| stack(run).get(skip).copied());
    let Some(counter) = counter else {
        let empty = run.m.pool.text("");
        return Ok(Act::Done(smallvec![
            V::Int(0),
            empty,
            V::Int(0),
            V::Bool(false)
        ]));
    };
    let counter = V::Int(counter);
    let (file, line) = file_line(run, counter);
    Ok(Act::Done(smallvec![counter, file, line, V::Bool(true)]))
}

fn callers(run: &mut Run<'_>, frame: &mut NFrame) -> Done {
    // The first is `Callers` itself.
    let own = i64::from(frame.func + 1) << 32;
    let all = [vec![own], stack(run)].concat();
    let skip = usize::try_from(Run::number(frame.arg(0))).unwrap_or(0);
    let Some(slice) = run.m.pool.slice_of(frame.arg(1)) else {
        return act_done(V::Int(0));
    };
    let mut count = 0;
    let left = all.into_iter().skip(skip);
    for (counter, at) in left.zip(slice.off..slice.off + slice.len) {
        run.touch(slice.cell, at, 1, How::Write);
        run.set_leaf(slice.cell, at, V::Int(counter))?;
        count += 1;
    }
    act_done(V::Int(count))
}

/// Returns the name that Go gives a function: `(*p.T).Stop$1` is `p.(*T).Stop.func1`. The package
/// of the program is called `main`.
pub(crate) fn name(name: &str, program: &str) -> String {
    let (inner, method) = match name.strip_prefix('(') {
        Some(rest) => rest.split_once(").").unwrap_or((rest, "")),
        None => (name, ""),
    };
    let (star, inner) = match inner.strip_prefix('*') {
        Some(rest) => (true, rest),
        None => (false, inner),
    };
    let inner = match inner.split_once('[') {
        Some((generic, rest)) => {
            let tail = rest.rsplit_once(']').map_or("", |(_, tail)| tail);
            format!("{generic}[...]{tail}")
        }
        None => inner.to_owned(),
    };
    let from = inner.find('[').map_or(inner.as_str(), |at| &inner[..at]);
    let from = from.rfind('/').map_or(0, |at| at + 1);
    let dot = inner[from..].find('.').map_or(inner.len(), |at| from + at);
    let (package, own) = inner.split_at(dot);
    let package = if package == program { "main" } else { package };
    let own = own.strip_prefix('.').unwrap_or(own);
    let own = match (star, method) {
        (true, method) => format!("(*{own}).{method}"),
        (false, "") => own.to_owned(),
        (false, method) => format!("{own}.{method}"),
    };
    let mut parts = own.split('$');
    let mut text = format!("{package}.{}", parts.next().unwrap_or(""));
    for (nth, part) in parts.enumerate() {
        text += if nth == 0 { ".func" } else { "." };
        text += part;
    }
    // Functions `init` are counted from 0 in Go.
    match text.rsplit_once("init#") {
        Some((before, number)) => {
            let number = number.parse::<u32>().unwrap_or(1);
            format!("{before}init.{}", number - 1)
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn functions_are_called_as_in_go() {
        let cases = [
            ("example.com/p.F", "main.F"),
            ("example.com/p.F$1", "main.F.func1"),
            ("example.com/p.F$1$2", "main.F.func1.2"),
            ("(*example.com/p.T).Stop$1", "main.(*T).Stop.func1"),
            ("(example.com/p.T).Stop", "main.T.Stop"),
            ("example.com/p.F[example.com/q.T]", "main.F[...]"),
            ("(*example.com/p.T[int]).Get", "main.(*T[...]).Get"),
            ("example.com/p.init#2", "main.init.1"),
            ("strings.Map", "strings.Map"),
        ];
        for (given, wanted) in cases {
            assert_eq!(name(given, "example.com/p"), wanted);
        }
    }
}
