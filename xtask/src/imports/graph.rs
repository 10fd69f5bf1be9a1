//! The circles of a directed graph.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The nodes that each node has an edge to.
pub(super) type Graph<N> = BTreeMap<N, BTreeSet<N>>;

/// One shortest circle of each strongly connected component, as its nodes in order, from the smallest of
/// them on.
pub(super) fn circles<N: Copy + Ord>(graph: &Graph<N>) -> Vec<Vec<N>> {
    let mut circles = Vec::new();
    let mut done = BTreeSet::new();
    for &node in graph.keys() {
        if done.contains(&node) {
            continue;
        }
        let component: Vec<N> = reachable(graph, node)
            .into_iter()
            .filter(|&other| reachable(graph, other).contains(&node))
            .collect();
        let shortest = component
            .iter()
            .filter_map(|&start| circle_through(graph, start))
            .min_by_key(Vec::len);
        circles.extend(shortest);
        done.extend(component);
    }
    circles
}

/// The nodes at the end of a path of at least one edge.
fn reachable<N: Copy + Ord>(graph: &Graph<N>, start: N) -> BTreeSet<N> {
    let mut found = BTreeSet::new();
    let mut open = vec![start];
    while let Some(node) = open.pop() {
        for &next in graph.get(&node).into_iter().flatten() {
            if found.insert(next) {
                open.push(next);
            }
        }
    }
    found
}

/// A shortest path from a node back to itself.
fn circle_through<N: Copy + Ord>(graph: &Graph<N>, start: N) -> Option<Vec<N>> {
    let mut paths = VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::new();
    while let Some(path) = paths.pop_front() {
        let last = path.last()?;
        for &next in graph.get(last).into_iter().flatten() {
            if next == start {
                return Some(path);
            }
            if seen.insert(next) {
                paths.push_back([path.as_slice(), &[next]].concat());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(char, char)]) -> Graph<char> {
        let mut graph = Graph::new();
        for &(from, to) in edges {
            graph.entry(from).or_insert_with(BTreeSet::new).insert(to);
        }
        graph
    }

    #[test]
    fn a_graph_without_circles_has_none() {
        let diamond = [('a', 'b'), ('a', 'c'), ('b', 'd'), ('c', 'd')];
        assert!(circles(&graph(&diamond)).is_empty());
        assert!(circles(&graph(&[])).is_empty());
    }

    #[test]
    fn a_component_is_reported_once_by_its_shortest_circle() {
        let edges = [('a', 'b'), ('b', 'c'), ('c', 'a'), ('c', 'd'), ('d', 'c')];
        assert_eq!(circles(&graph(&edges)), [vec!['c', 'd']]);
    }

    #[test]
    fn each_component_is_reported() {
        let edges = [
            ('a', 'b'),
            ('b', 'a'),
            ('b', 'x'),
            ('x', 'y'),
            ('y', 'z'),
            ('z', 'x'),
        ];
        assert_eq!(
            circles(&graph(&edges)),
            [vec!['a', 'b'], vec!['x', 'y', 'z']]
        );
    }
}
