//! Holds the rules of the house that the compiler does not know: which module may use which, where SQL and axum
//! may stand, and that nothing lies about unreached or unnumbered.
//!
//! A rule reads a [`Tree`] and says what is wrong, one sentence a place. Each is tried twice: on this repository,
//! and on a scrap of one that breaks it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Text files by their path from the root of the repository, with `/` between folders.
struct Tree(BTreeMap<String, String>);

impl Tree {
    /// What the rules read of this repository.
    fn here() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = BTreeMap::new();
        for folder in ["src", "migrations", "docs", "tests", "web/e2e"] {
            collect(root, &root.join(folder), &mut files);
        }
        Tree(files)
    }

    fn of(files: &[(&str, &str)]) -> Self {
        Tree(files.iter().map(|(path, text)| ((*path).into(), (*text).into())).collect())
    }

    fn text(&self, path: &str) -> &str {
        self.0.get(path).map_or("", String::as_str)
    }

    /// The Rust files under `src/`.
    fn sources(&self) -> impl Iterator<Item = (&str, Source)> {
        let rust = self.0.iter().filter(|(path, _)| path.starts_with("src/") && path.ends_with(".rs"));
        rust.map(|(path, text)| (path.as_str(), Source::read(text)))
    }

    /// The file names directly in `folder` that end in `extension`, in order.
    fn names(&self, folder: &str, extension: &str) -> Vec<&str> {
        let names = self.0.keys().filter_map(|path| path.strip_prefix(folder)?.strip_prefix('/'));
        names.filter(|name| !name.contains('/') && name.ends_with(extension)).collect()
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    let Ok(entries) = folder.read_dir() else { return };
    for path in entries.map(|entry| entry.expect("the repository can be read").path()) {
        if path.is_dir() {
            collect(root, &path, files);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            let name = path.strip_prefix(root).expect("it was found below the root");
            files.insert(name.to_string_lossy().replace('\\', "/"), text);
        }
    }
}

/// A Rust file taken apart.
#[derive(Default)]
struct Source {
    /// The code, with comments taken out and every literal emptied; lines keep their numbers.
    code: String,
    /// Every string literal with the line on which it begins.
    strings: Vec<(usize, String)>,
    /// The line of the first `#[cfg(test)]`: what follows is test code. Past the end where there is none.
    tests_from: usize,
}

impl Source {
    fn read(text: &str) -> Self {
        let mut source = Source::default();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let taken = if let Some(literal) = string_at(rest, &source.code) {
                let line = source.code.matches('\n').count() + 1;
                source.strings.push((line, literal.inner.to_owned()));
                source.keep_lines(&rest[..literal.length], "\"\"");
                literal.length
            } else if let Some(length) = comment_at(rest).or_else(|| character_at(rest)) {
                source.keep_lines(&rest[..length], " ");
                length
            } else {
                source.code.push(first);
                first.len_utf8()
            };
            rest = &rest[taken..];
        }
        let first_test = source.code.lines().position(|line| line.trim() == "#[cfg(test)]");
        source.tests_from = first_test.map_or(usize::MAX, |index| index + 1);
        source
    }

    /// Puts `instead` in place of `removed`, and as many line ends as it had.
    fn keep_lines(&mut self, removed: &str, instead: &str) {
        self.code.push_str(instead);
        self.code.extend(removed.chars().filter(|c| *c == '\n'));
    }

    /// The line, counted from 1, of a place in `code`.
    fn line(&self, offset: usize) -> usize {
        self.code[..offset].matches('\n').count() + 1
    }

    /// The lines of product code, counted from 1.
    fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.code.lines()).take_while(|(number, _)| *number < self.tests_from)
    }
}

struct Literal<'a> {
    inner: &'a str,
    length: usize,
}

/// The string literal with which `rest` begins: plain or raw (a `b` or `c` before it is code to us).
fn string_at<'a>(rest: &'a str, before: &str) -> Option<Literal<'a>> {
    if let Some(inner) = rest.strip_prefix('"') {
        let end = unescaped_end(inner, '"')?;
        return Some(Literal { inner: &inner[..end], length: end + 2 });
    }
    let after = rest.strip_prefix('r')?;
    let hashes = &after[..after.len() - after.trim_start_matches('#').len()];
    let is_within_word = before.ends_with(|c: char| c.is_alphanumeric() && c != 'b' && c != 'c' || c == '_');
    let inner = after[hashes.len()..].strip_prefix('"').filter(|_| !is_within_word)?;
    let end = inner.find(&format!("\"{hashes}"))?;
    Some(Literal { inner: &inner[..end], length: 1 + hashes.len() + 1 + end + 1 + hashes.len() })
}

/// Where the first `quote` stands that no backslash guards.
fn unescaped_end(text: &str, quote: char) -> Option<usize> {
    let mut is_guarded = false;
    for (index, c) in text.char_indices() {
        match c {
            _ if is_guarded => is_guarded = false,
            '\\' => is_guarded = true,
            c if c == quote => return Some(index),
            _ => {}
        }
    }
    None
}

/// The length of the comment with which `rest` begins.
fn comment_at(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    rest.starts_with("/*").then(|| rest.find("*/").map_or(rest.len(), |end| end + 2))
}

/// The length of the character literal with which `rest` begins; a lifetime is none.
fn character_at(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    let end = unescaped_end(inner, '\'')?;
    let is_one = inner.starts_with('\\') || inner[..end].chars().count() == 1;
    is_one.then_some(end + 2)
}

fn is_test_file(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

/// The top-level module to which a file belongs: `storage` for `src/storage/sqlite/mod.rs`.
fn module_of(path: &str) -> &str {
    let inner = path.strip_prefix("src/").unwrap_or(path);
    inner.split('/').next().unwrap_or(inner).trim_end_matches(".rs")
}

/// The word with which a text begins.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_'));
    &text[..end.unwrap_or(text.len())]
}

/// Names declared as `mod name;` in some code, in order.
fn declared_modules(code: &str) -> Vec<&str> {
    let declarations = code.lines().filter_map(|line| {
        let line = line.trim();
        let rest = line.strip_prefix("pub mod ").or_else(|| line.strip_prefix("mod ")).or_else(|| {
            let (visibility, rest) = line.split_once(") mod ")?;
            visibility.starts_with("pub(").then_some(rest)
        })?;
        rest.trim().strip_suffix(';')
    });
    declarations.collect()
}

/// The top-level modules that some code names after `crate::`, each with its place in the code.
fn used_modules(code: &str) -> Vec<(usize, &str)> {
    let mut used = Vec::new();
    for (offset, found) in code.match_indices("crate::") {
        if code[..offset].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let path = &code[offset + found.len()..];
        let Some(group) = path.strip_prefix('{') else {
            used.push((offset, word(path)));
            continue;
        };
        let mut depth = 0;
        let mut is_head = true;
        for (index, c) in group.char_indices() {
            match c {
                '}' if depth == 0 => break,
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => is_head = true,
                c if is_head && !c.is_whitespace() => {
                    used.push((offset, word(&group[index..])));
                    is_head = false;
                }
                _ => {}
            }
        }
    }
    used
}

/// A module uses only modules that `src/lib.rs` lists below it.
fn imports_upward(tree: &Tree) -> Vec<String> {
    let map = Source::read(tree.text("src/lib.rs"));
    let order = declared_modules(&map.code);
    let rank = |name: &str| order.iter().position(|module| *module == name);
    let mut found = Vec::new();
    for (path, source) in tree.sources() {
        let Some(own) = rank(module_of(path)) else { continue };
        for (offset, name) in used_modules(&source.code) {
            if rank(name).is_some_and(|used| used < own) {
                found.push(format!(
                    "{path}:{}: `{}` uses `{name}`, which src/lib.rs lists above it: move what is shared down, or \
                     hand it in from above",
                    source.line(offset),
                    order[own],
                ));
            }
        }
        for (offset, _) in source.code.match_indices("super::super::") {
            let line = source.line(offset);
            if line < source.tests_from && !is_test_file(path) {
                found.push(format!(
                    "{path}:{line}: write `crate::…` for `super::super::`, so that the order can be held"
                ));
            }
        }
    }
    found
}

/// Every file begins with the line that says what it is for.
fn files_without_a_head(tree: &Tree) -> Vec<String> {
    let bare = tree.sources().filter(|(path, _)| !tree.text(path).starts_with("//! "));
    bare.map(|(path, _)| format!("{path}: begin with a `//!` line that says what the file is for")).collect()
}

/// SQL stands in `store.rs` and under `src/storage/`.
fn sql_elsewhere(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (path, source) in tree.sources() {
        if path.starts_with("src/storage/") || path.ends_with("/store.rs") || is_test_file(path) {
            continue;
        }
        for (line, text) in &source.strings {
            if *line < source.tests_from && is_sql(text) {
                found.push(format!("{path}:{line}: move this SQL into a function of the store.rs beside it"));
            }
        }
    }
    found
}

fn is_sql(text: &str) -> bool {
    let has =
        |keyword: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == keyword);
    let pairs =
        [("INSERT", "INTO"), ("UPDATE", "SET"), ("DELETE", "FROM"), ("CREATE", "TABLE"), ("ALTER", "TABLE")];
    has("SELECT") || has("PRAGMA") || pairs.iter().any(|(first, second)| has(first) && has(second))
}

/// axum stands in `http.rs`, `wire.rs`, folders called `http`, and the shared edge.
fn axum_elsewhere(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (path, source) in tree.sources() {
        let is_edge = path.contains("/http/")
            || ["/http.rs", "/wire.rs"].iter().any(|name| path.ends_with(name))
            || ["src/app.rs", "src/app/mod.rs", "src/auth/caller.rs"].contains(&path);
        if is_edge || is_test_file(path) {
            continue;
        }
        for (line, text) in source.product_lines() {
            let names_it =
                |(at, _): (usize, &str)| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            if text.match_indices("axum::").any(names_it) {
                found.push(format!(
                    "{path}:{line}: axum belongs in http.rs, wire.rs and src/http/: take and give plain values here"
                ));
            }
        }
    }
    found
}

/// Every file under `src/` is reached by `mod` lines from `lib.rs` or `main.rs`.
fn files_that_nothing_reaches(tree: &Tree) -> Vec<String> {
    let sources: BTreeMap<&str, Source> = tree.sources().collect();
    let mut reached = BTreeSet::new();
    let mut waiting = vec!["src/lib.rs".to_owned(), "src/main.rs".to_owned()];
    while let Some(path) = waiting.pop() {
        let Some(source) = sources.get(path.as_str()) else { continue };
        let (folder, name) = path.rsplit_once('/').expect("every path begins with src/");
        let home = match name {
            "lib.rs" | "main.rs" | "mod.rs" => folder,
            _ => path.trim_end_matches(".rs"),
        };
        for module in declared_modules(&source.code) {
            waiting.push(format!("{home}/{module}.rs"));
            waiting.push(format!("{home}/{module}/mod.rs"));
        }
        reached.insert(path);
    }
    let lost = sources.keys().filter(|path| !reached.contains(**path));
    lost.map(|path| format!("{path}: no `mod` line leads here: add one or delete the file")).collect()
}

/// Migrations are `0001_what.sql`, `0002_what.sql`, …
fn migrations_out_of_order(tree: &Tree) -> Vec<String> {
    out_of_order("migrations", &tree.names("migrations", ".sql"), '_')
}

/// Decisions are `0001-what.md`, `0002-what.md`, … and the index names each.
fn decisions_out_of_order(tree: &Tree) -> Vec<String> {
    let names = tree.names("docs/decisions", ".md");
    let decisions: Vec<&str> = names.into_iter().filter(|name| *name != "README.md").collect();
    let mut found = out_of_order("docs/decisions", &decisions, '-');
    let index = tree.text("docs/decisions/README.md");
    let unlisted = decisions.iter().filter(|name| !index.contains(&format!("({name})")));
    found.extend(unlisted.map(|name| format!("docs/decisions/README.md: add a line with a link to {name}")));
    found
}

fn out_of_order(folder: &str, names: &[&str], separator: char) -> Vec<String> {
    let numbered = (1..).zip(names).map(|(number, name)| (format!("{number:04}{separator}"), name));
    let wrong = numbered.filter(|(prefix, name)| !name.starts_with(prefix.as_str()));
    wrong
        .map(|(prefix, name)| {
            format!("{folder}/{name}: call it {prefix}…: numbers follow each other without gaps")
        })
        .collect()
}

/// Every test that docs/seeds.md names, as `tests/it/file.rs: name`, is in that file.
fn promises_that_nothing_shows(tree: &Tree) -> Vec<String> {
    const SEEDS: &str = "docs/seeds.md";
    let code = tree.text(SEEDS).split('`').skip(1).step_by(2);
    let is_named =
        |(path, _): &(&str, &str)| ["src/", "tests/", "web/"].iter().any(|top| path.starts_with(top));
    let named: Vec<(&str, &str)> = code.filter_map(|words| words.split_once(": ")).filter(is_named).collect();
    if named.is_empty() {
        return vec![format!("{SEEDS}: name the test that shows a promise as `tests/it/file.rs: name`")];
    }
    let lost = named.iter().filter(|(path, name)| !tree.text(path).contains(*name));
    lost.map(|(path, name)| {
        format!("{SEEDS}: there is no \"{name}\" in {path}: name the test that shows it now")
    })
    .collect()
}

/// Fails with every sentence that the rule says about this repository.
#[track_caller]
fn hold(rule: fn(&Tree) -> Vec<String>) {
    let found = rule(&Tree::here());
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

/// Fails unless the rule finds exactly these places, and nothing else, in a scrap of a repository.
#[track_caller]
fn breaks(rule: fn(&Tree) -> Vec<String>, files: &[(&str, &str)], places: &[&str]) {
    let found = rule(&Tree::of(files));
    let is_expected = found.len() == places.len()
        && found.iter().zip(places).all(|(sentence, place)| sentence.starts_with(&format!("{place}:")));
    assert!(is_expected, "expected {places:?}, found {found:#?}");
}

#[test]
fn a_module_uses_only_modules_below_it() {
    let map = ("src/lib.rs", "//! Map.\npub mod cli;\npub mod user;\npub mod clock;\n");
    let upward = "//! A.\n// crate::cli in a comment\nfn f() {\n    crate::user::g();\n}\n";
    breaks(imports_upward, &[map, ("src/clock.rs", upward)], &["src/clock.rs:4"]);
    let group = "use crate::{\n    clock::{cli, Clock},\n    cli::Run,\n    user,\n};\n";
    breaks(imports_upward, &[map, ("src/user/mod.rs", group)], &["src/user/mod.rs:1"]);
    breaks(imports_upward, &[map, ("src/user/a/b.rs", "use super::super::C;\n")], &["src/user/a/b.rs:1"]);
    let downward = "use crate::clock::Clock;\nconst TEXT: &str = \"crate::cli\";\n";
    breaks(imports_upward, &[map, ("src/user/mod.rs", downward)], &[]);
    hold(imports_upward);
}

#[test]
fn every_file_says_what_it_is_for() {
    breaks(files_without_a_head, &[("src/a.rs", "// A.\n"), ("src/b.rs", "//! B.\n")], &["src/a.rs"]);
    hold(files_without_a_head);
}

#[test]
fn sql_stands_in_the_stores() {
    let text = "fn f<'a>(c: char) -> &'a str {\n    if c == '\"' { return r#\"DELETE\n FROM \"users\"\"#; }\n    \
                \"UPDATE yourself\"\n}\n#[cfg(test)]\nconst T: &str = \"SELECT 1\";\n";
    breaks(sql_elsewhere, &[("src/user/mod.rs", text)], &["src/user/mod.rs:2"]);
    breaks(sql_elsewhere, &[("src/user/store.rs", text), ("src/storage/tx.rs", text)], &[]);
    breaks(sql_elsewhere, &[("src/app.rs", "//! A.\n\nlet q = \"SELECT 1\";\n")], &["src/app.rs:3"]);
    hold(sql_elsewhere);
}

#[test]
fn axum_stays_at_the_edge() {
    let text = "// axum::Router\nuse axum::Router;\n#[cfg(test)]\nuse axum::body::Body;\n";
    breaks(axum_elsewhere, &[("src/user/mod.rs", text)], &["src/user/mod.rs:2"]);
    breaks(
        axum_elsewhere,
        &[
            ("src/user/http.rs", text),
            ("src/record/http/one.rs", text),
            ("src/http/edge.rs", text),
            ("src/app.rs", text),
        ],
        &[],
    );
    breaks(axum_elsewhere, &[("src/user/mod.rs", "use utoipa_axum::router::OpenApiRouter;\n")], &[]);
    hold(axum_elsewhere);
}

#[test]
fn no_file_lies_about_unreached() {
    let files = [
        ("src/lib.rs", "pub mod a;\n// mod lost;\n"),
        ("src/main.rs", "fn main() {}\n"),
        ("src/a.rs", "pub(crate) mod b;\nmod inline {\n}\n"),
        ("src/a/b.rs", ""),
        ("src/a/c.rs", ""),
        ("src/lost.rs", ""),
    ];
    breaks(files_that_nothing_reaches, &files, &["src/a/c.rs", "src/lost.rs"]);
    hold(files_that_nothing_reaches);
}

#[test]
fn migrations_are_numbered_without_gaps() {
    let files = [("migrations/0001_users.sql", ""), ("migrations/0003_late.sql", "")];
    breaks(migrations_out_of_order, &files, &["migrations/0003_late.sql"]);
    let twice = [("migrations/0001_a.sql", ""), ("migrations/0001_b.sql", "")];
    breaks(migrations_out_of_order, &twice, &["migrations/0001_b.sql"]);
    hold(migrations_out_of_order);
}

#[test]
fn decisions_are_numbered_and_listed() {
    let files = [("docs/decisions/README.md", "- [One](0001-one.md)\n"), ("docs/decisions/0002-two.md", "")];
    breaks(decisions_out_of_order, &files, &["docs/decisions/0002-two.md", "docs/decisions/README.md"]);
    hold(decisions_out_of_order);
}

#[test]
fn what_shows_the_promises_of_the_seeds_is_there() {
    let seeds = "| `/login` | `tests/it/a.rs: one_is_told`; `tests/it/a.rs: another`; `web/e2e/b.ts: says: so` |\n\
                 ```sh\nmake: run\n```\n`file: name` `tests/it/c.rs: one`\n";
    let files = [
        ("docs/seeds.md", seeds),
        ("tests/it/a.rs", "async fn one_is_told(on: On) {}"),
        ("web/e2e/b.ts", "test(\"says: so\")"),
    ];
    breaks(promises_that_nothing_shows, &files, &["docs/seeds.md", "docs/seeds.md"]);
    breaks(promises_that_nothing_shows, &[], &["docs/seeds.md"]);
    hold(promises_that_nothing_shows);
}
