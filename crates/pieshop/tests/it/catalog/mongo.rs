//! The catalog in a real MongoDB-compatible server.

use std::future::pending;
use std::io::Write;
use std::sync::{Arc, Mutex};

use mongodb::bson::{Document, doc, serialize_to_document};
use mongodb::options::ClientOptions;
use mongodb::{Client, Collection};
use pieshop::catalog::MongoCatalog;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::*;

#[tokio::test]
async fn an_empty_database_is_seeded_with_the_five_pies() {
    let db = Db::new("seeded").await;
    let catalog = open(&db.url, NEVER, CancellationToken::new()).await.unwrap();
    holds_the_five_pies(&*catalog);
    assert_eq!(catalog.health(), CatalogHealth::default());

    let apple = db.recipes.find_one(doc! {"_id": "apple"}).await.unwrap().unwrap();
    assert_eq!(apple.get_str("name").unwrap(), "Classic Apple Pie");
    assert!(!apple.contains_key("type"));
    let indexes = db.recipes.list_index_names().await.unwrap();
    assert!(indexes.contains(&"name_1".into()), "{indexes:?}");
}

#[tokio::test]
async fn processes_that_seed_at_once_leave_each_pie_once() {
    let db = Db::new("racing").await;
    let mut processes = JoinSet::new();
    for _ in 0..8 {
        let url = db.url.clone();
        processes.spawn(async move { MongoCatalog::open(&url).await.unwrap() });
    }
    for catalog in processes.join_all().await {
        catalog.refresh_now().await;
        holds_the_five_pies(&catalog);
    }
    assert_eq!(db.recipes.count_documents(doc! {}).await.unwrap(), 5);
}

#[tokio::test]
async fn a_pie_taken_off_the_menu_does_not_come_back_at_the_next_start() {
    let db = Db::new("kept").await;
    MongoCatalog::open(&db.url).await.unwrap().delete("pecan").await.unwrap();
    let restarted = MongoCatalog::open(&db.url).await.unwrap();
    assert_eq!(restarted.find("pecan"), None);
    assert_eq!(restarted.pies().len(), 4);
}

#[tokio::test]
async fn a_collection_that_somebody_else_made_is_taken_as_it_is() {
    let db = Db::new("theirs").await;
    db.recipes.insert_one(document(&key_lime())).await.unwrap();
    let catalog = MongoCatalog::open(&db.url).await.unwrap();
    assert_eq!(catalog.pies().iter().map(|pie| &**pie).collect::<Vec<_>>(), [&key_lime()]);
}

#[tokio::test]
async fn the_database_refuses_what_is_no_recipe() {
    let db = Db::new("validator").await;
    let catalog = MongoCatalog::open(&db.url).await.unwrap();
    for (field, visible, spoil) in FLAWS {
        let mut recipe = key_lime();
        spoil(&mut recipe);
        if *visible {
            let error = db.recipes.insert_one(document(&recipe)).await.expect_err(field);
            assert!(error.to_string().contains("failed validation"), "{field}: {error}");
        }
        let put = catalog.put(recipe).await;
        assert!(matches!(put, Err(CatalogError::Invalid(_))), "{field}: {put:?}");
    }
    let mut odd = document(&key_lime());
    odd.insert("calories", 400);
    db.recipes.insert_one(odd).await.expect_err("an unknown field");
    assert_eq!(catalog.find("key-lime"), None);
    db.recipes.insert_one(document(&key_lime())).await.unwrap();
}

#[tokio::test]
async fn a_change_shows_here_at_once_and_elsewhere_after_a_refresh() {
    let db = Db::new("shared").await;
    let here = MongoCatalog::open(&db.url).await.unwrap();
    let elsewhere = MongoCatalog::open(&db.url).await.unwrap();

    here.put(key_lime()).await.unwrap();
    assert_eq!(here.find("key-lime").as_deref(), Some(&key_lime()));
    assert_eq!(elsewhere.find("key-lime"), None);
    elsewhere.refresh_now().await;
    assert_eq!(elsewhere.find("key-lime").as_deref(), Some(&key_lime()));
    assert!(elsewhere.pies().is_sorted_by_key(|pie| &pie.name));

    let hotter = Recipe { baking_temp: 425, ..key_lime() };
    here.put(hotter.clone()).await.unwrap();
    assert_eq!(here.find("key-lime").as_deref(), Some(&hotter));
    here.delete("key-lime").await.unwrap();
    assert_eq!(here.find("key-lime"), None);
    elsewhere.refresh_now().await;
    holds_the_five_pies(&elsewhere);
    let again = here.delete("key-lime").await;
    assert!(matches!(again, Err(CatalogError::NotFound(pie)) if pie == "key-lime"));
}

#[tokio::test]
async fn the_list_is_refreshed_until_the_service_stops() {
    let db = Db::new("ticking").await;
    let catalog = Arc::new(MongoCatalog::open(&db.url).await.unwrap());
    let stop = CancellationToken::new();
    let task = Arc::clone(&catalog).keep_fresh(Duration::from_millis(5), stop.clone());
    let task = tokio::spawn(task);
    db.recipes.insert_one(document(&key_lime())).await.unwrap();
    until(async || catalog.find("key-lime").is_some()).await;
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test]
async fn the_last_pie_stays() {
    let db = Db::new("last").await;
    let catalog = MongoCatalog::open(&db.url).await.unwrap();
    for pie in ["apple", "cherry", "pumpkin", "pecan"] {
        catalog.delete(pie).await.unwrap();
    }
    let refused = catalog.delete("blueberry").await;
    assert!(matches!(refused, Err(CatalogError::LastPie(pie)) if pie == "blueberry"));
    let other = catalog.delete("apple").await;
    assert!(matches!(other, Err(CatalogError::NotFound(_))));
    assert_eq!(catalog.pies().len(), 1);
}

#[tokio::test]
async fn a_collection_emptied_by_others_keeps_the_last_list_on_offer() {
    let db = Db::new("emptied").await;
    let catalog = MongoCatalog::open(&db.url).await.unwrap();
    db.recipes.delete_many(doc! {}).await.unwrap();
    catalog.refresh_now().await;
    holds_the_five_pies(&catalog);
    let reason = catalog.health().stale.unwrap().reason;
    assert!(reason == "no valid recipe among its 0 documents", "{reason}");
}

#[tokio::test]
async fn a_bad_document_is_left_out_and_named() {
    let db = Db::new("bad").await;
    let (log, _guard) = captured_log();
    let catalog = MongoCatalog::open(&db.url).await.unwrap();
    let mut cold = document(&key_lime());
    cold.insert("bakingTemp", 20);
    for bad in [doc! {"_id": "half-baked", "name": "Half-Baked Pie"}, cold] {
        db.recipes.insert_one(bad).bypass_document_validation(true).await.unwrap();
    }
    catalog.refresh_now().await;
    catalog.refresh_now().await;
    holds_the_five_pies(&catalog);
    let CatalogHealth { stale: None, rejected } = catalog.health() else { panic!("stale") };
    assert_eq!(rejected.len(), 2);
    assert!(rejected[0].starts_with(r#""half-baked": "#), "{rejected:?}");
    assert!(rejected[0].contains("missing field `description`"), "{rejected:?}");
    let cold = r#""key-lime": not a valid recipe: bakingTemp takes 200 to 550 °F"#;
    assert_eq!(rejected[1], cold);
    assert_eq!(log.count("is no valid recipe"), 2, "{}", log.text());

    catalog.delete("half-baked").await.unwrap();
    catalog.put(key_lime()).await.unwrap();
    assert_eq!(catalog.health(), CatalogHealth::default());
    assert!(catalog.find("key-lime").is_some());
}

#[tokio::test]
async fn a_catalog_that_goes_away_keeps_serving_the_last_list_and_comes_back() {
    let db = Db::new("outage").await;
    let (url, line) = proxied(&db).await;
    let (log, _guard) = captured_log();
    let catalog = MongoCatalog::open(&url).await.unwrap();

    line.send_replace(Line::Cut);
    let cut = Instant::now();
    catalog.refresh_now().await;
    let first = catalog.health().stale.expect("stale");
    assert!(first.since >= cut && !first.reason.is_empty(), "{first:?}");
    let put = catalog.put(key_lime()).await;
    assert!(matches!(put, Err(CatalogError::Unavailable { .. })), "{put:?}");
    catalog.refresh_now().await;
    assert_eq!(catalog.health().stale, Some(first));
    holds_the_five_pies(&catalog);
    assert_eq!(log.count("cannot be read"), 1, "{}", log.text());
    assert_eq!(log.count("is back"), 0, "{}", log.text());

    line.send_replace(Line::Open);
    until(async || {
        catalog.refresh_now().await;
        catalog.health() == CatalogHealth::default()
    })
    .await;
    catalog.refresh_now().await;
    holds_the_five_pies(&catalog);
    assert_eq!(log.count("cannot be read"), 1, "{}", log.text());
    assert_eq!(log.count("is back"), 1, "{}", log.text());
}

#[tokio::test]
async fn a_database_that_falls_silent_is_given_up_in_time() {
    let db = Db::new("silent").await;
    let (url, line) = proxied(&db).await;
    let catalog = MongoCatalog::open(&url).await.unwrap();
    line.send_replace(Line::Silent);
    tokio::time::pause();
    let asked = Instant::now();
    catalog.refresh_now().await;
    assert!(asked.elapsed() <= Duration::from_secs(11), "{:?}", asked.elapsed());
    assert!(catalog.health().stale.is_some());
    holds_the_five_pies(&catalog);
}

#[tokio::test]
async fn a_database_that_is_not_there_at_the_start_is_named_without_the_password() {
    let url = "mongodb://baker:s3cret@127.0.0.1:1/pies?serverSelectionTimeoutMS=100&appName=x";
    let error = open(url, NEVER, CancellationToken::new()).await.err().unwrap();
    assert_eq!(
        error.to_string(),
        "cannot open the pie catalog at mongodb://baker:***@127.0.0.1:1/pies: is MongoDB \
         running and reachable there? Correct catalog.url, or leave it empty for the built-in \
         catalog"
    );
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("Connection refused"), "{cause}");
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
}

#[tokio::test]
async fn a_url_that_the_driver_cannot_read_is_refused_without_the_password() {
    for (url, told) in [
        ("mongodb://baker:s3:cret@db/pies", "user name and password must be percent-encoded"),
        ("mongodb://baker:s3?cret@db/pies", "user name and password must be percent-encoded"),
        ("mongodb://db:none/pies", "invalid server address"),
    ] {
        let error = open(url, NEVER, CancellationToken::new()).await.err().unwrap();
        let error = format!("{error} {error:?}");
        assert!(error.starts_with("catalog.url is not a valid MongoDB URL"), "{error}");
        assert!(error.contains(told) && !error.contains("cret"), "{error}");
    }
}

/// A database of its own for one test.
struct Db {
    host: String,
    name: String,
    url: String,
    recipes: Collection<Document>,
}

impl Db {
    async fn new(test: &str) -> Self {
        let server = std::env::var("PIESHOP_TEST_MONGODB_URL")
            .expect("PIESHOP_TEST_MONGODB_URL is not set: run the tests with `cargo xtask test`");
        let host = ClientOptions::parse(server).await.unwrap().hosts[0].to_string();
        let name = format!("catalog_{test}_{}", std::process::id());
        let url = format!("mongodb://{host}/{name}?directConnection=true");
        let database = Client::with_uri_str(&url).await.unwrap().database(&name);
        database.drop().await.unwrap();
        Self { host, recipes: database.collection("recipes"), name, url }
    }
}

/// A recipe as the database keeps it.
fn document(recipe: &Recipe) -> Document {
    let mut document = serialize_to_document(recipe).unwrap();
    let id = document.remove("type").unwrap();
    document.insert("_id", id);
    document
}

/// Waits for what happens in its own time; gives up after ten seconds.
async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), wait).await.expect("it happens in time");
}

/// What becomes of the bytes between catalog and database.
#[derive(Clone, Copy, PartialEq)]
enum Line {
    Open,
    Cut,
    Silent,
}

/// The database behind a line that can be cut.
async fn proxied(db: &Db) -> (String, watch::Sender<Line>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (line, state) = watch::channel(Line::Open);
    let host = db.host.clone();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(carry(client, host.clone(), state.clone()));
        }
    });
    let options = "directConnection=true&serverSelectionTimeoutMS=200";
    (format!("mongodb://127.0.0.1:{port}/{}?{options}", db.name), line)
}

async fn carry(mut client: TcpStream, host: String, mut line: watch::Receiver<Line>) {
    let Ok(mut server) = TcpStream::connect(host).await else { return };
    tokio::select! {
        biased;
        _ = line.wait_for(|line| *line != Line::Open) => {}
        _ = copy_bidirectional(&mut client, &mut server) => {}
    }
    if *line.borrow() == Line::Silent {
        pending::<()>().await;
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn count(&self, phrase: &str) -> usize {
        self.text().matches(phrase).count()
    }
}

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(line)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What this thread logs from now on.
fn captured_log() -> (Log, tracing::subscriber::DefaultGuard) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone());
    (log, tracing::subscriber::set_default(subscriber.finish()))
}
