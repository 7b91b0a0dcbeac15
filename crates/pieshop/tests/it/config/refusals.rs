//! What stops a start beyond a single bad value, and what may be shown.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use pieshop::config::{Config, file_to_read};
use tempfile::TempDir;

use super::given;

const TOKEN: &str = "hunter2-hunter2-hunter2";
const URL: &str = "postgres://shop:hunter2@db:5432/pies?password=hunter2";

#[test]
fn an_unknown_key_is_refused_with_the_keys_that_there_are() {
    let line = given().file("[http]\nprot = 1").refused();
    assert!(line.starts_with("http.prot (file "), "{line}");
    assert!(
        line.contains(
            "is unknown; there are http.body_limit, http.commit_deadline, http.connections, http.host, \
             http.idle_timeout, http.port,"
        ),
        "{line}"
    );

    let line = given().file("[htpp]\nport = 1").refused();
    assert!(line.starts_with("htpp (file "), "{line}");
    assert!(line.contains("there are auth.*, breaker.*, catalog.*, database.*, "), "{line}");
    assert!(line.contains(", pace"), "{line}");

    let line = given().flag("robots.baker.ovens", "3").refused();
    assert!(
        line.starts_with("robots.baker.ovens (flag): is unknown; there are robots.baker.api_key,"),
        "{line}"
    );
}

#[test]
fn a_delivery_has_no_job_timeout() {
    let line = given().var("PIESHOP_ROBOTS__DELIVERY__JOB_TIMEOUT", "30m").refused();
    assert!(line.starts_with("robots.delivery.job_timeout ("), "{line}");
}

#[test]
fn an_unknown_variable_is_refused_with_the_variables_that_there_are() {
    for (name, there_are) in [
        ("PIESHOP_HTTP__PROT", "PIESHOP_HTTP__BODY_LIMIT, PIESHOP_HTTP__COMMIT_DEADLINE,"),
        ("PIESHOP_DATABASE_URL", "PIESHOP_AUTH__*, PIESHOP_BREAKER__*, PIESHOP_CATALOG__*,"),
        ("PIESHOP_HTTP__PORT__X", "PIESHOP_HTTP__BODY_LIMIT,"),
        ("PIESHOP_http__port", "PIESHOP_AUTH__*,"),
        ("PIESHOP_HTTP.PORT", "PIESHOP_AUTH__*,"),
        ("PIESHOP_PORT_FILE", "PIESHOP_AUTH__*,"),
    ] {
        let line = given().var(name, "8080").refused();
        assert!(line.contains(&format!("(variable {name}): is unknown")), "{line}");
        assert!(line.contains(there_are), "{line}");
    }
}

#[test]
fn variables_of_the_tests_and_of_others_are_left_alone() {
    given().var("PIESHOP_TEST_POSTGRES", "x").var("PIESHOPPER", "x").var("HTTP_PORT", "x").loaded();
}

#[test]
fn a_section_is_not_a_value_and_a_value_not_a_section() {
    let line = given().file("http = 8080").refused();
    assert!(line.contains("is a section; there are http.body_limit,"), "{line}");
    let line = given().var("PIESHOP_HTTP", "8080").refused();
    assert!(line.contains("is a section; there are PIESHOP_HTTP__BODY_LIMIT,"), "{line}");
    let line = given().file("[http.port]\nnumber = 1").refused();
    assert!(line.contains("takes a whole number from 0 to 65535"), "{line}");
    let line = given().file("\"http.port\" = 1").refused();
    assert!(line.starts_with("\"http.port\" (file "), "{line}");
}

#[test]
fn a_text_in_the_file_is_no_number_and_a_number_no_text() {
    let line = given().file("http.port = \"8080\"").refused();
    assert!(line.ends_with("takes a whole number from 0 to 65535, not \"8080\""), "{line}");
    let line = given().file("retry.base = 5").refused();
    assert!(line.contains("takes a duration") && line.ends_with("not 5"), "{line}");
    assert!((given().file("pace = 60").loaded().pace - 60.0).abs() < f64::EPSILON);
}

#[test]
fn users_add_prep_steps_of_their_own() {
    let config = given()
        .file("[kitchen.prep_minutes]\nbeat_eggs = 4")
        .var("PIESHOP_KITCHEN__PREP_MINUTES__ROLL_DOUGH", "6")
        .loaded();
    assert_eq!(config.kitchen.prep_minutes["beat_eggs"], 4);
    assert_eq!(config.kitchen.prep_minutes["roll_dough"], 6);
    assert_eq!(config.kitchen.prep_minutes["wash_fruit"], 1);

    let line = given().file("[kitchen.prep_minutes]\nbeat_eggs = 0").refused();
    assert!(line.contains("takes a whole number from 1 to 1440"), "{line}");
    let line = given().file("[kitchen.prep_minutes]\n\"Beat eggs\" = 4").refused();
    assert!(line.contains("a new step takes a-z, 0-9 and _"), "{line}");
}

#[test]
fn a_call_time_out_must_stay_under_half_of_the_lease() {
    for robot in ["picker", "baker", "delivery"] {
        let name = format!("PIESHOP_ROBOTS__{}__CALL_TIMEOUT", robot.to_uppercase());
        given().var(&name, "14999ms").loaded();
        let line = given().var(&name, "15s").refused();
        let start =
            format!("robots.{robot}.call_timeout (variable {name}): takes a duration under");
        assert!(line.starts_with(&start), "{line}");
        assert!(
            line.ends_with("half of orchestrator.lease, which is \"30s\" (default), not \"15s\""),
            "{line}"
        );
    }
    let error = Config::load(&given().flag("orchestrator.lease", "10s").0).unwrap_err().to_string();
    assert_eq!(error.lines().count(), 3, "one line a robot: {error}");
}

#[test]
fn a_commit_is_waited_for_less_long_than_its_request() {
    let line = given().var("PIESHOP_HTTP__COMMIT_DEADLINE", "10s").refused();
    assert!(line.contains("takes a duration under http.request_timeout"), "{line}");
}

#[test]
fn back_off_ends_no_lower_than_it_begins() {
    let line = given().var("PIESHOP_RETRY__BASE", "31s").refused();
    assert!(line.contains("takes a duration not over retry.cap"), "{line}");
}

#[test]
fn all_problems_are_told_at_once_one_line_each() {
    let given = given().file("[http]\nport = -1\nprot = 1").var("PIESHOP_PACE", "0").flag("x", "1");
    let error = Config::load(&given.0).unwrap_err().to_string();
    let keys: Vec<_> = error.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(keys, ["http.port", "http.prot", "pace", "x"]);
}

#[test]
fn a_secret_given_as_value_and_as_file_is_refused() {
    let line = given()
        .var("PIESHOP_AUTH__ADMIN_TOKEN", TOKEN)
        .var("PIESHOP_AUTH__ADMIN_TOKEN_FILE", "/run/secrets/token")
        .refused();
    assert!(
        line.starts_with("auth.admin_token (variable PIESHOP_AUTH__ADMIN_TOKEN_FILE): "),
        "{line}"
    );
    assert!(
        line.ends_with("PIESHOP_AUTH__ADMIN_TOKEN is set as well: set one of the two"),
        "{line}"
    );
}

#[test]
fn a_secrets_file_that_cannot_be_read_or_is_empty_is_refused() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("token");
    let name = "PIESHOP_AUTH__ADMIN_TOKEN_FILE";
    let refused = || given().var(name, path.to_str().unwrap()).refused();

    let start = format!("auth.admin_token (variable {name}, file {}): ", path.display());
    let line = refused();
    assert!(line.starts_with(&format!("{start}unreadable: ")), "{line}");
    fs::write(&path, "\n").unwrap();
    assert_eq!(refused(), format!("{start}the file is empty"));
    fs::write(&path, [0xff, 0xfe]).unwrap();
    assert!(refused().starts_with(&format!("{start}unreadable: ")));
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf_8_is_refused() {
    use std::os::unix::ffi::OsStringExt;

    let mut given = given();
    given.0.env.push(("PIESHOP_HTTP__HOST".into(), std::ffi::OsString::from_vec(vec![0xff])));
    assert_eq!(given.refused(), "http.host (variable PIESHOP_HTTP__HOST): is not UTF-8");
}

#[test]
fn a_missing_secret_is_named_with_the_variables_that_set_it() {
    let config = given().loaded();
    let line = config.admin_token().unwrap_err().to_string();
    assert_eq!(
        line,
        "auth.admin_token (default): is not set; takes a secret of 16 or more visible ASCII \
         characters; set it as PIESHOP_AUTH__ADMIN_TOKEN or PIESHOP_AUTH__ADMIN_TOKEN_FILE"
    );
    let line = config.database_url().unwrap_err().to_string();
    assert!(line.starts_with("database.url (default): is not set; takes a URL that"), "{line}");
    assert!(line.contains("PIESHOP_DATABASE__URL"), "{line}");

    let empty = given().var("PIESHOP_AUTH__ADMIN_TOKEN", "").loaded();
    let line = empty.admin_token().unwrap_err().to_string();
    assert!(line.starts_with("auth.admin_token (variable PIESHOP_AUTH__ADMIN_TOKEN): is not set"));

    let config = given().flag("auth.admin_token", TOKEN).flag("database.url", URL).loaded();
    assert_eq!(config.admin_token().unwrap().expose(), TOKEN);
    assert_eq!(config.database_url().unwrap().expose(), URL);
}

#[test]
fn broken_toml_is_refused_with_its_line() {
    let given = given().file("pace = 2\n\n[http]\nport = = 1\n");
    let path = given.0.file.clone().unwrap();
    let line = given.refused();
    assert!(line.starts_with(&format!("line 4 (file {}): ", path.display())), "{line}");
}

#[test]
fn the_file_is_the_flags_else_the_usual_one_if_there_is_one() {
    let directory = TempDir::new().unwrap();
    let usual = directory.path().join("pieshop.toml");
    assert_eq!(file_to_read(None, directory.path()), None);
    fs::write(&usual, "").unwrap();
    assert_eq!(file_to_read(None, directory.path()), Some(usual));
    let flag = Some(PathBuf::from("else.toml"));
    assert_eq!(file_to_read(flag.clone(), directory.path()), flag);

    let mut missing = given();
    missing.0.file = Some(Path::new("/nowhere/else.toml").into());
    let line = missing.refused();
    assert!(line.starts_with("configuration (file /nowhere/else.toml): unreadable: "), "{line}");
}

#[test]
fn nothing_that_is_shown_holds_a_secret() {
    let config = given()
        .flag("database.url", URL)
        .flag("catalog.url", "mongodb://shop:hunter2@a,b/pies")
        .flag("auth.admin_token", TOKEN)
        .flag("auth.admin_password", "hunter2hunter2")
        .flag("robots.picker.api_key", "hunter2")
        .loaded();
    let rendered = config.render();
    for shown in
        [rendered.clone(), format!("{config:?}"), config.auth.admin_token.unwrap().to_string()]
    {
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("***"), "{shown}");
    }
    assert!(
        rendered.contains("url = \"postgres://shop:***@db:5432/pies?***\"  # flag"),
        "{rendered}"
    );
    assert!(rendered.contains("url = \"mongodb://shop:***@a,b/pies\"  # flag"), "{rendered}");

    for url in ["shop:hunter2@db/pies", "mysql://shop:hunter2@db", "http://shop:hunter2@db"] {
        for key in ["database.url", "catalog.url", "robots.baker.url"] {
            let line = given().flag(key, url).refused();
            assert!(!line.contains("hunter2"), "{line}");
        }
    }
}

#[test]
fn what_is_rendered_is_a_configuration_again() {
    let config = given().file("pace = 60").var("PIESHOP_HTTP__PORT", "9000").loaded();
    let rendered = config.render();
    assert!(rendered.starts_with("pace = 60.0  # file "), "{rendered}");
    assert!(rendered.contains("port = 9000  # variable PIESHOP_HTTP__PORT\n"), "{rendered}");

    let again = given().file(&rendered).loaded();
    let without_origins = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split("  # ").next().unwrap().to_owned()).collect()
    };
    assert_eq!(without_origins(&again.render()), without_origins(&rendered));
}

#[test]
fn the_pace_shortens_what_the_kitchen_does() {
    let config = given().flag("pace", "60").loaded();
    assert_eq!(config.paced(config.robots.baker.job_timeout), TimeDelta::seconds(30));
    let slowest = given().flag("pace", "0.001").flag("kitchen.baking", "29days").loaded();
    assert_eq!(slowest.paced(slowest.kitchen.baking), TimeDelta::days(29_000));
}
