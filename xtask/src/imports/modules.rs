//! The modules of a crate, their files, and which file imports from which.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context as _, Result, anyhow};

use super::source::{Source, Written};

/// The names that a module may import through another: enough for every chain that is not endless.
const MAX_RE_EXPORTS: usize = 16;

/// A source file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SourceFile {
    /// For messages, relative to the repository.
    pub(super) path: String,
    module: Vec<String>,
}

impl SourceFile {
    /// The room that the file is in: the child of the module `base`, or the name of that module's own file.
    /// `None` for a file outside of `base`.
    pub(super) fn room(&self, base: &[&str]) -> Option<&str> {
        let (own_base, below) = self.module.split_at_checked(base.len())?;
        if own_base != base {
            return None;
        }
        let file_name = || self.path.rsplit('/').next();
        below.first().map(String::as_str).or_else(file_name)
    }
}

/// An import from one file to another.
#[derive(Debug)]
pub(super) struct Edge {
    pub(super) from: Rc<SourceFile>,
    pub(super) to: Rc<SourceFile>,
    /// In the file that imports.
    pub(super) line: usize,
}

/// The modules of a crate.
#[derive(Debug, Default)]
pub(super) struct Modules {
    pub(super) edges: Vec<Edge>,
    files: BTreeMap<Vec<String>, Rc<SourceFile>>,
    /// The path behind each name that a module imports.
    imported: BTreeMap<(Vec<String>, String), Vec<String>>,
}

impl Modules {
    /// Reads the crate whose root module is in `root_file`, relative to `root`.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or is not Rust.
    pub(super) fn read(root: &Path, root_file: &Path) -> Result<Self> {
        let mut files = Vec::new();
        let directory = root_file.parent().unwrap_or(root_file);
        collect(root, directory, &mut files)?;
        Self::new(&files, root_file)
    }

    /// A crate with these files, of which the first is the root module's.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Result<Self> {
        let owned = |(path, source): &(&str, &str)| ((*path).to_owned(), (*source).to_owned());
        let files: Vec<_> = files.iter().map(owned).collect();
        let (root_file, _) = files.first().context("a file")?;
        Self::new(&files, Path::new(root_file))
    }

    fn new(files: &[(String, String)], root_file: &Path) -> Result<Self> {
        let directory = root_file.parent().unwrap_or(root_file);
        let mut modules = Self::default();
        let (mut sources, mut of_tests) = (Vec::new(), Vec::new());
        for (path, text) in files {
            let module = module_of(Path::new(path), directory, root_file);
            let tokens = text
                .parse()
                .map_err(|error| anyhow!("{path} is not Rust: {error}"))?;
            let source = Source::read(tokens, &module);
            of_tests.extend(source.test_modules.iter().cloned());
            let file = Rc::new(SourceFile {
                path: path.clone(),
                module: module.clone(),
            });
            for inline in &source.inline_modules {
                modules.files.insert(inline.clone(), Rc::clone(&file));
            }
            modules.files.insert(module, Rc::clone(&file));
            sources.push((file, source));
        }
        sources.retain(|(file, _)| !of_tests.iter().any(|test| file.module.starts_with(test)));
        modules.collect_imported(&sources);
        modules.collect_edges(&sources);
        Ok(modules)
    }

    fn collect_imported(&mut self, sources: &[(Rc<SourceFile>, Source)]) {
        for written in sources.iter().flat_map(|(_, source)| &source.paths) {
            if let Some(name) = &written.name
                && let Some(path) = self.absolute(written)
            {
                let key = (written.module.clone(), name.clone());
                self.imported.insert(key, path);
            }
        }
    }

    fn collect_edges(&mut self, sources: &[(Rc<SourceFile>, Source)]) {
        for (from, source) in sources {
            for written in &source.paths {
                let to = self.absolute(written).and_then(|path| self.file_of(path));
                let Some(to) = to.filter(|to| to != from) else {
                    continue;
                };
                // A module that re-exports its children does not depend on them.
                let is_re_export = written.is_public && to.module.starts_with(&from.module);
                if !is_re_export {
                    self.edges.push(Edge {
                        from: Rc::clone(from),
                        to,
                        line: written.line,
                    });
                }
            }
        }
    }

    /// The path from the root of the crate; `None` if it leads to another crate or to a local name.
    fn absolute(&self, written: &Written) -> Option<Vec<String>> {
        let mut module = written.module.clone();
        let (first, mut rest) = written.segments.split_first()?;
        match first.as_str() {
            "crate" => module.clear(),
            "self" => {}
            "super" => {
                module.pop()?;
                while let [next, after @ ..] = rest
                    && next == "super"
                {
                    module.pop()?;
                    rest = after;
                }
            }
            _ => {
                module.push(first.clone());
                self.files.contains_key(&module).then_some(())?;
            }
        }
        module.extend_from_slice(rest);
        Some(module)
    }

    /// The file of what a path names: of a module, or of the module that defines the item, not of those that
    /// re-export it.
    fn file_of(&self, mut path: Vec<String>) -> Option<Rc<SourceFile>> {
        for _ in 0..MAX_RE_EXPORTS {
            let mut module = path.clone();
            while !self.files.contains_key(&module) {
                module.pop()?;
            }
            let rest = path.split_off(module.len());
            let Some((name, rest)) = rest.split_first() else {
                return self.files.get(&module).map(Rc::clone);
            };
            match self.imported.get(&(module.clone(), name.clone())) {
                Some(behind) => path = [behind.as_slice(), rest].concat(),
                None => return self.files.get(&module).map(Rc::clone),
            }
        }
        None
    }
}

/// The module in a file: `a::b` for `a/b.rs` and `a/b/mod.rs` below the directory of the root file.
fn module_of(path: &Path, directory: &Path, root_file: &Path) -> Vec<String> {
    if path == root_file {
        return Vec::new();
    }
    let relative = path.strip_prefix(directory).unwrap_or(path);
    let relative = relative.with_extension("");
    let mut module: Vec<String> = relative
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    if module.last().is_some_and(|last| last == "mod") {
        module.pop();
    }
    module
}

/// Reads every Rust file of a directory and its subdirectories, in the order of their paths.
fn collect(root: &Path, directory: &Path, files: &mut Vec<(String, String)>) -> Result<()> {
    let entries = fs::read_dir(root.join(directory))
        .with_context(|| format!("cannot read {}", directory.display()))?;
    let names: Result<Vec<_>, _> = entries
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect();
    let mut names = names?;
    names.sort();
    for name in names {
        let path = directory.join(name);
        if root.join(&path).is_dir() {
            collect(root, &path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(root.join(&path))
                .with_context(|| format!("cannot read {}", path.display()))?;
            files.push((path.to_string_lossy().into_owned(), text));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `from -> to` for each edge of a crate with these files.
    fn edges_of(files: &[(&str, &str)]) -> Vec<String> {
        let modules = Modules::of(files).expect("a crate");
        let show = |edge: &Edge| format!("{} -> {}", edge.from.path, edge.to.path);
        modules.edges.iter().map(show).collect()
    }

    #[test]
    fn every_form_of_path_leads_to_its_file() {
        let files = |import| {
            [
                ("lib.rs", "pub mod a; pub mod b;"),
                ("a/mod.rs", "pub mod x; mod y;"),
                ("a/x.rs", import),
                ("a/y.rs", ""),
                ("b.rs", "pub struct B;"),
            ]
        };
        for (import, to) in [
            ("use crate::b::B;", "b.rs"),
            ("use crate::b::{self};", "b.rs"),
            ("use super::y::Y as Z;", "a/y.rs"),
            ("use super::super::b;", "b.rs"),
            ("use super::y;", "a/y.rs"),
            ("use super::Shared;", "a/mod.rs"),
            ("use crate::{a::y::*, a};", "a/y.rs"),
            ("fn f() { super::y::g::<u8>() }", "a/y.rs"),
            ("mod inner { use super::super::y::Y; }", "a/y.rs"),
        ] {
            let edges = edges_of(&files(import));
            let first = edges.first().map(String::as_str);
            assert_eq!(first, Some(format!("a/x.rs -> {to}").as_str()), "{import}");
        }
    }

    #[test]
    fn names_of_other_crates_and_of_the_file_itself_are_no_edges() {
        let files = [
            ("lib.rs", "mod a; mod http;"),
            ("a.rs", "use std::fmt; fn f() { http::get(); self::f() }"),
            ("http.rs", ""),
        ];
        assert_eq!(edges_of(&files), Vec::<String>::new());
    }

    #[test]
    fn a_parent_that_uses_a_child_depends_on_it_and_one_that_re_exports_it_does_not() {
        let child = ("a/x.rs", "pub struct X;");
        let used = [
            ("lib.rs", "mod a;"),
            ("a/mod.rs", "mod x; use x::X;"),
            child,
        ];
        assert_eq!(edges_of(&used), ["a/mod.rs -> a/x.rs"]);
        let called = [
            ("lib.rs", "mod a;"),
            ("a/mod.rs", "mod x; fn f() { x::g() }"),
            child,
        ];
        assert_eq!(edges_of(&called), ["a/mod.rs -> a/x.rs"]);
        let exported = [
            ("lib.rs", "mod a;"),
            ("a/mod.rs", "mod x; pub use x::X;"),
            child,
        ];
        assert_eq!(edges_of(&exported), Vec::<String>::new());
    }

    #[test]
    fn an_item_that_is_re_exported_is_of_the_file_that_defines_it() {
        let files = [
            ("lib.rs", "pub use a::X; mod a; mod b;"),
            ("a/mod.rs", "pub use self::x::X; mod x;"),
            ("a/x.rs", "pub struct X;"),
            ("b.rs", "use crate::X; fn f() -> crate::a::X {}"),
        ];
        assert_eq!(edges_of(&files), ["b.rs -> a/x.rs", "b.rs -> a/x.rs"]);
    }

    #[test]
    fn re_exports_in_a_circle_end() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "pub use crate::b::X;"),
            ("b.rs", "pub use crate::a::X;"),
        ];
        assert_eq!(edges_of(&files), Vec::<String>::new());
    }

    #[test]
    fn a_file_that_is_not_rust_is_named() {
        let error = Modules::of(&[("lib.rs", "fn f( {")]).expect_err("not Rust");
        assert!(
            error.to_string().starts_with("lib.rs is not Rust"),
            "{error}"
        );
    }
}
