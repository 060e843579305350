//! Programs in which a search that cuts a corner loses an execution, or finds one that is none.
//!
//! Each was made for one such corner: what is kept of a node from one execution to the next, what
//! is asleep and what that covers.

use gordian_checker::select;
use gordian_checker::sync::{chan, choose, go, shared};

use crate::outcomes::expect;

/// The reader that had the news is after main's write, and whoever is left is, too: nothing more
/// can come in place of that write. The reader that took its other case is not. A search that goes
/// on holding the write for done, when the event on which that rests has become another, misses
/// what the reader writes first.
#[test]
fn each_of_two_ready_cases_is_followed_by_what_it_knows_of_the_others() {
    expect(
        || {
            let (news, none) = (chan("news", 1), chan::<()>("none", 0));
            let (first, last) = (shared("first", 0), shared("last", 0));
            none.close();
            go("reader", move || {
                select! {
                    recv(news) -> _ => {}
                    recv(none) -> _ => { first.set(1) }
                }
            });
            first.set(2);
            news.send(());
            for number in [3, 4] {
                go("writer", move || last.set(number));
            }
        },
        "done first=1 last=3
         done first=1 last=4
         done first=2 last=3
         done first=2 last=4",
    );
}

/// The same where the event on which it rests is the one that is being replaced: of the reader's
/// three ways two know of main's write, and the third does not. A search that counts that event
/// among those that the next execution shares misses the third.
#[test]
fn the_last_of_three_ready_cases_is_followed_by_what_it_knows_of_the_others() {
    expect(
        || {
            let (news, more) = (chan("news", 1), chan("more", 1));
            let (none, first) = (chan::<()>("none", 0), shared("first", 0));
            none.close();
            go("reader", move || {
                select! {
                    recv(news) -> _ => {}
                    recv(more) -> _ => {}
                    recv(none) -> _ => { first.set(1) }
                }
            });
            first.set(2);
            news.send(());
            more.send(());
        },
        "done first=1
         done first=2",
    );
}

/// The first select meets the third or the fourth, and by then whoever wants to send on the other
/// channel has not arrived. A search that takes the operation of an execution before for one that
/// is still to be done lets it meet that one, too.
#[test]
fn a_select_that_has_taken_one_case_meets_nobody_in_the_other() {
    expect(
        || {
            let (ch, other) = (chan("ch", 0), chan("other", 0));
            go("one", move || ch.send(1));
            go("selecting", move || {
                select! {
                    recv(ch) -> _ => {}
                    recv(other) -> _ => {}
                }
            });
            go("receiver", move || _ = ch.recv());
            go("two", move || {
                ch.send(2);
                other.send(3);
            });
            other.close();
        },
        "leak one(send ch)
         leak two(send ch)
         panic two: send on closed channel: other",
    );
}

/// The chooser has ended and knows nothing of main's write; what it does when it chooses otherwise
/// is a rival of that write all the same. A search that looks only at those who can still move when
/// it holds the write for done misses it.
#[test]
fn one_that_has_ended_may_have_chosen_otherwise() {
    expect(
        || {
            let (first, last) = (shared("first", 0), shared("last", 0));
            go("chooser", move || {
                if choose(2) == 1 {
                    first.set(1);
                }
            });
            first.set(2);
            for number in [3, 4] {
                go("writer", move || last.set(number));
            }
        },
        "done first=1 last=3
         done first=1 last=4
         done first=2 last=3
         done first=2 last=4",
    );
}

/// Ten classes: two values, and three receivers of which two come again. What is asleep covers a
/// rival that can be taken at once only if it is that rival; a search that takes it to cover any
/// other explores nine.
#[test]
fn two_values_for_one_receiver_and_two_that_come_again() {
    expect(
        || {
            let ch = chan("ch", 0);
            go("one", move || ch.send(1));
            for _ in 0..2 {
                go("again", move || while ch.recv().is_some() {});
            }
            go("two", move || ch.send(2));
            ch.recv();
        },
        "leak again(recv ch) again#2(recv ch)
         deadlock again(recv ch) again#2(recv ch) main(recv ch)",
    );
}

/// Two selects meet only while one of them has no case that is ready. So the send is a rival of
/// their meeting, though it is to another channel, and one that only one of the two names.
#[test]
fn two_selects_that_could_meet_before_one_of_them_had_a_case() {
    expect(
        || {
            let (meet, late) = (chan("meet", 0), chan("late", 1));
            let early = chan("early", 1);
            let (left, right) = (shared("left", 0), shared("right", 0));
            early.send(());
            go("left", move || {
                select! {
                    recv(meet) -> _ => { left.set(1) }
                    recv(late) -> _ => { left.set(2) }
                }
            });
            go("right", move || {
                select! {
                    send(meet, ()) => { right.set(1) }
                    recv(early) -> _ => { right.set(2) }
                }
            });
            late.send(());
        },
        "done left=1 right=1
         done left=2 right=2",
    );
}
