//! The paths in a source file: those of its `use` items, and those in its code.
//!
//! The file is read as tokens, so that comments and strings are not mistaken for code, and the bodies of macros
//! are read too. Items under `#[cfg(test)]` are left out.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A path as it is written, with what is needed to resolve it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// The module that contains it.
    pub(super) module: Vec<String>,
    pub(super) segments: Vec<String>,
    pub(super) line: usize,
    /// The name that it imports, if it is in a `use` item.
    pub(super) name: Option<String>,
    /// Whether other modules see that name: `pub use`, `pub(crate) use`.
    pub(super) is_public: bool,
}

/// The content of a source file.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) paths: Vec<Written>,
    /// The modules with a body in this file.
    pub(super) inline_modules: Vec<Vec<String>>,
    /// The modules in files of their own that exist only in tests.
    pub(super) test_modules: Vec<Vec<String>>,
}

impl Source {
    /// Reads the file of a module.
    pub(super) fn read(tokens: TokenStream, module: &[String]) -> Self {
        let mut source = Self::default();
        source.scan(tokens, module);
        source
    }

    fn scan(&mut self, tokens: TokenStream, module: &[String]) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut rest = tokens.as_slice();
        let (mut is_test, mut is_public) = (false, false);
        loop {
            rest = match rest {
                [] => return,
                [hash, TokenTree::Group(attribute), rest @ ..] if is(hash, "#") => {
                    is_test |= without_spaces(&attribute.stream()) == "cfg(test)";
                    rest
                }
                [hash, bang, TokenTree::Group(_), rest @ ..] if is(hash, "#") && is(bang, "!") => {
                    rest
                }
                [word, rest @ ..] if is(word, "pub") => {
                    is_public = true;
                    match rest {
                        [TokenTree::Group(scope), rest @ ..]
                            if scope.delimiter() == Delimiter::Parenthesis =>
                        {
                            rest
                        }
                        rest => rest,
                    }
                }
                item => {
                    let rest = if is_test {
                        self.skip_item(item, module)
                    } else {
                        self.scan_item(item, module, is_public)
                    };
                    (is_test, is_public) = (false, false);
                    rest
                }
            };
        }
    }

    /// Reads what `tokens` begin with, and returns the rest.
    fn scan_item<'t>(
        &mut self,
        tokens: &'t [TokenTree],
        module: &[String],
        is_public: bool,
    ) -> &'t [TokenTree] {
        match tokens {
            // Not the `use<…>` of a type.
            [word, next, ..] if is(word, "use") && !is(next, "<") => {
                let (_, after) = tokens.split_at(1);
                let end = after.iter().position(|token| is(token, ";"));
                let (tree, rest) = after.split_at(end.unwrap_or(after.len()));
                self.scan_use(tree, module, &[], is_public);
                rest
            }
            [
                word,
                TokenTree::Ident(name),
                TokenTree::Group(body),
                rest @ ..,
            ] if is(word, "mod") => {
                let inner = [module, &[name.to_string()]].concat();
                self.scan(body.stream(), &inner);
                self.inline_modules.push(inner);
                rest
            }
            [TokenTree::Ident(first), rest @ ..] => {
                let mut segments = vec![first.to_string()];
                let rest = take_segments(rest, &mut segments);
                if segments.len() > 1 {
                    self.paths.push(Written {
                        module: module.to_vec(),
                        segments,
                        line: first.span().start().line,
                        name: None,
                        is_public: false,
                    });
                }
                rest
            }
            [TokenTree::Group(group), rest @ ..] => {
                self.scan(group.stream(), module);
                rest
            }
            [_, rest @ ..] => rest,
            [] => tokens,
        }
    }

    /// Reads one tree of a `use` item, whose paths begin with `prefix`.
    fn scan_use(
        &mut self,
        tree: &[TokenTree],
        module: &[String],
        prefix: &[String],
        is_public: bool,
    ) {
        let mut segments = prefix.to_vec();
        let Some(first) = tree.first() else { return };
        let line = first.span().start().line;
        let mut rest = match tree {
            [TokenTree::Ident(first), rest @ ..] => {
                segments.push(first.to_string());
                take_segments(rest, &mut segments)
            }
            rest => rest,
        };
        if let [colon, second, after @ ..] = rest
            && is(colon, ":")
            && is(second, ":")
        {
            rest = after;
        }
        let name = match rest {
            [TokenTree::Group(group), ..] => {
                let trees: Vec<TokenTree> = group.stream().into_iter().collect();
                for tree in trees.split(|token| is(token, ",")) {
                    self.scan_use(tree, module, &segments, is_public);
                }
                return;
            }
            [star, ..] if is(star, "*") => None,
            [word, TokenTree::Ident(name), ..] if is(word, "as") => Some(name.to_string()),
            _ => {
                // `{self}` imports the module before it.
                if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
                    segments.pop();
                }
                segments.last().cloned()
            }
        };
        self.paths.push(Written {
            module: module.to_vec(),
            segments,
            line,
            name,
            is_public,
        });
    }

    /// Skips an item up to its body, or to its `;`, and returns the rest.
    fn skip_item<'t>(&mut self, tokens: &'t [TokenTree], module: &[String]) -> &'t [TokenTree] {
        if let [word, TokenTree::Ident(name), semicolon, ..] = tokens
            && is(word, "mod")
            && is(semicolon, ";")
        {
            let test_module = [module, &[name.to_string()]].concat();
            self.test_modules.push(test_module);
        }
        let is_use = tokens.first().is_some_and(|word| is(word, "use"));
        let is_body = |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        let end = tokens
            .iter()
            .position(|token| is(token, ";") || (!is_use && is_body(token)))
            .map_or(tokens.len(), |end| end + 1);
        tokens.get(end..).unwrap_or_default()
    }
}

/// Takes `::name` as often as `tokens` begin with it, and returns the rest.
fn take_segments<'t>(tokens: &'t [TokenTree], segments: &mut Vec<String>) -> &'t [TokenTree] {
    let mut rest = tokens;
    while let [colon, second, TokenTree::Ident(name), after @ ..] = rest
        && is(colon, ":")
        && is(second, ":")
    {
        segments.push(name.to_string());
        rest = after;
    }
    rest
}

/// Whether a token is this word or this character.
fn is(token: &TokenTree, text: &str) -> bool {
    match token {
        TokenTree::Ident(word) => word == text,
        TokenTree::Punct(punct) => text.chars().eq([punct.as_char()]),
        TokenTree::Group(_) | TokenTree::Literal(_) => false,
    }
}

fn without_spaces(tokens: &TokenStream) -> String {
    tokens.to_string().replace(char::is_whitespace, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(path: &str) -> Vec<String> {
        path.split("::").map(str::to_owned).collect()
    }

    fn read(source: &str) -> Source {
        Source::read(source.parse().expect("Rust"), &module("a"))
    }

    /// The paths with the names that they import and their lines.
    fn paths(source: &str) -> Vec<(String, Option<String>, usize)> {
        read(source)
            .paths
            .into_iter()
            .map(|path| (path.segments.join("::"), path.name, path.line))
            .collect()
    }

    #[test]
    fn every_leaf_of_a_use_tree_is_a_path_with_its_line() {
        let leaf = |path: &str, name: &str, line| {
            let name = (!name.is_empty()).then(|| name.to_owned());
            (path.to_owned(), name, line)
        };
        assert_eq!(
            paths(
                "use crate::b::{self, c::{D, E as F},\n    g};\npub use super::h;\nuse i::*;\nuse {crate::j, k::l};"
            ),
            [
                leaf("crate::b", "b", 1),
                leaf("crate::b::c::D", "D", 1),
                leaf("crate::b::c::E", "F", 1),
                leaf("crate::b::g", "g", 2),
                leaf("super::h", "h", 3),
                leaf("i", "", 4),
                leaf("crate::j", "j", 5),
                leaf("k::l", "l", 5),
            ]
        );
    }

    #[test]
    fn paths_in_code_and_macros_are_found() {
        let source = "
            fn f(x: crate::b::C) -> super::D<crate::e::F> {
                format!(\"{}\", self::g::h(x.i::<u8>()));
                Vec::<crate::j::K>::new()
            }";
        let found: Vec<String> = paths(source).into_iter().map(|(path, ..)| path).collect();
        assert_eq!(
            found,
            [
                "crate::b::C",
                "super::D",
                "crate::e::F",
                "self::g::h",
                "crate::j::K"
            ]
        );
    }

    #[test]
    fn comments_strings_and_visibilities_are_no_paths() {
        let source = "
            //! [`crate::a::B`]
            /// crate::c::D
            /* crate::e::F */
            pub(in crate::g) const X: &str = \"crate::h::I\";
            const Y: &str = r#\"super::j\"#;";
        assert_eq!(paths(source), []);
    }

    #[test]
    fn items_under_cfg_test_are_left_out() {
        let source = "
            #[cfg(test)]
            mod tests { use crate::b::C; }
            #[cfg(test)]
            #[allow(dead_code)]
            use crate::d::{E, F};
            #[cfg(test)]
            pub(crate) fn f(x: crate::g::H) -> crate::i::J { crate::k::l() }
            #[cfg(test)]
            mod fixtures;
            #[cfg(not(test))]
            use crate::m::N;";
        let read = read(source);
        let found: Vec<String> = read.paths.iter().map(|p| p.segments.join("::")).collect();
        assert_eq!(found, ["crate::m::N"]);
        assert_eq!(read.test_modules, [module("a::fixtures")]);
    }

    #[test]
    fn a_path_is_of_the_inline_module_that_it_is_in() {
        let read = read("mod b { use super::C; } use d::E;");
        let modules: Vec<_> = read.paths.iter().map(|path| path.module.clone()).collect();
        assert_eq!(modules, [module("a::b"), module("a")]);
        assert_eq!(read.inline_modules, [module("a::b")]);
    }

    #[test]
    fn a_re_export_is_public() {
        let read = read("pub(crate) use b::C; use d::E; fn f() { g::h() }");
        let public: Vec<_> = read.paths.iter().map(|path| path.is_public).collect();
        assert_eq!(public, [true, false, false]);
    }
}
