//! Checks that imports form no circles: neither between the rooms of a crate, which are its top-level modules,
//! nor between those of `src/edge`, nor between the files of a room.

mod graph;
mod modules;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Result, bail, ensure};

use self::graph::{Graph, circles};
use self::modules::{Edge, Modules};
use crate::workspace::Workspace;

/// A part of the repository whose rooms are checked.
struct Part {
    /// The file of the crate's root module.
    root_file: &'static str,
    /// The module whose children are the rooms.
    base: &'static [&'static str],
    /// Whether the files of each room are checked too.
    with_files: bool,
}

const PARTS: [Part; 5] = [
    Part {
        root_file: "crates/b2-edge-core/src/lib.rs",
        base: &[],
        with_files: true,
    },
    Part {
        root_file: "crates/b2-edge-jpeg/src/lib.rs",
        base: &[],
        with_files: true,
    },
    Part {
        root_file: "crates/b2-edge-render/src/lib.rs",
        base: &[],
        with_files: true,
    },
    // That nothing in src/edge imports from main.rs; the files in it are in the next part.
    Part {
        root_file: "src/main.rs",
        base: &[],
        with_files: false,
    },
    Part {
        root_file: "src/main.rs",
        base: &["edge"],
        with_files: true,
    },
];

/// `cargo xtask rooms`.
///
/// # Errors
///
/// As [`check`], and for any argument.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    ensure!(
        args.is_empty(),
        "`rooms` takes no argument\nusage: cargo xtask rooms"
    );
    check(&workspace.root)
}

/// Checks all parts.
///
/// # Errors
///
/// Names one shortest circle of each group of modules that depend on each other, and where each import is.
pub(crate) fn check(root: &Path) -> Result<()> {
    let mut found = BTreeSet::new();
    for part in PARTS {
        let modules = Modules::read(root, Path::new(part.root_file))?;
        found.extend(circles_in(&modules, &part));
    }
    if !found.is_empty() {
        let found: Vec<String> = found.into_iter().collect();
        bail!("imports form circles:\n  {}", found.join("\n  "));
    }
    println!("imports form no circles");
    Ok(())
}

fn circles_in(modules: &Modules, part: &Part) -> Vec<String> {
    let mut rooms = Imports::default();
    let mut files = BTreeMap::<&str, Imports<'_>>::new();
    for edge in &modules.edges {
        let (Some(from), Some(to)) = (edge.from.room(part.base), edge.to.room(part.base)) else {
            continue;
        };
        if from != to {
            rooms.add(from, to, edge);
        } else if part.with_files {
            let room = files.entry(from).or_default();
            room.add(&edge.from.path, &edge.to.path, edge);
        }
    }
    let mut found = rooms.describe_circles("rooms");
    for imports in files.values() {
        found.extend(imports.describe_circles("files"));
    }
    found
}

/// Imports between rooms or files, by their names.
#[derive(Default)]
struct Imports<'m> {
    graph: Graph<&'m str>,
    /// The first import of each edge.
    first: BTreeMap<(&'m str, &'m str), &'m Edge>,
}

impl<'m> Imports<'m> {
    fn add(&mut self, from: &'m str, to: &'m str, edge: &'m Edge) {
        self.graph.entry(from).or_default().insert(to);
        self.first.entry((from, to)).or_insert(edge);
    }

    /// `rooms: cache -> config (cache/a.rs:3) -> cache (config/b.rs:5)`
    fn describe_circles(&self, what: &str) -> Vec<String> {
        let describe = |circle: &Vec<&str>| {
            let mut text = format!("{what}: {}", circle.first().copied().unwrap_or_default());
            let next = circle.iter().cycle().skip(1);
            for (from, to) in circle.iter().zip(next) {
                if let Some(edge) = self.first.get(&(*from, *to)) {
                    let (path, line) = (&edge.from.path, edge.line);
                    // Writing to a `String` cannot fail.
                    let _ = write!(text, "\n    -> {to} ({path}:{line})");
                }
            }
            text
        };
        circles(&self.graph).iter().map(describe).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The circles of a crate with these files.
    fn circles_of(files: &[(&str, &str)], base: &'static [&'static str]) -> Vec<String> {
        let part = Part {
            root_file: "lib.rs",
            base,
            with_files: true,
        };
        circles_in(&Modules::of(files).expect("a crate"), &part)
    }

    #[test]
    fn a_circle_between_rooms_is_named_with_its_lines() {
        let files = [
            ("lib.rs", "pub mod a; pub mod b; pub mod c;"),
            ("a/mod.rs", "mod x;\nmod y;"),
            ("a/x.rs", "use crate::b::B;"),
            ("a/y.rs", "\nfn f() { crate::c::g() }"),
            ("b.rs", "use crate::{\n    c::C,\n    a::x::X,\n};"),
            ("c.rs", "pub struct C;"),
        ];
        assert_eq!(
            circles_of(&files, &[]),
            ["rooms: a\n    -> b (a/x.rs:1)\n    -> a (b.rs:3)"]
        );
    }

    #[test]
    fn a_circle_between_the_files_of_a_room_is_named() {
        let files = [
            ("lib.rs", "mod a;"),
            ("a/mod.rs", "mod x; mod y;"),
            ("a/x.rs", "use super::y::Y;"),
            ("a/y.rs", "use crate::a::x;"),
        ];
        assert_eq!(
            circles_of(&files, &[]),
            ["files: a/x.rs\n    -> a/y.rs (a/x.rs:1)\n    -> a/x.rs (a/y.rs:1)"]
        );
    }

    #[test]
    fn rooms_may_be_below_another_module() {
        let files = [
            ("lib.rs", "mod edge;"),
            ("edge/mod.rs", "pub mod a; pub mod b;"),
            ("edge/a.rs", "use super::b::B;"),
            ("edge/b.rs", "use crate::edge::a::A;"),
        ];
        assert_eq!(
            circles_of(&files, &["edge"]),
            ["rooms: a\n    -> b (edge/a.rs:1)\n    -> a (edge/b.rs:1)"]
        );
    }

    #[test]
    fn imports_in_one_direction_and_in_tests_are_no_circle() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use crate::b::B; use std::fmt; use http::Method;"),
            (
                "b.rs",
                "#[cfg(test)]\nmod tests { use crate::a::A; }\n#[cfg(test)]\nmod fixtures;",
            ),
            ("b/fixtures.rs", "use crate::a::A;"),
        ];
        assert_eq!(circles_of(&files, &[]), Vec::<String>::new());
    }
}
