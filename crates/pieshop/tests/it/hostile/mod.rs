//! Input that means harm, or that nobody in their right mind would send: whatever comes, the
//! service answers, and goes on.

mod answers;
mod process;
mod requests;
mod sockets;
mod texts;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Number, Value};

/// Holds `check` against many values, the same ones in every run, in a world of its own.
#[expect(clippy::needless_pass_by_value, reason = "a closure reads better without a `&`")]
fn on_many<S: Strategy, W>(
    cases: u32,
    values: &S,
    world: impl AsyncFnOnce() -> W,
    check: impl AsyncFn(&W, S::Value),
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = runtime.block_on(world());
    let config = Config {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(62_701),
        max_shrink_iters: 500,
        ..Config::default()
    };
    let held = TestRunner::new(config).run(values, |value| {
        runtime.block_on(check(&world, value));
        Ok(())
    });
    held.unwrap_or_else(|error| panic!("{error}"));
}

/// Any text, with more of what hurts than chance would bring.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => any::<String>(),
        2 => "[ -~]{0,40}",
        1 => "[a-z]{1,5}".prop_map(|word| word.repeat(200)),
        1 => prop::sample::select(vec![
            "", " ", "\0", "a\0b", "\u{feff}", "\u{202e}drow", "' OR '1'='1", "%", "\\", "\r\nX: y",
            "../../etc/passwd", "NaN", "-0", "1e999", "18446744073709551616", "ord_", "\u{10ffff}",
        ]).prop_map(str::to_owned),
    ]
}

/// Any JSON that is not too deep.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|it| Number::from_f64(it).into()),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(text(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// `value` with something else in one or two of its places, or without them.
fn near(value: Value) -> impl Strategy<Value = Value> {
    let mut places = Vec::new();
    pointers(&value, String::new(), &mut places);
    let changes = (prop::sample::select(places), prop::option::of(json()));
    prop::collection::vec(changes, 1..3).prop_map(move |changes| {
        let mut other = value.clone();
        for (place, new) in changes {
            match new {
                Some(new) => {
                    if let Some(found) = other.pointer_mut(&place) {
                        *found = new;
                    }
                }
                None => remove(&mut other, &place),
            }
        }
        other
    })
}

fn pointers(value: &Value, at: String, places: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, inner)| {
            pointers(inner, format!("{at}/{name}"), places);
        }),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, inner)| {
            pointers(inner, format!("{at}/{index}"), places);
        }),
        _ => {}
    }
    places.push(at);
}

fn remove(value: &mut Value, place: &str) {
    let Some((parent, name)) = place.rsplit_once('/') else { return };
    if let Some(fields) = value.pointer_mut(parent).and_then(Value::as_object_mut) {
        fields.remove(name);
    }
}
