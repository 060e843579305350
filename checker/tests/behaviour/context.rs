//! `context`: the behaviours tested in Go's context/context_test.go and context/x_test.go.

use gordian_checker::select;
use gordian_checker::sync::{Context, Reason, background, go, shared};

use crate::outcomes::expect;

fn is_done(ctx: Context) -> bool {
    select! {
        recv(ctx.done()) => { true }
        default => { false }
    }
}

#[test]
fn the_background_is_never_done() {
    expect(
        || {
            let out = shared("out", (true, None));
            let ctx = background();
            ctx.cancel();
            out.set((is_done(ctx), ctx.err()));
            ctx.done().recv();
        },
        "deadlock main(recv nil) out=(false, None)",
    );
}

#[test]
fn cancel_closes_done_and_says_why() {
    expect(
        || {
            let out = shared("out", Vec::new());
            let ctx = background().with_cancel("ctx");
            let before = (is_done(ctx), ctx.err());
            ctx.cancel();
            out.set(vec![before, (is_done(ctx), ctx.err())]);
        },
        "done out=[(false, None), (true, Some(Canceled))]",
    );
}

#[test]
fn a_second_cancel_does_nothing() {
    expect(
        || {
            let out = shared("out", None);
            let ctx = background().with_cancel("ctx");
            go("other", move || ctx.cancel());
            ctx.cancel();
            ctx.cancel();
            out.set(ctx.err());
        },
        "done out=Some(Canceled)",
    );
}

#[test]
fn cancel_wakes_all_who_wait() {
    expect(
        || {
            let ctx = background().with_cancel("ctx");
            for name in ["a", "b"] {
                let out = shared(name, None);
                go(name, move || {
                    ctx.done().recv();
                    out.set(ctx.err());
                });
            }
            ctx.cancel();
        },
        "done a=Some(Canceled) b=Some(Canceled)",
    );
}

#[test]
fn one_that_is_never_cancelled_leaks_whoever_waits() {
    expect(
        || {
            let ctx = background().with_cancel("ctx");
            go("waiter", move || {
                ctx.done().recv();
            });
        },
        "leak waiter(recv ctx.Done)",
    );
}

#[test]
fn cancel_goes_down_the_tree_and_not_up() {
    expect(
        || {
            let out = shared("out", Vec::new());
            let parent = background().with_cancel("parent");
            let child = parent.with_cancel("child");
            let grandchild = child.with_cancel("grandchild");
            let sibling = parent.with_cancel("sibling");
            let all = [parent, child, grandchild, sibling];
            child.cancel();
            let first: Vec<bool> = all.iter().map(|&ctx| is_done(ctx)).collect();
            parent.cancel();
            let second: Vec<bool> = all.iter().map(|&ctx| is_done(ctx)).collect();
            out.set(vec![first, second]);
        },
        "done out=[[false, true, true, false], [true, true, true, true]]",
    );
}

#[test]
fn a_child_of_a_cancelled_parent_is_born_cancelled() {
    expect(
        || {
            let out = shared("out", Vec::new());
            let parent = background().with_cancel("parent");
            parent.cancel();
            let child = parent.with_cancel("child");
            let grandchild = child.with_cancel("grandchild");
            out.set(vec![
                (is_done(child), child.err()),
                (is_done(grandchild), grandchild.err()),
            ]);
        },
        "done out=[(true, Some(Canceled)), (true, Some(Canceled))]",
    );
}

#[test]
fn a_child_with_a_deadline_of_a_cancelled_parent_is_cancelled_and_not_late() {
    expect(
        || {
            let out = shared("out", None);
            let parent = background().with_cancel("parent");
            parent.cancel();
            out.set(parent.with_timeout("child").err());
        },
        "done out=Some(Canceled)",
    );
}

#[test]
fn derive_against_cancel_ends_cancelled_either_way() {
    expect(
        || {
            let out = shared("out", None);
            let parent = background().with_cancel("parent");
            go("canceller", move || parent.cancel());
            let child = parent.with_cancel("child");
            child.done().recv();
            out.set(child.err());
        },
        "done out=Some(Canceled)",
    );
}

#[test]
fn a_deadline_passes_by_itself() {
    expect(
        || {
            let out = shared("out", None);
            let ctx = background().with_timeout("ctx");
            ctx.done().recv();
            out.set(ctx.err());
        },
        "done out=Some(DeadlineExceeded)",
    );
}

#[test]
fn a_deadline_may_have_passed_already_or_not_yet() {
    expect(
        || {
            let out = shared("out", None);
            out.set(background().with_timeout("ctx").err());
        },
        "done out=None
         done out=Some(DeadlineExceeded)",
    );
}

#[test]
fn cancel_against_a_deadline_the_first_says_why() {
    expect(
        || {
            let out = shared("out", (None, None));
            let ctx = background().with_timeout("ctx");
            ctx.cancel();
            let first = ctx.err();
            out.set((first, ctx.err()));
        },
        "done out=(Some(Canceled), Some(Canceled))
         done out=(Some(DeadlineExceeded), Some(DeadlineExceeded))",
    );
}

#[test]
fn a_deadline_ends_the_children_with_its_own_reason() {
    expect(
        || {
            let out = shared("out", None);
            let parent = background().with_timeout("parent");
            let child = parent.with_cancel("child");
            child.done().recv();
            out.set(child.err());
        },
        "done out=Some(DeadlineExceeded)",
    );
}

#[test]
fn a_childs_deadline_leaves_the_parent_alone() {
    expect(
        || {
            let out = shared("out", None);
            let parent = background().with_cancel("parent");
            let child = parent.with_timeout("child");
            child.done().recv();
            assert!(child.err() == Some(Reason::DeadlineExceeded));
            out.set(parent.err());
        },
        "done out=None",
    );
}

#[test]
fn a_parents_cancel_stops_the_childs_deadline() {
    expect(
        || {
            let out = shared("out", None);
            let parent = background().with_cancel("parent");
            let child = parent.with_timeout("child");
            parent.cancel();
            let first = child.err();
            assert!(first == child.err(), "the reason has changed");
            out.set(first);
        },
        "done out=Some(Canceled)
         done out=Some(DeadlineExceeded)",
    );
}

#[test]
fn work_against_cancel_goes_both_ways() {
    expect(
        || {
            let out = shared("out", 0);
            let ctx = background().with_cancel("ctx");
            let result = gordian_checker::sync::chan("result", 0);
            go("worker", move || {
                select! {
                    send(result, 1) => {}
                    recv(ctx.done()) => {}
                }
            });
            go("canceller", move || ctx.cancel());
            out.set(select! {
                recv(result) -> value => { value.unwrap_or(9) }
                recv(ctx.done()) => { 2 }
            });
        },
        "done out=1
         done out=2",
    );
}
