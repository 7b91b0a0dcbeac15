//! The commands and flags that there are.

use std::collections::BTreeSet;

use anyhow::Result;
use clap::CommandFactory as _;
use regex_lite::Regex;
use toml::{Table, Value};

use super::tree::Tree;
use crate::Cli;

/// The binary that `cargo run` without a package starts.
const DEFAULT_PROGRAM: &str = "pieshop";
const SOURCES: [(&str, &str); 3] = [
    ("pieshop", "crates/pieshop/src/"),
    ("pie-robots", "crates/robots/src/"),
    ("cargo interview", "interview/src/"),
];
/// Programs that are run through `cargo xtask`, which hands their flags on.
const HANDED_ON: [(&str, &str); 2] = [("sim", "sim/src/"), ("chaos", "chaos/src/")];

pub(super) struct Commands {
    programs: Vec<Program>,
    packages: BTreeSet<String>,
}

/// What a program understands.
struct Program {
    name: String,
    subcommands: BTreeSet<String>,
    flags: BTreeSet<String>,
}

impl Commands {
    pub(super) fn of(tree: &Tree) -> Result<Self> {
        let read = |(name, folder): (&str, &str)| {
            let sources = tree
                .rust()
                .filter(|(path, text)| path.starts_with(folder) && text.contains("clap"));
            let text: Vec<_> = sources.map(|(_, text)| text).collect();
            Program::from_derive(name, &text.join("\n"))
        };
        let mut xtask = xtask();
        for program in HANDED_ON {
            xtask.flags.extend(read(program)?.flags);
        }
        let mut programs = vec![xtask];
        for program in SOURCES {
            programs.push(read(program)?);
        }
        let manifests = tree.texts().filter(|(path, _)| path.ends_with("/Cargo.toml"));
        let packages = manifests.filter_map(|(_, text)| {
            let manifest: Table = text.parse().ok()?;
            Some(manifest.get("package")?.get("name").and_then(Value::as_str)?.to_owned())
        });
        Ok(Self { programs, packages: packages.collect() })
    }

    /// What is wrong in a line that may hold commands of a shell.
    pub(super) fn check(&self, line: &str) -> Vec<String> {
        let line = line.split(" #").next().unwrap_or(line).trim_start().trim_start_matches("$ ");
        let commands = line.split("&&").flat_map(|part| part.split(" | "));
        let commands = commands.flat_map(|part| part.split(';'));
        commands.flat_map(|command| self.check_command(command)).collect()
    }

    fn check_command(&self, command: &str) -> Vec<String> {
        let is_setting = |word: &&str| {
            word.split_once('=').is_some_and(|(name, _)| {
                !name.is_empty()
                    && name.chars().all(|c| c.is_ascii_uppercase() || "_0123456789".contains(c))
            })
        };
        let words: Vec<_> = command.split_whitespace().skip_while(is_setting).collect();
        match *words {
            ["cargo", "xtask", ref args @ ..] => self.check_args("cargo xtask", args),
            ["cargo", "interview", ref args @ ..] => self.check_args("cargo interview", args),
            ["cargo", ref args @ ..] => self.check_cargo(args),
            [program, ref args @ ..] => {
                self.check_args(program.rsplit('/').next().unwrap_or(program), args)
            }
            [] => Vec::new(),
        }
    }

    /// The packages that cargo is told of, and what it is to run.
    fn check_cargo(&self, args: &[&str]) -> Vec<String> {
        let end = args.iter().position(|arg| *arg == "--").unwrap_or(args.len());
        let mut wrong = Vec::new();
        let mut program = DEFAULT_PROGRAM;
        for pair in args[..end].windows(2) {
            if let ["-p" | "--package" | "--bin", name] = *pair {
                program = name;
                if !is_placeholder(name) && !self.packages.contains(name) {
                    wrong
                        .push(format!("`{name}` is no package of the workspace: mend the command"));
                }
            }
        }
        if args.first() == Some(&"run") {
            wrong.extend(self.check_args(program, args.get(end + 1..).unwrap_or_default()));
        }
        wrong
    }

    fn check_args(&self, program: &str, args: &[&str]) -> Vec<String> {
        let Some(program) = self.programs.iter().find(|known| known.name == program) else {
            return Vec::new();
        };
        let subcommands = args.first().into_iter().flat_map(|first| first.split('|'));
        let subcommands = subcommands.filter(|word| {
            word.starts_with(|c: char| c.is_ascii_lowercase())
                && !program.subcommands.contains(*word)
        });
        let own_args = args.iter().take_while(|arg| **arg != "--");
        let flags = own_args.map(|arg| arg.trim_matches(['[', ']', ',', '.', '…']));
        let flags = flags.filter(|arg| arg.starts_with("--"));
        let flags = flags.map(|arg| arg.split('=').next().unwrap_or(arg));
        let flags = flags.filter(|flag| !program.flags.contains(*flag));
        let unknown = subcommands.chain(flags);
        unknown
            .map(|word| format!("`{}` knows no `{word}`: mend the command", program.name))
            .collect()
    }
}

impl Program {
    fn new(name: &str) -> Self {
        let flags = ["--help", "--version"].map(str::to_owned).into();
        Self { name: name.to_owned(), subcommands: ["help".to_owned()].into(), flags }
    }

    /// Reads clap's derive macros in formatted source: the variants of enums and the listed values
    /// are the commands, and the fields that are marked `long` are the flags.
    fn from_derive(name: &str, source: &str) -> Result<Self> {
        let mut program = Self::new(name);
        let commands = Regex::new(
            r"#\[derive\([^)]*\b(?:Subcommand|ValueEnum)\b[^)]*\)\](?s:.*?)\{\n((?s:.*?))\n\}",
        )?;
        let variant = Regex::new(r"(?m)^    ([A-Z]\w*)\b")?;
        for block in commands.captures_iter(source) {
            let variants = variant.captures_iter(&block[1]).map(|found| kebab(&found[1]));
            program.subcommands.extend(variants);
        }
        let listed = Regex::new(r"value_parser = \[([^\]]*)\]")?;
        for found in listed.captures_iter(source) {
            let values = found[1].split(',').map(|value| value.trim().trim_matches('"').to_owned());
            program.subcommands.extend(values);
        }
        let renamed = Regex::new(r#"\b(?:name|long) = "([a-z-]+)""#)?;
        for found in renamed.captures_iter(source) {
            program.subcommands.insert(found[1].to_owned());
            program.flags.insert(format!("--{}", &found[1]));
        }
        let flag = Regex::new(
            r"(?m)^ *#\[arg\(((?s:.*?))\)\]\n(?: *(?:#\[.*|///.*)\n)* *(?:pub(?:\([a-z]+\))? )?(\w+):",
        )?;
        // A `long = "…"` gives another name than the field's.
        let long = Regex::new(r"\blong\s*(,|$)")?;
        for found in flag.captures_iter(source).filter(|found| long.is_match(&found[1])) {
            program.flags.insert(format!("--{}", kebab(&found[2])));
        }
        Ok(program)
    }
}

fn xtask() -> Program {
    let mut program = Program::new("cargo xtask");
    for task in Cli::command().get_subcommands() {
        program.subcommands.insert(task.get_name().to_owned());
        let flags = task.get_arguments().filter_map(clap::Arg::get_long);
        program.flags.extend(flags.map(|flag| format!("--{flag}")));
    }
    program
}

fn is_placeholder(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_uppercase()) || word.starts_with('<')
}

/// `PickerPort` and `picker_port` as the command line writes them: `picker-port`.
fn kebab(name: &str) -> String {
    let mut words = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !words.is_empty() {
            words.push('-');
        }
        words.push(if character == '_' { '-' } else { character.to_ascii_lowercase() });
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLI: &str = r#"
use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// The file.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Everything at once.
    Up(UpArgs),
    Serve,
    HealthCheck {
        #[arg(long)]
        url: String,
    },
}

#[derive(Args)]
pub struct UpArgs {
    #[arg(
        long,
        value_name = "N",
        default_value_t = 8080
    )]
    pub(crate) picker_port: u16,
    #[arg(long = "no-open")]
    stay: bool,
    #[arg(value_parser = ["all", "some"])]
    positional: String,
}
"#;

    fn wrong(line: &str) -> Vec<String> {
        let tree = Tree::from([
            ("crates/pieshop/src/cli.rs", CLI),
            ("crates/pieshop/Cargo.toml", "[package]\nname = \"pieshop\"\n"),
            ("crates/robots/Cargo.toml", "[package]\nname = \"pie-robots\"\n"),
        ]);
        Commands::of(&tree).unwrap().check(line)
    }

    #[test]
    fn commands_and_flags_that_exist_may_be_named() {
        for line in [
            "cargo xtask test -- some_test -- --nocapture",
            "cargo run --release",
            "cargo run --release -- up --picker-port 9000 --no-open",
            "$ PIESHOP_PACE=60 ./target/release/pieshop serve --config=a.toml # --nothing",
            "pieshop up|serve [--picker-port N]",
            "pieshop --config a.toml serve",
            "cargo test -p pieshop && cargo build -p NAME",
            "docker compose up --build",
            "pieshop all|some --config x",
            "pieshop health-check --url x | grep --count up",
        ] {
            assert!(wrong(line).is_empty(), "{line}: {:?}", wrong(line));
        }
    }

    #[test]
    fn commands_and_flags_that_do_not_exist_are_told() {
        for line in [
            "cargo xtask bake",
            "cargo xtask lint --fast",
            "cargo run -- bake",
            "cargo run -p bakery",
            "pieshop up --oven-port 1",
            "pieshop positional",
            "pieshop up|bake",
            "cd x && pieshop serve --positional",
            "pieshop --stay",
        ] {
            assert_eq!(wrong(line).len(), 1, "{line}: {:?}", wrong(line));
        }
    }
}
