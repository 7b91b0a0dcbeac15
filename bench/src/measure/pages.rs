//! How soon pages come, with few and with many orders stored, and what it costs to watch.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use order_core::Status;
use pieshop::order_id;
use pieshop::store::NewOrder;
use testbed::http::{self, Connection};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::bed::{Bed, Shop};
use crate::database::{Database, Kind};
use crate::load::{Load, Until};
use crate::orders::{self, Way};
use crate::report::{Floor, Line, Report};

const PASSWORD: &str = "a-password-of-the-benchmark";
/// Twenty requests a second.
const EVERY: Duration = Duration::from_millis(50);
/// People who watch at once.
const WATCHERS: u16 = 1_000;
/// Over which queries are counted.
const WATCHED: Duration = Duration::from_secs(10);

pub(super) async fn run(bed: &Bed, kind: Kind, report: &mut Report) -> Result<()> {
    let sizes = [(1_000, "1,000"), (100_000, "100,000"), (1_000_000, "1,000,000")];
    let settings = [
        ("PIESHOP_ORCHESTRATOR__ENABLED", "false".to_owned()),
        ("PIESHOP_AUTH__ADMIN_PASSWORD", PASSWORD.to_owned()),
    ];
    let mut first = None;
    for (stored, name) in sizes {
        if bed.quick && stored > 100_000 {
            break;
        }
        let database = bed.database(kind).await?;
        fill(&database, stored).await?;
        let shop = bed.shop(&database, &settings).await?;
        let cookie = sign_in(&shop).await?;
        let mut slowest = (0.0, String::new());
        for path in filters(stored) {
            let p99 = steady(bed, &shop, &path, &cookie).await?;
            eprintln!("bench:     {name} stored, {path}: p99 {p99:.1} ms");
            if p99 > slowest.0 {
                slowest = (p99, path);
            }
        }
        let figure = format!("dashboard p99, slowest of its filters, {name} stored");
        let line = Line::new(kind, figure, "ms", vec![slowest.0]);
        let line = line.floor_on_postgres(kind, Floor::AtMost(50.0));
        report.add(match first {
            Some(first) => line.beside("1,000 stored", vec![first]),
            None => line,
        });
        first.get_or_insert(slowest.0);
        if stored == 1_000 {
            pages(bed, kind, &shop, &cookie, report).await?;
            watched(kind, &database, &shop, &cookie, report).await?;
        }
        shop.process.kill().await?;
        database.remove().await?;
    }
    Ok(())
}

/// Of a hundred orders 95 are delivered, the others in ERROR or under way; every tenth pie is
/// another.
async fn fill(database: &Database, stored: u64) -> Result<()> {
    let way = Way::walk()?;
    let failed = way.failed()?;
    let states = [way.at(Status::Picking)?, way.at(Status::Baking)?, &failed];
    let (delivered, cherry) = (way.at(Status::Completed)?, orders::pie("cherry")?);
    let make = |number: u64| {
        let state = usize::try_from(number % 100).ok().and_then(|part| states.get(part));
        let NewOrder { mut order, entry, key } = way.copy(state.unwrap_or(&delivered), number);
        if number.is_multiple_of(10) {
            order.recipe = cherry.clone();
        }
        NewOrder { order, entry, key }
    };
    database.fill(stored, make).await
}

/// Dashboards: filters that match all, few and none, of each kind and together.
fn filters(stored: u64) -> Vec<String> {
    let id = order_id::public(orders::id(stored / 2));
    [
        "",
        "?status=COMPLETED",
        "?status=BAKING",
        "?status=CANCELLED",
        "?pieType=cherry",
        "?pieType=nobody-bakes-it",
        "?status=COMPLETED&pieType=nobody-bakes-it",
        "?from=2020-01-01&to=2020-01-31",
        "?from=2020-01-01&to=2030-01-31&pieType=nobody-bakes-it",
        &format!("?q={id}"),
        "?q=customer123%40example.com",
        "?q=customer",
        "?q=nobody",
        "?q=customer&pieType=nobody-bakes-it",
        "?attention=error",
        "?attention=late",
        "?attention=retrying",
        "?attention=late&pieType=nobody-bakes-it",
    ]
    .map(|query| format!("/admin{query}"))
    .to_vec()
}

async fn pages(
    bed: &Bed,
    kind: Kind,
    shop: &Shop,
    cookie: &str,
    report: &mut Report,
) -> Result<()> {
    let id = order_id::public(orders::id(50));
    let mut slowest = 0.0_f64;
    for path in [
        "/".to_owned(),
        "/track".to_owned(),
        format!("/orders/{id}"),
        "/admin/sign-in".to_owned(),
        "/admin".to_owned(),
        format!("/admin/orders/{id}"),
        "/api/docs".to_owned(),
    ] {
        slowest = slowest.max(steady(bed, shop, &path, cookie).await?);
    }
    let line = Line::new(kind, "page p99 at 20/s, slowest of seven pages", "ms", vec![slowest]);
    report.add(line.floor_on_postgres(kind, Floor::AtMost(20.0)));
    Ok(())
}

/// Milliseconds from when a request is due until the whole page is there, p99 at 20 a second.
async fn steady(bed: &Bed, shop: &Shop, path: &str, cookie: &str) -> Result<f64> {
    let until = Until::Steady { count: bed.choose(60, 200), every: EVERY };
    let load = Load { port: shop.port, connections: 1, until, status: 200 };
    let mut request = Vec::new();
    http::request("GET", path, &[("cookie", cookie)], None, &mut request);
    let send = move |_, out: &mut Vec<u8>| out.extend_from_slice(&request);
    Ok(load.run(send).await?.quantile(0.99))
}

/// The session's cookie.
async fn sign_in(shop: &Shop) -> Result<String> {
    let form = format!("password={PASSWORD}&next=");
    let request = format!(
        "POST /admin/sign-in HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {}\r\n\
         content-type: application/x-www-form-urlencoded\r\n\r\n{form}",
        form.len()
    );
    let mut connection = Connection::open(shop.port).await?;
    let answer = connection.send(request.as_bytes()).await?;
    let cookie = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next());
    cookie.map(str::to_owned).with_context(|| format!("signing in was answered {}", answer.status))
}

/// Half of the watchers look at the dashboard, half at orders.
async fn watched(
    kind: Kind,
    database: &Database,
    shop: &Shop,
    cookie: &str,
    report: &mut Report,
) -> Result<()> {
    let mut watch = database.watch().await?;
    let before = watch.transactions_in(WATCHED).await?;
    let mut watchers = JoinSet::new();
    for number in 0..WATCHERS {
        let path = match number % 2 {
            0 => "/admin/live".to_owned(),
            _ => format!("/orders/{}/live", order_id::public(orders::id(number.into()))),
        };
        let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncookie: {cookie}\r\n\r\n");
        watchers.spawn(stream(shop.port, request));
    }
    // Each begins with what stands on its page.
    sleep(WATCHED).await;
    let during = watch.transactions_in(WATCHED).await?;
    if let Some(ended) = watchers.try_join_next() {
        ended??;
        bail!("a watcher was sent away");
    }
    let memory = shop.process.peak_memory()?;
    watchers.shutdown().await;
    if kind == Kind::Postgres {
        let figure = "1,000 watching, transactions of the database";
        let line =
            Line::new(kind, figure, "/s", vec![during]).beside("nobody watching", vec![before]);
        report.add(line);
    }
    let line = Line::new(kind, "1,000 watching, memory", "MB", vec![memory]);
    report.add(line.floor_on_postgres(kind, Floor::AtMost(100.0)));
    Ok(())
}

/// Reads until the server ends it.
async fn stream(port: u16, request: String) -> Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut buffer = [0; 4096];
    let head = stream.read(&mut buffer).await?;
    if !buffer[..head].starts_with(b"HTTP/1.1 200") {
        bail!("not a stream: {}", String::from_utf8_lossy(&buffer[..head]));
    }
    while stream.read(&mut buffer).await? > 0 {}
    Ok(())
}
