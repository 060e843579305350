//! Package math/rand, besides drawing a bounded integer.

use gordian_checker::model::{Op, Outcome};
use smallvec::smallvec;

use super::{Table, nothing, operation};
use crate::machine::{Act, Done, Input, NFrame, Run, act_done};
use crate::value::V;

pub(super) const TABLE: Table = &[
    ("math/rand.New", generator),
    ("math/rand.NewSource", |run, frame, _| {
        let place = run.place_of(frame);
        let cell = run.make(place, vec![V::Nil])?;
        let t = run.types.own(crate::types::Own::Unknown);
        let v = run.m.pool.iface(t, V::Ptr(cell, 0));
        act_done(v)
    }),
    ("(*math/rand.Rand).Seed", |_, _, _| nothing()),
    ("math/rand.Float64", fraction),
    ("math/rand.Float32", fraction),
    ("math/rand/v2.Float64", fraction),
    ("(*math/rand.Rand).Float64", fraction),
    ("(*math/rand.Rand).Float32", fraction),
    ("math/rand.Perm", permutation),
    ("(*math/rand.Rand).Perm", permutation),
    ("math/rand.Shuffle", unshuffled),
    ("(*math/rand.Rand).Shuffle", unshuffled),
];

/// Makes a generator. Each number that is drawn from it is a choice, so its source does not matter.
fn generator(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    let place = run.place_of(frame);
    let cell = run.make(place, vec![V::Nil])?;
    act_done(V::Ptr(cell, 0))
}

/// Draws a number from 0 to 1, of which three are tried.
fn fraction(run: &mut Run<'_>, frame: &mut NFrame, input: Input) -> Done {
    const TRIED: [f64; 3] = [0.0, 0.5, 0.999_999];
    if let Input::Outcome(Outcome::Number(number)) = input {
        let number = usize::try_from(number).unwrap_or(0).min(2);
        return act_done(V::Float(TRIED[number].to_bits()));
    }
    run.assume("of random fractions only 0, a half and almost 1");
    operation(frame, Op::Choose(3, None))
}

/// Returns the numbers in their order.
fn permutation(run: &mut Run<'_>, frame: &mut NFrame, _: Input) -> Done {
    run.assume("random permutations change nothing");
    let count = frame.args.last().map_or(0, |&v| Run::number(v));
    let place = run.place_of(frame);
    run.charge(count.unsigned_abs())?;
    let v = run.new_slice(place, (0..count).map(V::Int).collect(), 1)?;
    act_done(v)
}

fn unshuffled(run: &mut Run<'_>, _: &mut NFrame, _: Input) -> Done {
    run.assume("random permutations change nothing");
    Ok(Act::Done(smallvec![]))
}
