//! Rust source, line by line, without what is not code.

use std::iter::Peekable;
use std::str::Chars;

use regex_lite::Regex;

/// The lines of a Rust file with comments left out and the insides of strings blanked with `_`:
/// what a search finds in them is code.
pub(super) fn code_lines(text: &str) -> Vec<String> {
    let mut scanner = Scanner { rest: text.chars().peekable(), code: String::new() };
    scanner.scan();
    scanner.code.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// For each of the lines that [`code_lines`] gave, whether it belongs to a `#[cfg(test)] mod`.
pub(super) fn test_lines(code: &[String]) -> Vec<bool> {
    let mut marked = vec![false; code.len()];
    let mut start = 0;
    while let Some(offset) = code[start..].iter().position(|line| line.contains("#[cfg(test)]")) {
        let first = start + offset;
        let item = (first + 1..code.len()).find(|&line| !code[line].trim_start().starts_with("#["));
        let Some(item) = item else { break };
        start = item;
        if code[item].trim_start().starts_with("mod ") {
            let end = end_of_block(code, item);
            marked[first..=end].fill(true);
            start = end + 1;
        }
    }
    marked
}

/// The names of the modules in other files that are declared for tests only.
pub(super) fn test_modules(code: &[String]) -> Vec<String> {
    let declaration = Regex::new(r"^\s*mod (\w+);");
    let marked = test_lines(code);
    let declared = code.iter().zip(marked).filter_map(|(line, test)| {
        let captures = declaration.as_ref().ok()?.captures(line)?;
        test.then(|| captures[1].to_owned())
    });
    declared.collect()
}

/// The line on which the braces that open on or after the line `first` are closed.
fn end_of_block(code: &[String], first: usize) -> usize {
    let mut depth = 0_usize;
    for (number, line) in code.iter().enumerate().skip(first) {
        for character in line.chars() {
            match character {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                ';' if depth == 0 => return number,
                _ => continue,
            }
            if depth == 0 {
                return number;
            }
        }
    }
    code.len() - 1
}

struct Scanner<'a> {
    rest: Peekable<Chars<'a>>,
    code: String,
}

impl Scanner<'_> {
    fn scan(&mut self) {
        while let Some(character) = self.rest.next() {
            match character {
                '/' if self.rest.peek() == Some(&'/') => self.line_comment(),
                '/' if self.rest.peek() == Some(&'*') => self.block_comment(),
                '"' => self.string(),
                '\'' => self.quote(),
                'r' if !self.inside_word() => self.maybe_raw_string(),
                _ => self.code.push(character),
            }
        }
    }

    fn inside_word(&self) -> bool {
        let mut before = self.code.chars().rev();
        match before.next() {
            // `br"…"` and `cr"…"` are raw strings too.
            Some('b' | 'c') => before.next().is_some_and(|c| c.is_alphanumeric() || c == '_'),
            other => other.is_some_and(|c| c.is_alphanumeric() || c == '_'),
        }
    }

    fn line_comment(&mut self) {
        while self.rest.next_if(|&c| c != '\n').is_some() {}
    }

    fn block_comment(&mut self) {
        self.rest.next();
        let mut depth = 1;
        while depth > 0 {
            match (self.rest.next(), self.rest.peek()) {
                (Some('*'), Some('/')) => depth -= 1,
                (Some('/'), Some('*')) => depth += 1,
                (Some('\n'), _) => {
                    self.code.push('\n');
                    continue;
                }
                (Some(_), _) => continue,
                (None, _) => return,
            }
            self.rest.next();
        }
    }

    fn string(&mut self) {
        self.code.push('"');
        while let Some(character) = self.rest.next() {
            match character {
                '"' => break,
                '\\' => {
                    self.code.push('_');
                    if let Some(escaped) = self.rest.next() {
                        self.blank(escaped);
                    }
                }
                inside => self.blank(inside),
            }
        }
        self.code.push('"');
    }

    /// The raw string that an `r` may begin; else the `r` of an identifier such as `r#type`.
    fn maybe_raw_string(&mut self) {
        self.code.push('r');
        let mut ahead = self.rest.clone();
        let mut hashes = 0;
        while ahead.next_if_eq(&'#').is_some() {
            hashes += 1;
        }
        if ahead.next() != Some('"') {
            return;
        }
        self.rest = ahead;
        self.code.push('"');
        while let Some(character) = self.rest.next() {
            if character == '"' {
                let mut after = self.rest.clone();
                if (0..hashes).all(|_| after.next() == Some('#')) {
                    self.rest = after;
                    break;
                }
            }
            self.blank(character);
        }
        self.code.push('"');
    }

    /// A character literal, or the quote of a lifetime.
    fn quote(&mut self) {
        self.code.push('\'');
        let mut ahead = self.rest.clone();
        match (ahead.next(), ahead.next()) {
            (Some('\\'), _) => {
                self.rest.next();
                self.rest.next();
                while self.rest.next_if(|&c| c != '\'').is_some() {}
            }
            (Some(_), Some('\'')) => {
                self.rest.next();
            }
            _ => return,
        }
        self.rest.next();
        self.code.push_str("_'");
    }

    fn blank(&mut self, inside: char) {
        self.code.push(if inside.is_whitespace() { inside } else { '_' });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_left_out_and_lines_keep_their_numbers() {
        let text = "a(); // b()\n/* c()\n/* d() */ e() */ f();\n/// g()\n";
        assert_eq!(code_lines(text), ["a();", "", " f();", ""]);
    }

    #[test]
    fn the_insides_of_strings_are_blanked() {
        let text = "f(\"a \\\" // b\", r#\"c \"d\" e\"#, br\"\\\", '\"', '\\'', b'\\\\');";
        let code = code_lines(text).join("");
        assert_eq!(code, "f(\"_ __ __ _\", r\"_ ___ _\", br\"_\", '_', '_', b'_');");
    }

    #[test]
    fn lifetimes_and_raw_identifiers_are_code() {
        let text = "fn f<'a>(r#type: &'a str, r: char) -> &'static str { x }";
        assert_eq!(code_lines(text), [text]);
    }

    #[test]
    fn a_string_over_several_lines_is_code_on_each_of_them() {
        assert_eq!(code_lines("f(\"SELECT\n  x\");"), ["f(\"______", "  _\");"]);
    }

    #[test]
    fn a_test_module_ends_at_its_closing_brace() {
        let text = "a();\n#[cfg(test)]\n#[expect(x)]\nmod tests {\n    fn f() { \"}\" }\n}\nb();";
        let marked = test_lines(&code_lines(text));
        assert_eq!(marked, [false, true, true, true, true, true, false]);
    }

    #[test]
    fn a_test_only_function_is_not_a_test_module() {
        let marked = test_lines(&code_lines("#[cfg(test)]\nfn f() {\n}\n"));
        assert_eq!(marked, [false, false, false]);
    }

    #[test]
    fn a_test_module_in_a_file_of_its_own_is_named() {
        let code = code_lines("mod a;\n#[cfg(test)]\nmod support;\nmod b;");
        assert_eq!(test_modules(&code), ["support"]);
    }
}
