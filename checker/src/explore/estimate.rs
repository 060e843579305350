//! How much of a search is done: a guess.
//!
//! A search that goes through a tree of executions depth first knows, at each node of its path, how
//! many branches it has gone through and how many are still to come. If each of these led to as
//! many executions as the others, the share that is done could be told from that alone (Knuth,
//! "Estimating the Efficiency of Backtrack Programs", 1975, counts nodes so). They do not, and an
//! optimal search finds some of its branches only later, so that the share may go down: it is
//! shown, and nothing rests on it.

/// The share of the tree that is done, when an execution has just come to its end. For each node of
/// the path to it, from its end to the start: how many branches are done, the one on which the path
/// goes on not counted, and how many are still to come.
pub(super) fn share_done(nodes_from_the_end: impl Iterator<Item = (usize, usize)>) -> f64 {
    nodes_from_the_end.fold(1.0, |below, (done, to_come)| {
        (done as f64 + below) / (done + 1 + to_come) as f64
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree of three branches of two leaves each: after each leaf a sixth more is done.
    #[test]
    fn an_even_tree_is_told_exactly() {
        for leaf in 0..6 {
            let (outer, inner) = (leaf / 2, leaf % 2);
            let share = share_done([(inner, 1 - inner), (outer, 2 - outer)].into_iter());
            let exact = f64::from(u32::try_from(leaf).unwrap() + 1) / 6.0;
            assert!((share - exact).abs() < 1e-9, "{leaf}: {share}");
        }
    }

    #[test]
    fn an_execution_without_a_choice_is_all_there_is() {
        assert!((share_done([(0, 0); 5].into_iter()) - 1.0).abs() < 1e-9);
        assert!((share_done([].into_iter()) - 1.0).abs() < 1e-9);
    }
}
