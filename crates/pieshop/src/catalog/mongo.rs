//! The catalog in `MongoDB`: read into memory, written through.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mongodb::bson::{self, Bson, Document, doc};
use mongodb::error::{Error as DriverError, ErrorKind, InsertManyError, Result as Answer};
use mongodb::options::{ClientOptions, ConnectionString};
use mongodb::{Client, Collection, IndexModel};
use order_core::recipe::Recipe;
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::embedded::first_pies;
use super::{Catalog, CatalogError, CatalogHealth, Cause, Stale, validate};

/// How long the driver looks for a server, unless the URL says otherwise.
const SERVER_SELECTION: Duration = Duration::from_secs(5);
/// How long a command may take in all; the driver itself would wait for ever for a silent server.
const COMMAND: Duration = Duration::from_secs(10);

const NAMESPACE_EXISTS: i32 = 48;
const DUPLICATE_KEY: i32 = 11000;

/// Recipe documents in the collection `recipes`, `_id` being the pie's type.
pub struct MongoCatalog {
    recipes: Collection<Document>,
    /// Where they are, without password and options.
    url: String,
    /// A lock for readers that cannot be poisoned; nobody subscribes.
    memory: watch::Sender<Memory>,
    /// Held from a write to the end of the read after it, so that no older read comes later.
    turn: Mutex<()>,
}

/// What was last read, and how that went.
struct Memory {
    pies: Arc<[Arc<Recipe>]>,
    health: CatalogHealth,
}

impl MongoCatalog {
    /// Connects, creates the collection with its validator and index where it is missing, fills it
    /// where it is empty, and reads it. The database is the URL's, else `pieshop`.
    pub async fn open(url: &str) -> Result<Self, CatalogError> {
        let address = ConnectionString::parse(url).map_err(|error| refused(url, &error))?;
        let url = without_secrets(url);
        match connect(address).await {
            Ok((recipes, memory)) => {
                let memory = watch::Sender::new(memory);
                Ok(Self { recipes, url, memory, turn: Mutex::new(()) })
            }
            Err(source) => Err(CatalogError::Open { url, source }),
        }
    }

    /// Reads the recipes again. What fails is logged and shows in [`Catalog::health`].
    pub async fn refresh_now(&self) {
        let _turn = self.turn.lock().await;
        self.refresh().await;
    }

    /// Refreshes every `every` until `stop` is cancelled.
    pub async fn keep_fresh(self: Arc<Self>, every: Duration, stop: CancellationToken) {
        let refreshes = async {
            loop {
                tokio::time::sleep(every).await;
                self.refresh_now().await;
            }
        };
        stop.run_until_cancelled(refreshes).await;
    }

    async fn refresh(&self) {
        let outcome = read(&self.recipes).await;
        self.memory.send_modify(|memory| match outcome {
            Ok(next) => {
                if memory.health.stale.is_some() {
                    tracing::info!(catalog.url = self.url, "the pie catalog is back");
                }
                next.warn_of_rejected(&memory.health.rejected);
                *memory = next;
            }
            Err(cause) => {
                memory.health.stale.get_or_insert_with(|| {
                    let reason = cause.to_string();
                    tracing::error!(
                        catalog.url = self.url,
                        error = reason,
                        "the pie catalog cannot be read; the last list stays on offer"
                    );
                    Stale { since: Instant::now(), reason }
                });
            }
        });
    }

    /// Runs one command on the database.
    async fn ask<T>(&self, command: impl Future<Output = Answer<T>>) -> Result<T, CatalogError> {
        in_time(command)
            .await
            .map_err(|source| CatalogError::Unavailable { url: self.url.clone(), source })
    }
}

#[async_trait]
impl Catalog for MongoCatalog {
    fn pies(&self) -> Arc<[Arc<Recipe>]> {
        Arc::clone(&self.memory.borrow().pies)
    }

    async fn put(&self, recipe: Recipe) -> Result<(), CatalogError> {
        validate(&recipe)?;
        let _turn = self.turn.lock().await;
        let id = doc! {"_id": &recipe.pie_type};
        self.ask(async { self.recipes.replace_one(id, to_document(&recipe)?).upsert(true).await })
            .await?;
        self.refresh().await;
        Ok(())
    }

    async fn delete(&self, pie_type: &str) -> Result<(), CatalogError> {
        let _turn = self.turn.lock().await;
        self.refresh().await;
        if matches!(&*self.pies(), [last] if last.pie_type == pie_type) {
            return Err(CatalogError::LastPie(pie_type.into()));
        }
        let answer =
            self.ask(async { self.recipes.delete_one(doc! {"_id": pie_type}).await }).await?;
        self.refresh().await;
        if answer.deleted_count == 0 {
            return Err(CatalogError::NotFound(pie_type.into()));
        }
        Ok(())
    }

    fn health(&self) -> CatalogHealth {
        self.memory.borrow().health.clone()
    }
}

impl Memory {
    /// Logs a rejected document once, not with every refresh.
    fn warn_of_rejected(&self, before: &[String]) {
        for document in self.health.rejected.iter().filter(|document| !before.contains(document)) {
            tracing::warn!(error = document, "a document of the pie catalog is no valid recipe");
        }
    }
}

async fn connect(address: ConnectionString) -> Result<(Collection<Document>, Memory), Cause> {
    let recipes = in_time(prepare(address)).await?;
    let memory = read(&recipes).await?;
    memory.warn_of_rejected(&[]);
    Ok((recipes, memory))
}

async fn prepare(address: ConnectionString) -> Answer<Collection<Document>> {
    let mut options = ClientOptions::parse(address).await?;
    options.app_name.get_or_insert_with(|| "pieshop".into());
    options.server_selection_timeout.get_or_insert(SERVER_SELECTION);
    options.connect_timeout.get_or_insert(SERVER_SELECTION);
    let name = options.default_database.clone().unwrap_or_else(|| "pieshop".into());
    let database = Client::with_options(options)?.database(&name);

    #[expect(clippy::expect_used, reason = "compiled in, and every start with a database reads it")]
    let schema: Document =
        serde_json::from_str(include_str!("recipe.schema.json")).expect("it is a document");
    let validator = doc! {"$jsonSchema": schema};
    match database.create_collection("recipes").validator(validator).await {
        Err(error) if is_there_already(&error) => {}
        other => other?,
    }
    let recipes = database.collection("recipes");
    recipes.create_index(IndexModel::builder().keys(doc! {"name": 1}).build()).await?;
    if recipes.find_one(doc! {}).await?.is_none() {
        let first: Vec<_> = first_pies().iter().map(to_document).collect::<Result<_, _>>()?;
        // Unordered: where another process seeds too, each goes on past what the other wrote.
        match recipes.insert_many(first).ordered(false).await {
            Err(error) if is_there_already(&error) => {}
            other => drop(other?),
        }
    }
    Ok(recipes)
}

/// Whether nothing else went wrong than that another process was first.
fn is_there_already(error: &DriverError) -> bool {
    match &*error.kind {
        ErrorKind::Command(refusal) => refusal.code == NAMESPACE_EXISTS,
        ErrorKind::InsertMany(InsertManyError {
            write_errors: Some(errors),
            write_concern_error: None,
            ..
        }) => errors.iter().all(|error| error.code == DUPLICATE_KEY),
        _ => false,
    }
}

async fn read(recipes: &Collection<Document>) -> Result<Memory, Cause> {
    let documents = in_time(async {
        let mut cursor = recipes.find(doc! {}).sort(doc! {"name": 1}).await?;
        let mut documents = Vec::new();
        while cursor.advance().await? {
            documents.push(cursor.deserialize_current()?);
        }
        Ok(documents)
    });
    let (mut pies, mut rejected) = (Vec::new(), Vec::new());
    for document in documents.await? {
        let id = document.get("_id").map(ToString::to_string).unwrap_or_default();
        match to_recipe(document) {
            Ok(pie) => pies.push(Arc::new(pie)),
            Err(error) => rejected.push(format!("{id}: {error}")),
        }
    }
    if pies.is_empty() {
        return Err(format!("no valid recipe among its {} documents", rejected.len()).into());
    }
    Ok(Memory { pies: pies.into(), health: CatalogHealth { stale: None, rejected } })
}

fn to_document(recipe: &Recipe) -> Result<Document, bson::error::Error> {
    let mut fields = bson::serialize_to_document(recipe)?;
    fields.remove("type");
    let mut document = doc! {"_id": &recipe.pie_type};
    document.extend(fields);
    Ok(document)
}

fn to_recipe(mut document: Document) -> Result<Recipe, Cause> {
    let id = document.remove("_id").unwrap_or(Bson::Null);
    document.insert("type", id);
    let recipe = bson::deserialize_from_document(document)?;
    validate(&recipe)?;
    Ok(recipe)
}

async fn in_time<T>(command: impl Future<Output = Answer<T>>) -> Result<T, Cause> {
    match tokio::time::timeout(COMMAND, command).await {
        Ok(answer) => answer.map_err(|error| Cause::from(*error.kind)),
        Err(_) => Err(format!("no answer within {} s", COMMAND.as_secs()).into()),
    }
}

/// The driver's own words may quote a piece of the password, so they are left out where there is one.
fn refused(url: &str, error: &DriverError) -> CatalogError {
    CatalogError::Url(if url.contains('@') {
        "is not a valid MongoDB URL: user name and password must be percent-encoded".into()
    } else {
        format!("is not a valid MongoDB URL: {}", error.kind)
    })
}

/// The URL for messages. It has been parsed: what stands before `@` holds no `@`, `:` or `?` raw.
fn without_secrets(url: &str) -> String {
    let url = url.split('?').next().unwrap_or_default();
    match url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.split_once('@')?))) {
        Some((scheme, (user, host))) => {
            format!("{scheme}://{}:***@{host}", user.split(':').next().unwrap_or_default())
        }
        None => url.into(),
    }
}
