//! An estimate of the share of a search that is done.
//!
//! A depth-first search knows, at each node of its path, the number of branches explored and the
//! number still to come. If each branch led to as many executions as the others, these numbers
//! would give the share exactly. Knuth counts nodes in this way ("Estimating the Efficiency of
//! Backtrack Programs", 1975). But branches differ. An optimal search also finds some of its
//! branches only later, so the share may go down. It is shown, and in a search that takes turns
//! it makes a turn longer or shorter. Nothing else depends on it.

/// Returns the share of the tree that is done, if `below` the path it is this: 1 at the end of an
/// execution. It reads the nodes of the path from its end to the start. Each has the number of
/// branches that are done, without the one that the path takes, and the number still to come.
pub(super) fn share_done(
    below: f64,
    nodes_from_the_end: impl Iterator<Item = (usize, usize)>,
) -> f64 {
    nodes_from_the_end.fold(below, |below, (done, to_come)| {
        (done as f64 + below) / (done + 1 + to_come) as f64
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree of three branches of two leaves each. After each leaf another sixth is done.
    #[test]
    fn an_even_tree_is_told_exactly() {
        for leaf in 0..6 {
            let (outer, inner) = (leaf / 2, leaf % 2);
            let share = share_done(1.0, [(inner, 1 - inner), (outer, 2 - outer)].into_iter());
            let exact = f64::from(u32::try_from(leaf).unwrap() + 1) / 6.0;
            assert!((share - exact).abs() < 1e-9, "{leaf}: {share}");
        }
    }

    #[test]
    fn an_execution_without_a_choice_is_all_there_is() {
        assert!((share_done(1.0, [(0, 0); 5].into_iter()) - 1.0).abs() < 1e-9);
        assert!((share_done(1.0, [].into_iter()) - 1.0).abs() < 1e-9);
    }
}
