//! The goroutines of a program as it was met so far. It is a table of the places in their code, and
//! of the ways from one to the next.

use super::edges::Edges;
use crate::memory::reserve;
use crate::model::{Arrival, Fault, Learned, LocalState, Next, Outcome};

/// The table. A program keeps a `D` of its own at each place.
pub(crate) struct Automaton<D> {
    nodes: Vec<Node<D>>,
    /// Places that were forgotten: their numbers are given again.
    free: Vec<LocalState>,
}

/// A place.
pub(crate) struct Node<D> {
    pub(crate) data: D,
    pub(crate) arrival: Arrival,
    pub(crate) edges: Edges,
    /// The place where the new goroutine of a `go` statement begins.
    pub(crate) child: Option<LocalState>,
    used: bool,
}

/// The places that are to be kept.
pub(crate) struct Marked(Vec<bool>);

impl Marked {
    pub(crate) fn has(&self, local: LocalState) -> bool {
        self.0[local.index()]
    }
}

impl<D> Default for Automaton<D> {
    fn default() -> Self {
        Self {
            nodes: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<D> Automaton<D> {
    /// Adds a place from which no way is known.
    pub(crate) fn add(&mut self, data: D, arrival: Arrival) -> Result<LocalState, Fault> {
        let node = Node {
            data,
            arrival,
            edges: Edges::default(),
            child: None,
            used: true,
        };
        if let Some(local) = self.free.pop() {
            self.nodes[local.index()] = node;
            return Ok(local);
        }
        reserve(&mut self.nodes, 1)?;
        self.nodes.push(node);
        Ok(LocalState::from_index(self.nodes.len() - 1))
    }

    pub(crate) fn node(&self, local: LocalState) -> &Node<D> {
        &self.nodes[local.index()]
    }

    /// Notes where this outcome leads, which was not known.
    pub(crate) fn link(&mut self, from: LocalState, outcome: Outcome, to: LocalState) {
        self.nodes[from.index()].edges.insert(outcome, to);
    }

    /// Notes where the goroutine begins that a `go` statement starts.
    pub(crate) fn set_child(&mut self, statement: LocalState, child: LocalState) {
        self.nodes[statement.index()].child = Some(child);
    }

    /// Returns the number of places.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len() - self.free.len()
    }

    /// Returns all places.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (LocalState, &Node<D>)> {
        let nodes = self.nodes.iter().enumerate();
        nodes
            .filter(|(_, node)| node.used)
            .map(|(index, node)| (LocalState::from_index(index), node))
    }

    /// Returns these places and those that stand before them, where `before` names the one before.
    pub(crate) fn with_those_before(
        &self,
        mut places: Vec<LocalState>,
        before: impl Fn(&D) -> Option<LocalState>,
    ) -> Marked {
        let mut kept = vec![false; self.nodes.len()];
        while let Some(local) = places.pop() {
            if !std::mem::replace(&mut kept[local.index()], true) {
                places.extend(before(&self.node(local).data));
            }
        }
        Marked(kept)
    }

    /// Forgets all other places, and the ways to them.
    pub(crate) fn keep(&mut self, kept: &Marked) {
        for (index, node) in self.nodes.iter_mut().enumerate() {
            if kept.0[index] {
                node.edges.retain(|next| kept.has(next));
                node.child = node.child.filter(|child| kept.has(*child));
            } else if std::mem::replace(&mut node.used, false) {
                node.edges = Edges::default();
                node.arrival.created = Vec::new();
                node.arrival.next = Next::Return;
                self.free.push(LocalState::from_index(index));
            }
        }
    }
}

impl<D: Sync> Learned for Automaton<D> {
    fn arrival(&self, local: LocalState) -> &Arrival {
        &self.node(local).arrival
    }

    fn next(&self, local: LocalState, outcome: Outcome) -> Option<LocalState> {
        self.node(local).edges.get(outcome)
    }

    fn child(&self, local: LocalState) -> Option<LocalState> {
        self.node(local).child
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Site;

    #[test]
    fn what_is_forgotten_has_no_way_to_it_and_its_number_is_given_again() {
        let mut automaton = Automaton::default();
        let add = |automaton: &mut Automaton<Option<LocalState>>, before| {
            let arrival = Arrival {
                created: Vec::new(),
                next: Next::Return,
                site: Site::NONE,
            };
            automaton.add(before, arrival).expect("there is memory")
        };
        let root = add(&mut automaton, None);
        let [one, other] = [(), ()].map(|()| add(&mut automaton, Some(root)));
        let (left, right) = (Outcome::Number(0), Outcome::Number(1));
        automaton.link(root, left, one);
        automaton.link(root, right, other);
        automaton.set_child(root, one);

        let kept = automaton.with_those_before(vec![other], |before| *before);
        assert_eq!(
            [root, one, other].map(|local| kept.has(local)),
            [true, false, true]
        );
        automaton.keep(&kept);
        assert_eq!(automaton.len(), 2);
        let places: Vec<LocalState> = automaton.iter().map(|(local, _)| local).collect();
        assert_eq!(places, [root, other]);
        let node = automaton.node(root);
        assert_eq!(node.edges.get(left), None);
        assert_eq!(node.edges.get(right), Some(other));
        assert_eq!(node.child, None);
        assert_eq!(add(&mut automaton, Some(other)), one);
        assert_eq!(automaton.len(), 3);
    }
}
