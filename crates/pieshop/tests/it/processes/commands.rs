//! What each command prints, and what a start that cannot succeed says.

use std::net::TcpListener;
use std::process::Output;

use super::run::{ADMIN_TOKEN, Program, free_ports, pieshop};

#[tokio::test]
async fn serve_without_a_database_names_the_variable() {
    assert_refused(&["serve"], &[], "PIESHOP_DATABASE__URL").await;
}

#[tokio::test]
async fn serve_without_a_token_names_the_variable() {
    let env = [("PIESHOP_DATABASE__URL", "sqlite:///tmp/never-made.db")];
    assert_refused(&["serve"], &env, "PIESHOP_AUTH__ADMIN_TOKEN").await;
}

#[tokio::test]
async fn an_unknown_variable_is_named() {
    assert_refused(&["config"], &[("PIESHOP_HTTP__PROT", "1")], "PIESHOP_HTTP__PROT").await;
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let env = [
        ("PIESHOP_DATABASE__URL", "sqlite:///tmp/never-made.db"),
        ("PIESHOP_AUTH__ADMIN_TOKEN", ADMIN_TOKEN),
    ];
    assert_refused(&["serve", "--port", &port], &env, &format!("127.0.0.1:{port}")).await;
}

#[tokio::test]
async fn an_unreachable_database_is_said_without_its_password() {
    let env = [
        ("PIESHOP_DATABASE__URL", "postgres://pie:hidden-word@127.0.0.1:9/pies"),
        ("PIESHOP_AUTH__ADMIN_TOKEN", ADMIN_TOKEN),
        ("PIESHOP_DATABASE__CONNECT_TIMEOUT", "2s"),
    ];
    let said = assert_refused(&["serve", "--port", "0"], &env, "database").await;
    assert!(!said.contains("hidden-word"), "{said}");
}

#[tokio::test]
async fn a_second_process_on_the_embedded_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_ports(4);
    let _up = Program::up(folder.path(), port, 1).await;
    let database = format!("sqlite://{}", folder.path().join("pieshop.db").display());
    let env =
        [("PIESHOP_DATABASE__URL", database.as_str()), ("PIESHOP_AUTH__ADMIN_TOKEN", ADMIN_TOKEN)];
    assert_refused(&["serve", "--port", "0"], &env, "pieshop.db").await;
}

#[tokio::test]
async fn config_masks_secrets() {
    let env = [("PIESHOP_AUTH__ADMIN_TOKEN", ADMIN_TOKEN)];
    let output = output(&["config"], &env).await;
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("admin_token") && !text.contains(ADMIN_TOKEN), "{text}");
}

#[tokio::test]
async fn openapi_is_printed() {
    let output = output(&["openapi"], &[]).await;
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("openapi: 3.1"));
}

#[tokio::test]
async fn healthcheck_tells_by_its_exit_code_whether_the_service_is_ready() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_ports(4);
    let text = port.to_string();
    let check = ["healthcheck", "--port", &text];
    assert_refused(&check, &[], "no answer from").await;
    let _up = Program::up(folder.path(), port, 1).await;
    assert!(output(&check, &[]).await.status.success());
}

async fn output(arguments: &[&str], env: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = pieshop();
    command.args(arguments).envs(env.iter().copied()).current_dir(folder.path());
    command.output().await.unwrap()
}

async fn assert_refused(arguments: &[&str], env: &[(&str, &str)], says: &str) -> String {
    let output = output(arguments, env).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{arguments:?} went through");
    assert!(said.contains(says), "{said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    said
}
