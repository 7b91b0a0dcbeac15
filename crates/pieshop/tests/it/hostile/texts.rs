//! Texts that are read in one place: ids, hashes, configuration.

use std::collections::BTreeMap;

use order_core::OrderId;
use pieshop::config::{Config, DEFAULT, Sources};
use pieshop::http::TokenHash;
use pieshop::order_id;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use uuid::Uuid;

use super::{on_many, text};

#[test]
fn an_id_is_read_back_and_nothing_else_is_taken_for_one() {
    let ids = any::<u128>().prop_map(|bits| OrderId(Uuid::from_u128(bits)));
    let changed = (ids, any::<Index>(), any::<char>());
    on_many(
        2000,
        &changed,
        async || (),
        async |(), (id, place, letter)| {
            let public = order_id::public(id);
            assert_eq!(Some(id), order_id::parse(&public));
            let mut letters: Vec<_> = public.chars().collect();
            let place = place.index(letters.len());
            let same = std::mem::replace(&mut letters[place], letter) == letter;
            let near: String = letters.into_iter().collect();
            let read = order_id::parse(&near);
            assert!(same || read != Some(id), "{near} is read as {public}");
            assert!(read.is_none_or(|read| order_id::public(read) == near), "{near}");
        },
    );
    let anything = prop_oneof![text(), "ord_[0-9a-z]{20,30}", "[a-z]{0,5}_[0-7][0-9a-z]{25}"];
    on_many(
        2000,
        &anything,
        async || (),
        async |(), text| {
            let read = order_id::parse(&text);
            assert!(read.is_none_or(|read| order_id::public(read) == text), "{text}");
        },
    );
}

#[test]
fn a_tokens_hash_is_read_back_and_nothing_else_is_taken_for_one() {
    on_many(
        1000,
        &text(),
        async || (),
        async |(), text| {
            let hash = TokenHash::of(&text).to_string();
            assert_eq!(hash, TokenHash::parse(&hash).unwrap().to_string());
            assert!(TokenHash::parse(&text).is_err());
        },
    );
    on_many(
        1000,
        &"[0-9a-fA-Fé]{60,66}",
        async || (),
        async |(), text| {
            let read = TokenHash::parse(&text).map(|hash| hash.to_string());
            assert!(
                read.is_ok_and(|hash| hash == text.to_lowercase()) || !is_hash(&text),
                "{text}"
            );
        },
    );
}

#[test]
fn any_text_is_a_configuration_or_is_refused_by_line_or_key() {
    let line = (select(keys()), text()).prop_map(|(key, text)| format!("{key} = {text}"));
    let quoted = (select(keys()), text())
        .prop_map(|(key, text)| format!("{key} = {}", toml::Value::from(text)));
    let lines = prop::collection::vec(prop_oneof![line, quoted], 1..4);
    let files = prop_oneof![text(), lines.prop_map(|lines| lines.join("\n"))];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pieshop.toml");
    on_many(
        1000,
        &files,
        async || (),
        async |(), file| {
            std::fs::write(&path, &file).unwrap();
            let sources = Sources { file: Some(path.clone()), ..Sources::default() };
            refused_by_key(&sources, "file ", &file);
        },
    );
}

#[test]
fn any_variable_and_any_flag_is_taken_or_is_refused_by_its_key() {
    let known = select(keys()).prop_map(|key| key.to_uppercase().replace('.', "__"));
    let names = prop_oneof![4 => known, 1 => text(), 1 => "[A-Z_]{0,20}"];
    let given = prop::collection::vec((names, text()), 1..4);
    on_many(
        1000,
        &given,
        async || (),
        async |(), given| {
            let variable =
                |(name, value): &(String, String)| (format!("PIESHOP_{name}").into(), value.into());
            let env = given.iter().map(variable).collect();
            refused_by_key(
                &Sources { env, ..Sources::default() },
                "variable ",
                &format!("{given:?}"),
            );
            let flag = |(name, value): &(String, String)| {
                (name.to_lowercase().replace("__", "."), value.clone())
            };
            let flags = given.iter().map(flag).collect();
            refused_by_key(&Sources { flags, ..Sources::default() }, "flag", &format!("{given:?}"));
        },
    );
}

/// A configuration that loads can be shown and loads again as it was shown; one that does not says
/// in each line which key of which source is wrong.
fn refused_by_key(sources: &Sources, origin: &str, given: &str) {
    match Config::load(sources) {
        Ok(config) => {
            let shown: toml::Table = config.render().parse().unwrap();
            let default: toml::Table = DEFAULT.parse().unwrap();
            let missing = default.keys().find(|key| !shown.contains_key(*key));
            assert_eq!(None, missing, "{given}");
        }
        Err(refused) => {
            for line in refused.to_string().lines() {
                let found = line.find(&format!(" ({origin}")).or_else(|| line.find(" (default"));
                assert!(found.is_some(), "{given}: {line}");
                assert!(line.contains("): "), "{given}: {line}");
            }
        }
    }
}

/// Every key of the default file, dotted.
fn keys() -> Vec<String> {
    fn below(table: &toml::Table, path: &str, keys: &mut Vec<String>) {
        let sorted: BTreeMap<_, _> = table.iter().collect();
        for (name, value) in sorted {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            match value {
                toml::Value::Table(inner) => below(inner, &path, keys),
                _ => keys.push(path),
            }
        }
    }
    let mut keys = Vec::new();
    below(&DEFAULT.parse().unwrap(), "", &mut keys);
    keys
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
