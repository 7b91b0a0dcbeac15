//! What the documents name exists.

use regex_lite::Regex;

use super::{Finding, commands::Commands, endpoints::Endpoints, tree::Tree};

const DOCUMENTS: [&str; 3] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];
const EXTENSIONS: [&str; 13] = [
    ".css", ".html", ".js", ".json", ".lock", ".md", ".rs", ".sh", ".sql", ".toml", ".ts", ".yaml",
    ".yml",
];
const MEDIA_TYPES: [&str; 5] = ["application/", "audio/", "image/", "multipart/", "text/"];
/// Places of the operating system, which are no endpoints.
const SYSTEM: [&str; 8] = ["/dev/", "/etc/", "/opt/", "/proc/", "/run/", "/tmp", "/usr/", "/var/"];

/// Paths, endpoints and commands that the documents name in backticks or code blocks and that
/// do not exist.
pub(super) fn check(tree: &Tree, endpoints: &Endpoints, commands: &Commands) -> Vec<Finding> {
    let checker = Checker { tree, endpoints, commands };
    let mut findings = Vec::new();
    for document in DOCUMENTS {
        let Some(text) = tree.text(document) else {
            findings.push(Finding::new(document, 1, "is missing: write it"));
            continue;
        };
        for piece in code(text) {
            let wrong =
                if piece.fenced { checker.line(&piece.text) } else { checker.span(&piece.text) };
            findings.extend(wrong.into_iter().map(|what| Finding::new(document, piece.line, what)));
        }
    }
    findings
}

/// A code span, or a line of a code block.
#[derive(Debug, PartialEq, Eq)]
struct Piece {
    line: usize,
    fenced: bool,
    text: String,
}

/// The code of a Markdown text; lines of a block that a `\` continues are one.
fn code(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let (mut fenced, mut continued) = (false, false);
    for (index, content) in text.lines().enumerate() {
        let line = index + 1;
        if content.trim_start().starts_with("```") {
            (fenced, continued) = (!fenced, false);
        } else if !fenced {
            let spans = content.split('`').skip(1).step_by(2);
            pieces.extend(spans.map(|span| Piece { line, fenced, text: span.to_owned() }));
        } else {
            let text = content.trim_end_matches('\\');
            match pieces.last_mut() {
                Some(piece) if continued => piece.text.push_str(text),
                _ => pieces.push(Piece { line, fenced, text: text.to_owned() }),
            }
            continued = text.len() < content.len();
        }
    }
    pieces
}

struct Checker<'a> {
    tree: &'a Tree,
    endpoints: &'a Endpoints,
    commands: &'a Commands,
}

impl Checker<'_> {
    /// What is wrong in a code span, which is one name or one command.
    fn span(&self, text: &str) -> Vec<String> {
        let words: Vec<_> = text.split_whitespace().collect();
        match *words {
            [path] if looks_like_endpoint(path) => self.endpoint(None, path),
            [methods, path, ..] if looks_like_endpoint(path) && is_method(methods) => {
                methods.split('|').flat_map(|method| self.endpoint(Some(method), path)).collect()
            }
            [path] if is_plain(path) && names_a_file(path) => self.path(path),
            [path] if is_plain(path) && names_a_folder(path) => self.path(path),
            _ => self.line(text),
        }
    }

    /// What is wrong in a line of a code block, which may be a shell's or a drawing.
    fn line(&self, text: &str) -> Vec<String> {
        let mut wrong = self.commands.check(text);
        let words: Vec<_> = text.split_whitespace().collect();
        for (index, word) in words.iter().enumerate() {
            let word = word.trim_matches(['"', '\'', ',', ';', ':', '(', ')']);
            let method = index.checked_sub(1).map(|before| words[before]).filter(|m| is_method(m));
            if let Some(path) = local_path(word) {
                wrong.extend(self.endpoint(None, path));
            } else if method.is_some() && looks_like_endpoint(word) {
                wrong.extend(self.endpoint(method, word));
            } else if is_plain(word) && (names_a_file(word) || self.begins_at_root(word)) {
                wrong.extend(self.path(word));
            }
        }
        wrong
    }

    fn begins_at_root(&self, word: &str) -> bool {
        word.trim_start_matches("./")
            .split_once('/')
            .is_some_and(|(first, _)| self.tree.has_at_root(first))
    }

    fn path(&self, path: &str) -> Vec<String> {
        if self.tree.has(path) || self.tree.is_ignored(path) {
            return Vec::new();
        }
        vec![format!("`{path}` names no file or folder: mend the path")]
    }

    fn endpoint(&self, method: Option<&str>, path: &str) -> Vec<String> {
        let path = path.trim_end_matches(['.', ',', ';', ':']);
        if self.endpoints.has(method, path) {
            return Vec::new();
        }
        let method = method.map(|method| format!("{method} ")).unwrap_or_default();
        vec![format!("`{method}{path}` is in no contract and no router: mend the endpoint")]
    }
}

fn is_method(word: &str) -> bool {
    word.split('|').all(|method| matches!(method, "GET" | "POST" | "PUT" | "PATCH" | "DELETE"))
}

fn looks_like_endpoint(word: &str) -> bool {
    let system = SYSTEM.iter().any(|place| word.starts_with(place));
    !system && (word == "/" || matches!(word.as_bytes(), [b'/', b'a'..=b'z', ..]))
}

/// The path in the address of a server on this machine.
fn local_path(word: &str) -> Option<&str> {
    let address = Regex::new(r"^(https?://)?(localhost|127\.0\.0\.1)(:\d+)?(/.*)$").ok()?;
    Some(address.captures(word)?.get(4)?.as_str())
}

/// Whether a word is made of nothing but what the project's paths are made of.
fn is_plain(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '*'))
        && !word.starts_with("..")
        && word.chars().all(|c| c.is_ascii_alphanumeric() || "._-*/".contains(c))
}

fn names_a_file(word: &str) -> bool {
    EXTENSIONS.iter().any(|extension| word.strip_suffix(extension).is_some_and(|s| !s.is_empty()))
}

/// Whether a word with a `/` is a path: not a media type, nor a rate such as `500/s`.
fn names_a_folder(word: &str) -> bool {
    let media_type = MEDIA_TYPES.iter().any(|kind| word.starts_with(kind));
    word.contains('/') && !media_type && !word.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(readme: &str) -> Vec<String> {
        let contract = "paths:\n  /api/orders:\n    post: {}\n  /healthz:\n    get: {}\n";
        let tree = Tree::from([
            (".gitignore", "/data\n/pieshop.toml\n"),
            ("README.md", readme),
            ("ARCHITECTURE.md", ""),
            ("CONTRIBUTING.md", ""),
            ("contracts/order-api.yaml", contract),
            ("crates/pieshop/src/http/router.rs", ""),
        ]);
        let (endpoints, commands) = (Endpoints::of(&tree).unwrap(), Commands::of(&tree).unwrap());
        check(&tree, &endpoints, &commands).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_exists_may_be_named() {
        let readme = "See `http/router.rs`, `crates/pieshop/`, `contracts/*.yaml`, `./pieshop.toml`,\n\
                      `POST /api/orders`, `GET|GET /healthz`, `/healthz`, `application/json`,\n\
                      `Serde::to/from`, `500/s`, `--data DIR`, `/var/lib/pieshop` and `cargo xtask lint`.\n\
                      ```sh\ncurl -i http://127.0.0.1:8080/api/orders \\\n  --json @pie\n```\n\
                      ```text\ncrates/\n  pieshop/  input/output\n    router.rs\n```\n";
        assert!(findings(readme).is_empty(), "{:?}", findings(readme));
    }

    #[test]
    fn what_does_not_exist_is_found_where_it_is_named() {
        for (named, line) in [
            ("\nsee `http/routes.rs`", 2),
            ("`crates/bakery`", 1),
            ("`order.rs`", 1),
            ("`DELETE /api/orders`", 1),
            ("`/api/nothing`", 1),
            ("`cargo xtask bake`", 1),
            ("```\ncat contracts/none.yaml\n```", 2),
            ("```\ncurl http://localhost:8080/nothing\n```", 2),
            ("```mermaid\nA->>B: POST /healthz\n```", 2),
            ("```\ncargo \\\n  xtask bake\n```", 2),
        ] {
            let found = findings(named);
            assert_eq!(found.len(), 1, "{named}: {found:?}");
            assert!(found[0].starts_with(&format!("README.md:{line}: ")), "{found:?}");
        }
    }

    #[test]
    fn a_missing_document_is_found() {
        let tree = Tree::from([("README.md", ""), ("CONTRIBUTING.md", "")]);
        let endpoints = Endpoints::of(&tree).unwrap();
        let findings = check(&tree, &endpoints, &Commands::of(&tree).unwrap());
        assert_eq!(findings, [Finding::new("ARCHITECTURE.md", 1, "is missing: write it")]);
    }

    #[test]
    fn prose_is_not_code() {
        assert!(findings("See crates/none.rs and GET /nothing, or `x` and/or `y`.").is_empty());
    }
}
