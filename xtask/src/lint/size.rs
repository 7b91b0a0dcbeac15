//! What a reader can hold: the size of a file and of a crate.

use std::path::Path;

use super::{
    Finding,
    source::{code_lines, test_lines, test_modules},
    tree::Tree,
};

const FILE_LIMIT: usize = 300;
const BUDGETS: [(&str, usize); 3] =
    [("crates/order-core/src", 1250), ("crates/pieshop/src", 10800), ("crates/robots/src", 930)];

/// Files over [`FILE_LIMIT`] and crates over their budget; blank lines, comments and tests do
/// not count.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let tests = test_files(tree);
    let sizes: Vec<_> = tree
        .rust()
        .filter(|(path, _)| !path.split('/').any(|part| part == "tests"))
        .filter(|(path, _)| !tests.iter().any(|test| path.starts_with(test)))
        .map(|(path, text)| (path, lines_of_code(text)))
        .collect();
    let files = sizes.iter().filter(|(_, size)| *size > FILE_LIMIT).map(|(path, size)| {
        let what = format!("{size} lines of code, at most {FILE_LIMIT}: cut it by subject");
        Finding::new(path, 1, what)
    });
    let budgets = BUDGETS.iter().filter_map(|(folder, budget)| {
        let members = sizes.iter().filter(|(path, _)| Path::new(path).starts_with(folder));
        let size: usize = members.map(|(_, size)| size).sum();
        let what = format!("{size} lines of code, at most {budget}: leave something out");
        (size > *budget).then(|| Finding::new(folder, 1, what))
    });
    files.chain(budgets).collect()
}

fn lines_of_code(text: &str) -> usize {
    let code = code_lines(text);
    let tests = test_lines(&code);
    code.iter().zip(tests).filter(|(line, test)| !test && !line.trim().is_empty()).count()
}

/// The beginnings of the paths of modules that are declared for tests only.
fn test_files(tree: &Tree) -> Vec<String> {
    let declared = tree.rust().flat_map(|(path, text)| {
        let folder = match path.rsplit_once('/') {
            Some((folder, "mod.rs" | "lib.rs" | "main.rs")) => folder,
            _ => path.trim_end_matches(".rs"),
        };
        let modules = test_modules(&code_lines(text));
        modules
            .into_iter()
            .flat_map(move |name| [format!("{folder}/{name}.rs"), format!("{folder}/{name}/")])
    });
    declared.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(count: usize) -> String {
        "f();\n".repeat(count)
    }

    #[test]
    fn a_file_of_three_hundred_lines_of_code_passes() {
        let text = format!(
            "//! What it is.\n\n{}\n#[cfg(test)]\nmod tests {{\n{}}}\n",
            lines(300),
            lines(500)
        );
        assert_eq!(check(&Tree::from([("crates/pieshop/src/a.rs", text.as_str())])), []);
    }

    #[test]
    fn a_longer_file_is_found() {
        let findings = check(&Tree::from([("xtask/src/a.rs", lines(301).as_str())]));
        assert_eq!(findings.len(), 1);
        assert!(findings[0].to_string().starts_with("xtask/src/a.rs:1: 301 lines of code"));
    }

    #[test]
    fn files_of_tests_may_be_longer() {
        let long = lines(400);
        let tree = Tree::from([
            ("crates/pieshop/tests/it/main.rs", long.as_str()),
            ("crates/pieshop/src/store/mod.rs", "#[cfg(test)]\nmod contract;\n"),
            ("crates/pieshop/src/store/contract.rs", long.as_str()),
        ]);
        assert_eq!(check(&tree), []);
    }

    #[test]
    fn a_crate_over_its_budget_is_found() {
        let part = lines(300);
        let files = ["a", "b", "c", "d"].map(|name| format!("crates/robots/src/{name}.rs"));
        let tree = Tree::from(files.each_ref().map(|path| (path.as_str(), part.as_str())));
        let findings = check(&tree);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].to_string().contains("1200 lines of code, at most"));
    }
}
