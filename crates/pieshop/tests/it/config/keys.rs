//! Each key: its default, its value from each layer, what it refuses.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use pieshop::config::{Config, DEFAULT, Secret};
use tempfile::TempDir;

use super::{Given, given, variable};

const DURATION: &str = "a duration from 1ms to under 30days";
const WHOLE: &str = "a whole number from 1 to 10000";
const MINUTES: &str = "a whole number from 1 to 1440";
const LONG_TOKEN: &str = "0123456789abcdef";

/// One key: what it reads by default, two other values it takes, some it does not.
struct Case {
    key: &'static str,
    read: Box<dyn Fn(&Config) -> String>,
    default: &'static str,
    good: [&'static str; 2],
    bad: &'static [&'static str],
    takes: &'static str,
}

/// `"key" field.path "default" ["good", "other"] ["bad"...] takes`, one a line.
macro_rules! cases {
    ($($key:literal $read:expr, $default:literal $good:tt $bad:tt $takes:expr;)*) => {
        vec![$(Case {
            key: $key,
            read: Box::new($read),
            default: $default,
            good: $good,
            bad: &$bad,
            takes: $takes,
        }),*]
    };
}

fn time(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

fn secret(secret: Option<&Secret>) -> String {
    secret.map_or("", Secret::expose).to_owned()
}

#[rustfmt::skip]
fn cases() -> Vec<Case> {
    let mut cases = cases! {
        "pace" |c| c.pace.to_string(), "1" ["60", "0.5"] ["0", "-1", "1000001", "nan", "fast"] "a number from 0.001 to 1000000";
        "http.host" |c| c.http.host.clone(), "127.0.0.1" ["0.0.0.0", "::1"] ["", "a\nb"] "a text of one line";
        "http.port" |c| c.http.port.to_string(), "8080" ["0", "65535"] ["-1", "65536", "80.5", "http"] "a whole number from 0 to 65535";
        "http.connections" |c| c.http.connections.to_string(), "16384" ["1", "1000000"] ["0", "-1", "1000001", "many"] "a whole number from 1 to 1000000";
        "http.idle_timeout" |c| time(c.http.idle_timeout), "1m 15s" ["5s", "2m"] ["-5s", "0s", "30days"] DURATION;
        "http.body_limit" |c| c.http.body_limit.to_string(), "65536" ["1", "1024"] ["0", "-1", "64k"] "a whole number from 1 to 16777216";
        "http.request_timeout" |c| time(c.http.request_timeout), "10s" ["20s", "1m 30s"] ["-5s", "0s", "10", "soon"] DURATION;
        "http.commit_deadline" |c| time(c.http.commit_deadline), "5s" ["250ms", "9s"] ["-5s", "0s"] DURATION;
        "http.shutdown_grace" |c| time(c.http.shutdown_grace), "8s" ["1s", "9s"] ["-5s", "0s", "10s"] "a duration from 1ms to under 10s";
        "database.url" |c| secret(c.database.url.as_ref()), "" ["sqlite://data/pieshop.db", "postgres://u:p@h/d"] ["localhost/pies", "mysql://h/d", "sqlite://"] "a URL that begins with sqlite:// or postgres://";
        "database.connections" |c| c.database.connections.to_string(), "8" ["1", "16"] ["0", "-1", "many"] WHOLE;
        "database.connect_timeout" |c| time(c.database.connect_timeout), "10s" ["1s", "2s"] ["-5s", "0s"] DURATION;
        "catalog.url" |c| secret(c.catalog.url.as_ref()), "" ["mongodb://h/d", "mongodb+srv://u:p@h/d"] ["localhost", "http://h"] "a URL that begins with mongodb://";
        "catalog.refresh" |c| time(c.catalog.refresh), "30s" ["1s", "2s"] ["-5s", "0s"] DURATION;
        "auth.admin_token" |c| secret(c.auth.admin_token.as_ref()), "" [LONG_TOKEN, "another-long-token"] ["short", "with a space inside"] "a secret of 16 or more visible ASCII characters";
        "auth.admin_password" |c| secret(c.auth.admin_password.as_ref()), "" ["pie pie pie", "apfelküchle"] ["short", "two\nlines here"] "a secret of 8 or more characters";
        "robots.picker.job_timeout" |c| time(c.robots.picker.job_timeout), "2m" ["1s", "2s"] ["-120s", "0s"] DURATION;
        "robots.baker.job_timeout" |c| time(c.robots.baker.job_timeout), "30m" ["1s", "2s"] ["-30m", "0s"] DURATION;
        "breaker.failures" |c| c.breaker.failures.to_string(), "5" ["1", "2"] ["0", "-1"] WHOLE;
        "breaker.open_for" |c| time(c.breaker.open_for), "10s" ["1s", "2s"] ["-5s", "0s"] DURATION;
        "retry.tries" |c| c.retry.tries.to_string(), "5" ["1", "9"] ["0", "-1"] WHOLE;
        "retry.base" |c| time(c.retry.base), "500ms" ["1s", "2s"] ["-5s", "0s"] DURATION;
        "retry.cap" |c| time(c.retry.cap), "30s" ["1s", "2s"] ["-5s", "0s"] DURATION;
        "orchestrator.enabled" |c| c.orchestrator.enabled.to_string(), "true" ["false", "true"] ["yes", "1", ""] "true or false";
        "orchestrator.lease" |c| time(c.orchestrator.lease), "30s" ["20s", "40s"] ["-5s", "0s"] DURATION;
        "orchestrator.poll_interval" |c| time(c.orchestrator.poll_interval), "250ms" ["1ms", "2s"] ["-5s", "0s", "1us"] DURATION;
        "kitchen.picking" |c| time(c.kitchen.picking), "1m" ["1s", "2s"] ["-5s", "0s"] DURATION;
        "kitchen.baking" |c| time(c.kitchen.baking), "20m" ["1s", "2s"] ["-5s", "0s"] DURATION;
        "kitchen.delivery" |c| time(c.kitchen.delivery), "30m" ["1s", "2s"] ["-5s", "0s"] DURATION;
        "kitchen.margin" |c| time(c.kitchen.margin), "10m" ["1s", "2s"] ["-5s", "0s"] DURATION;
        "kitchen.window" |c| time(c.kitchen.window), "30m" ["1s", "2s"] ["-5s", "0s"] DURATION;
        "orders.idempotency_keep" |c| time(c.orders.idempotency_keep), "1day" ["1s", "2s"] ["-5s", "0s", "30days"] DURATION;
        "log.format" |c| format!("{:?}", c.log.format).to_lowercase(), "text" ["json", "text"] ["xml", ""] "one of text, json";
        "log.level" |c| c.log.level.clone(), "info" ["debug", "info,sqlx=warn"] ["loud", "", "info,", "sqlx=loud"] "off, error, warn, info, debug or trace";
    };
    for (robot, port) in [("picker", "1"), ("baker", "2"), ("delivery", "3")] {
        let get = move |c: &Config| match robot {
            "picker" => c.robots.picker.robot.clone(),
            "baker" => c.robots.baker.robot.clone(),
            _ => c.robots.delivery.clone(),
        };
        let key = |name: &str| -> &'static str { format!("robots.{robot}.{name}").leak() };
        let url: &'static str = format!("http://127.0.0.1:808{port}").leak();
        let mut robots = cases! {
            "url" move |c| get(c).url, "" ["https://robot", "http://h:1/base"] ["localhost:8081", "127.0.0.1", "ftp://h", "http://", "http://u:p@h", "http://h:99999", ""] "a URL with its scheme, such as http://";
            "api_key" move |c| secret(get(c).api_key.as_ref()), "" ["k", "key-2"] ["two words"] "a secret of 1 or more visible ASCII characters";
            "call_timeout" move |c| time(get(c).call_timeout), "5s" ["1s", "2s"] ["-5s", "0s"] DURATION;
            "calls" move |c| get(c).calls.to_string(), "64" ["1", "2"] ["0", "-1"] WHOLE;
        };
        robots[0].default = url;
        for case in &mut robots {
            case.key = key(case.key);
        }
        cases.append(&mut robots);
    }
    let steps = [
        ("wash_fruit", "1"), ("peel_fruit", "3"), ("slice_fruit", "2"), ("pit_fruit", "4"),
        ("puree_fruit", "3"), ("toast_nuts", "5"), ("make_filling", "3"), ("whisk_filling", "2"),
        ("make_dough", "3"), ("assemble", "1"),
    ];
    cases.extend(steps.map(|(step, default)| Case {
        key: format!("kitchen.prep_minutes.{step}").leak(),
        read: Box::new(move |c| c.kitchen.prep_minutes[step].to_string()),
        default,
        good: ["7", "8"],
        bad: &["0", "-1", "1441", "1.5", "1m"],
        takes: MINUTES,
    }));
    cases
}

/// The keys whose variable may also name a file.
const SECRETS: [&str; 7] = [
    "database.url",
    "catalog.url",
    "auth.admin_token",
    "auth.admin_password",
    "robots.picker.api_key",
    "robots.baker.api_key",
    "robots.delivery.api_key",
];

/// The default of `key` in the default file.
fn leaf(key: &str) -> toml::Value {
    let root: toml::Value = toml::Value::Table(DEFAULT.parse().unwrap());
    key.split('.').fold(root, |value, name| value[name].clone())
}

fn leaves(value: &toml::Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        toml::Value::Table(table) => table.iter().for_each(|(name, value)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            leaves(value, &path, found);
        }),
        _ => assert!(found.insert(path.into())),
    }
}

/// `bad` as a file has it: text stays text, what is no TOML value becomes text.
fn as_toml(key: &str, bad: &str) -> String {
    let bare = format!("x = {bad}").parse::<toml::Table>().is_ok();
    let quote = leaf(key).is_str() || !bare;
    if quote { toml::Value::from(bad).to_string() } else { bad.to_owned() }
}

#[test]
fn every_key_of_the_default_file_has_a_case_here() {
    let mut keys = BTreeSet::new();
    leaves(&toml::Value::Table(DEFAULT.parse().unwrap()), "", &mut keys);
    let tested: BTreeSet<String> = cases().iter().map(|case| case.key.to_owned()).collect();
    assert_eq!(keys, tested);
}

#[test]
fn without_sources_every_key_has_its_default() {
    let config = given().loaded();
    for case in cases() {
        assert_eq!((case.read)(&config), case.default, "{}", case.key);
    }
}

#[test]
fn a_flag_wins_over_a_variable_over_the_file_over_a_preset_over_the_default() {
    for case in cases() {
        let (key, [one, two]) = (case.key, case.good);
        let read = |given: &Given| (case.read)(&given.loaded());

        let given = given().preset(key, two);
        assert_eq!(read(&given), two, "{key} as a preset");
        let given = given.file(&format!("{key} = {}", as_toml(key, one)));
        assert_eq!(read(&given), one, "{key} in the file");
        let given = given.var(&variable(key), two);
        assert_eq!(read(&given), two, "{key} as a variable");
        let given = given.flag(key, one);
        assert_eq!(read(&given), one, "{key} as a flag");
    }
}

#[test]
fn a_bad_value_is_refused_with_its_key_its_origin_and_what_the_key_takes() {
    for case in cases() {
        let key = case.key;
        for bad in case.bad {
            let in_file = given().file(&format!("{key} = {}", as_toml(key, bad)));
            let path = in_file.0.file.clone().unwrap();
            let refusals = [
                (in_file.refused(), format!("file {}", path.display())),
                (given().var(&variable(key), bad).refused(), format!("variable {}", variable(key))),
                (given().flag(key, bad).refused(), "flag".to_owned()),
                (given().preset(key, bad).refused(), "the command's default".to_owned()),
            ];
            for (line, origin) in refusals {
                let start = format!("{key} ({origin}): takes {}", case.takes);
                assert!(line.starts_with(&start), "{key} = {bad:?}: {line}");
            }
        }
    }
}

#[test]
fn a_secret_may_come_from_a_file_and_nothing_else_may() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("secret");
    for case in cases() {
        let name = format!("{}_FILE", variable(case.key));
        let given = given().var(&name, path.to_str().unwrap());
        if SECRETS.contains(&case.key) {
            for ending in ["", "\n", "\r\n"] {
                fs::write(&path, format!("{}{ending}", case.good[0])).unwrap();
                assert_eq!((case.read)(&given.loaded()), case.good[0], "{}", case.key);
            }
            fs::write(&path, case.bad[0]).unwrap();
            let line = given.refused();
            let origin = format!("(variable {name}, file {})", path.display());
            assert!(line.starts_with(&format!("{} {origin}: takes", case.key)), "{line}");
            assert!(!line.contains(case.bad[0]), "{line}");
        } else {
            let line = given.refused();
            assert!(line.contains(&name), "{line}");
        }
    }
}
