//! An order that was accepted arrives, whatever dies on the way.

use std::time::Duration;

use testbed::Process;
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::run::{ADMIN_TOKEN, Program, assert_one_job_a_key, free_ports, history, pieshop};
use crate::database::TestDatabase;

const WHOLE_WAY: [&str; 6] =
    ["ORDERED", "PICKING", "PREPPING", "BAKING", "DELIVERING", "COMPLETED"];

#[tokio::test]
async fn an_order_goes_on_after_kill_9_and_no_robot_does_anything_twice() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_ports(4);
    let mut orders = Vec::new();
    for halfway in ["PICKING", "BAKING", "DELIVERING"] {
        let up = Program::up(folder.path(), port, 1000).await;
        orders.push(up.order().await);
        up.all_reach(&orders[orders.len() - 1..], halfway).await;
        up.kill().await;
    }
    let up = Program::up(folder.path(), port, 1000).await;
    up.all_reach(&orders, "COMPLETED").await;
    for order in &orders {
        assert_eq!(history(&up.get(&format!("/api/orders/{order}")).await), WHOLE_WAY);
    }
    assert_one_job_a_key(port + 1, orders.len()).await;
}

#[tokio::test]
async fn two_services_share_a_database_and_one_takes_over_what_the_other_had_in_hand() {
    let database = TestDatabase::migrated().await;
    let folder = tempfile::tempdir().unwrap();
    let port = free_ports(3);
    let _robots = Program::robots(folder.path(), port, 1000).await;
    let first = Program::serve(&database.url, port, 1000).await;
    let second = Program::serve(&database.url, port, 1000).await;
    let mut orders = Vec::new();
    for index in 0..40 {
        let service = if index % 2 == 0 { &first } else { &second };
        orders.push(service.order().await);
    }
    second.all_reach(&orders[..1], "PICKING").await;
    first.kill().await;
    second.all_reach(&orders, "COMPLETED").await;
    for order in &orders {
        assert_eq!(history(&second.get(&format!("/api/orders/{order}")).await), WHOLE_WAY);
    }
    assert_one_job_a_key(port, orders.len()).await;
}

#[tokio::test]
async fn orders_wait_for_robots_that_are_killed_and_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_ports(3);
    let robots = Program::robots(folder.path(), port, 1000).await;
    let database = format!("sqlite://{}", folder.path().join("pieshop.db").display());
    let service = Program::serve(&database, port, 1000).await;
    let orders = [service.order().await, service.order().await];
    service.all_reach(&orders, "BAKING").await;
    robots.kill().await;
    let _robots = Program::robots(folder.path(), port, 1000).await;
    service.all_reach(&orders, "COMPLETED").await;
    assert_one_job_a_key(port, orders.len()).await;
}

#[tokio::test]
async fn a_service_told_to_stop_ends_in_order_and_the_next_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_ports(4);
    let up = Program::up(folder.path(), port, 1000).await;
    let orders = [up.order().await];
    up.all_reach(&orders, "PREPPING").await;
    let (status, time) = up.terminate().await;
    assert!(status.success(), "{status}");
    assert!(time < Duration::from_secs(10), "{time:?}");
    let up = Program::up(folder.path(), port, 1000).await;
    up.all_reach(&orders, "COMPLETED").await;
}

#[tokio::test]
async fn a_service_told_to_stop_ends_in_time_though_its_database_does_not_answer() {
    let (proxy, url) = TestDatabase::migrated().await.through_proxy().await.unwrap();
    let service = Program::serve(&url, free_ports(3), 1000).await;
    let path = format!("/api/orders/{}", service.order().await);
    proxy.hold(true);
    // Somebody is still waiting for an answer.
    let asked = service.get(&path);
    assert!(timeout(Duration::from_millis(100), asked).await.is_err(), "nothing passes");
    let ended = timeout(Duration::from_secs(30), service.terminate()).await;
    let (status, time) = ended.expect("the service ends");
    assert!(status.success(), "{status}");
    assert!(time < Duration::from_secs(10), "{time:?}");
}

#[tokio::test]
async fn a_service_told_to_stop_while_it_waits_for_its_database_ends_at_once() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut command = pieshop();
    command
        .args(["serve", "--port", "0"])
        .env(
            "PIESHOP_DATABASE__URL",
            format!("postgres://pie@{}/pies", silent.local_addr().unwrap()),
        )
        .env("PIESHOP_AUTH__ADMIN_TOKEN", ADMIN_TOKEN);
    let service = Process::start(&mut command, folder.path().join("log")).unwrap();
    let _asked = silent.accept().await.unwrap();
    let (status, time) = service.terminate().await.unwrap();
    assert!(status.success(), "{status}");
    assert!(time < Duration::from_secs(5), "{time:?}");
}
