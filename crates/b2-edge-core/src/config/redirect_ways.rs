//! The ways that requests take from redirect to redirect, to find those that lead back to where they began.

use std::collections::BTreeMap;

use crate::http::path::RequestPath;
use crate::site::redirect::Redirect;

/// The first redirect that leads back to itself by way of others.
pub(super) fn first_endless(redirects: &[Redirect]) -> Option<usize> {
    let mut ways = Ways::of(redirects);
    (0..redirects.len()).find(|&index| ways.lead_back(index))
}

/// The steps that are known so far. Redirects often share the rest of their way, so each path is looked up once: else a
/// chain of a hundred redirects would take a hundred times as long as a hundred single ones.
struct Ways<'r> {
    redirects: &'r [Redirect],
    /// The redirects of one path, by that path: the index of the first.
    exact: BTreeMap<String, usize>,
    /// The indices of the others.
    with_star: Vec<usize>,
    /// The step that follows from a path, as an index into `steps`; `None` if no redirect matches it.
    known: BTreeMap<String, Option<usize>>,
    steps: Vec<Step>,
}

/// One redirect of a path.
struct Step {
    /// The index of the redirect.
    redirect: usize,
    next: Next,
}

/// What follows a step.
enum Next {
    /// Whatever this path leads to.
    Path(RequestPath),
    /// This step.
    Step(usize),
    /// Nothing: another host, or a path that is no longer redirected.
    End,
}

impl<'r> Ways<'r> {
    fn of(redirects: &'r [Redirect]) -> Self {
        let (mut exact, mut with_star) = (BTreeMap::new(), Vec::new());
        for (index, redirect) in redirects.iter().enumerate() {
            if redirect.from.has_star() {
                with_star.push(index);
            } else {
                exact.entry(redirect.from.to_text()).or_insert(index);
            }
        }
        Self {
            redirects,
            exact,
            with_star,
            known: BTreeMap::new(),
            steps: Vec::with_capacity(redirects.len()),
        }
    }

    /// The first redirect that matches a path, and the part of the path that its star matches.
    fn first_match<'p>(&self, path: &'p RequestPath) -> Option<(usize, &'p str)> {
        let exact = self.exact.get(path.as_str()).copied();
        let with_star = self.with_star.iter().copied();
        let mut earlier = with_star.take_while(|&index| exact.is_none_or(|exact| index < exact));
        let with_star = earlier.find_map(|index| {
            let redirect = self.redirects.get(index)?;
            Some((index, redirect.from.capture(path.as_str())?))
        });
        with_star.or(exact.map(|index| (index, "")))
    }

    /// Whether a path that a redirect matches leads to that redirect again.
    fn lead_back(&mut self, redirect: usize) -> bool {
        let Some(first) = self.redirects.get(redirect) else {
            return false;
        };
        let path = RequestPath::decoded(first.from.to_text().replace('*', "x"));
        let mut step = path.ok().and_then(|path| self.step_from(&path));
        // An earlier redirect may take its paths.
        if step.and_then(|step| self.redirect_of(step)) != Some(redirect) {
            return false;
        }
        // After as many steps, one of the redirects was used twice.
        for _ in self.redirects {
            step = step.and_then(|step| self.step_after(step));
            match step.and_then(|step| self.redirect_of(step)) {
                None => return false,
                Some(used) if used == redirect => return true,
                Some(_) => {}
            }
        }
        false
    }

    fn redirect_of(&self, step: usize) -> Option<usize> {
        self.steps.get(step).map(|step| step.redirect)
    }

    fn step_from(&mut self, path: &RequestPath) -> Option<usize> {
        if let Some(&known) = self.known.get(path.as_str()) {
            return known;
        }
        let matching = self.first_match(path);
        let step = matching.map(|(redirect, captured)| {
            let next = self
                .redirects
                .get(redirect)
                .and_then(|redirect| redirect.location(captured, None))
                .and_then(|location| {
                    let path = location.split(['?', '#']).next()?;
                    RequestPath::parse(path.as_bytes()).ok()
                });
            self.steps.push(Step {
                redirect,
                next: next.map_or(Next::End, Next::Path),
            });
            self.steps.len() - 1
        });
        self.known.insert(path.as_str().to_owned(), step);
        step
    }

    fn step_after(&mut self, step: usize) -> Option<usize> {
        let path = match &self.steps.get(step)?.next {
            Next::Path(path) => path.clone(),
            Next::Step(next) => return Some(*next),
            Next::End => return None,
        };
        let next = self.step_from(&path);
        if let Some(step) = self.steps.get_mut(step) {
            step.next = next.map_or(Next::End, Next::Step);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::path_pattern::PathPattern;
    use crate::site::redirect::{RedirectTarget, find};

    /// The same question, answered for each redirect by itself: its way is walked to the end.
    fn first_endless_one_by_one(redirects: &[Redirect]) -> Option<usize> {
        let used_for = |path: &RequestPath| {
            let matches = |redirect: &Redirect| redirect.from.capture(path.as_str()).is_some();
            redirects.iter().position(matches)
        };
        (0..redirects.len()).find(|&first| {
            let text = redirects[first].from.to_text().replace('*', "x");
            let mut path = RequestPath::decoded(text).ok();
            if path.as_ref().and_then(used_for) != Some(first) {
                return false;
            }
            redirects.iter().any(|_| {
                path = path.take().and_then(|path| {
                    let (_, location) = find(redirects, &path, None)?;
                    let next = location.to_str().ok()?.split(['?', '#']).next()?;
                    RequestPath::parse(next.as_bytes()).ok()
                });
                path.as_ref().and_then(used_for) == Some(first)
            })
        })
    }

    #[test]
    fn shared_ways_lead_back_where_each_way_by_itself_does() {
        const FROM: [&str; 9] = [
            "/a", "/b", "/c", "/a/*", "/b/*", "/c/*", "/a/x", "/b/a/x", "/*",
        ];
        const TO: [&str; 9] = [
            "/a",
            "/b?q",
            "/c#f",
            "/a/x",
            "/b/x",
            "/c/x",
            "/a/*",
            "/b/a/*",
            "https://a.example/*",
        ];
        let mut random = fastrand::Rng::with_seed(7);
        let mut endless = 0;
        for _ in 0..5000 {
            let number = random.usize(1..7);
            let redirects: Vec<Redirect> = (0..number)
                .map(|_| Redirect {
                    from: PathPattern::parse(FROM[random.usize(0..FROM.len())]).expect("valid"),
                    to: RedirectTarget::parse(TO[random.usize(0..TO.len())]).expect("valid"),
                    status: 301,
                })
                .collect();
            let found = first_endless(&redirects);
            assert_eq!(found, first_endless_one_by_one(&redirects), "{redirects:?}");
            endless += usize::from(found.is_some());
        }
        assert!((500..4500).contains(&endless), "{endless}");
    }

    #[test]
    fn a_chain_is_walked_once() {
        let redirect = |number: usize| Redirect {
            from: PathPattern::parse(&format!("/{number}/*")).expect("valid"),
            to: RedirectTarget::parse(&format!("/{}/*", number + 1)).expect("valid"),
            status: 301,
        };
        let redirects: Vec<Redirect> = (0..100).map(redirect).collect();
        let mut ways = Ways::of(&redirects);
        assert!((0..100).all(|index| !ways.lead_back(index)));
        assert_eq!((ways.steps.len(), ways.known.len()), (100, 101));
    }
}
