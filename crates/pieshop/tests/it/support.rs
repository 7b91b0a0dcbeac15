//! A shop of a test's own, served on a free port, and its customers. Every documented answer is
//! held against the contract on the way.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use contract_testing::{Contract, Pair};
use order_core::{
    Address, Customer, Job, JobReport, JobStatus, Moment, Order, Outcome, Policy, Request, Stage,
    State, Status, Step,
};
use pieshop::app;
use pieshop::catalog::{Catalog, EmbeddedCatalog};
use pieshop::clock::{Ambient, Clock, Entropy, system_time};
use pieshop::config::{Config, Sources};
use pieshop::http::connections::{self, Limits};
use pieshop::http::{ApiState, TokenHash, router};
use pieshop::orchestrator::{Orchestrator, Settings};
use pieshop::order_id;
use pieshop::robots::Robots;
use pieshop::store::{self, Change, NewOrder, SharedStore};
use pieshop::web::{self, Credentials, WebState};
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::counting::{Counting, Reads};
use crate::database::TestDatabase;

/// The administrator's token.
pub(crate) const TOKEN: &str = "a-token-for-tests";

/// The administrator's password.
pub(crate) const PASSWORD: &str = "a-password-for-tests";

/// The contract that the API is held against.
pub(crate) static CONTRACT: LazyLock<Contract> =
    LazyLock::new(|| Contract::load(contract_file()).unwrap());

/// Where the contract is kept.
pub(crate) fn contract_file() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/order-api.yaml")
}

/// What a shop is made of, where it is not the usual.
pub(crate) struct Setup {
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) robots: Arc<dyn Robots>,
    /// Whether orders are carried out.
    pub(crate) lanes: bool,
    pub(crate) pace: u32,
    pub(crate) request_timeout: Duration,
    pub(crate) commit_deadline: Duration,
    pub(crate) limits: Limits,
    /// Counts how often orders are looked for.
    pub(crate) reads: Option<Arc<Reads>>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            catalog: Arc::new(EmbeddedCatalog::default()),
            robots: Arc::new(InstantRobots),
            lanes: false,
            pace: 1,
            request_timeout: Duration::from_secs(30),
            commit_deadline: Duration::from_secs(10),
            limits: Limits { connections: 1000, idle: Duration::from_secs(75) },
            reads: None,
        }
    }
}

/// A running shop.
pub(crate) struct Shop {
    pub(crate) base: String,
    pub(crate) router: axum::Router,
    pub(crate) store: SharedStore,
    pub(crate) policy: Arc<Policy>,
    pub(crate) stop: CancellationToken,
    client: reqwest::Client,
    _folder: Option<TempDir>,
}

impl Shop {
    /// On the embedded database. Nothing happens to its orders by itself.
    pub(crate) async fn open() -> Self {
        Self::with(Setup::default()).await
    }

    /// On the embedded database.
    pub(crate) async fn with(setup: Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("pieshop.db").display());
        Self { _folder: Some(folder), ..Self::on(&url, setup).await }
    }

    /// On a PostgreSQL database of its own.
    pub(crate) async fn on_postgres() -> Self {
        let database = TestDatabase::migrated().await;
        Self::on(&database.url, Setup::default()).await
    }

    /// On a database that is there.
    pub(crate) async fn on(url: &str, setup: Setup) -> Self {
        let store = store::open(url, 8, Duration::from_secs(10)).await.unwrap();
        let store: SharedStore = match setup.reads {
            Some(reads) => Arc::new(Counting { store, reads }),
            None => store,
        };
        let clock = Arc::new(Clock::starting_at(system_time()));
        let ambient = Ambient { clock, entropy: Arc::new(Entropy::from_system().unwrap()) };
        let flags = vec![("pace".to_owned(), setup.pace.to_string())];
        let config = Config::load(&Sources { flags, ..Sources::default() }).unwrap();
        let policy = Arc::new(app::policy(&config));
        let settings = Settings {
            lease: Duration::from_secs(30),
            poll_interval: Duration::from_millis(100),
            sweep_interval: Duration::from_secs(1),
            commit_deadline: setup.commit_deadline,
            idempotency_keep: Duration::from_hours(24),
            calls: [8, 8, 8],
        };
        let lanes = setup.lanes.then_some(&setup.robots);
        let orchestrator = Orchestrator::start(&store, lanes, &ambient, &policy, &settings);
        let stop = CancellationToken::new();
        let pages = web::router(WebState {
            orders: orchestrator.orders.clone(),
            observer: orchestrator.observer.clone(),
            catalog: setup.catalog.clone(),
            robots: setup.robots.clone(),
            credentials: Arc::new(Credentials::new(Some(PASSWORD), TOKEN)),
        });
        let api = ApiState {
            orders: orchestrator.orders.clone(),
            observer: orchestrator.observer.clone(),
            catalog: setup.catalog,
            robots: setup.robots,
            admin: TokenHash::of(TOKEN),
            body_limit: 65536,
            request_timeout: setup.request_timeout,
        };
        let stopped = stop.clone();
        tokio::spawn(async move {
            stopped.cancelled().await;
            orchestrator.stop().await;
        });
        let router = router(api, pages, web::no_page);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(connections::serve(listener, router.clone(), setup.limits, stop.clone()));
        // Only the first test of the process installs it; the others find it in place.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(30))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { base, router, store, policy, stop, client, _folder: None }
    }

    pub(crate) fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str) -> Call {
        self.call(Method::POST, path)
    }

    pub(crate) fn call(&self, method: Method, path: &str) -> Call {
        let request = self.client.request(method.clone(), format!("{}{path}", self.base));
        Call { method, path: path.into(), request, body: None, documented: true }
    }

    /// What is answered to bytes that no proper client would send.
    pub(crate) async fn spoken_to(&self, bytes: &[u8]) -> String {
        let address = self.base.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// Places the usual order and returns its id.
    pub(crate) async fn order(&self) -> String {
        self.order_of(&new_order()).await
    }

    /// Places an order and returns its id.
    pub(crate) async fn order_of(&self, order: &Value) -> String {
        let answer = self.post("/api/orders").json(order).send().await;
        assert_eq!(201, answer.status, "{}", answer.body);
        answer.body["orderId"].as_str().unwrap().to_owned()
    }

    /// Puts many orders into the store, and returns their ids, sorted.
    pub(crate) async fn stock(&self, count: usize) -> Vec<String> {
        let (entropy, now) = (Entropy::seeded(1), system_time());
        let recipe = EmbeddedCatalog::default().find("apple").unwrap();
        let text = |text: &str| text.to_owned();
        let customer =
            Customer { name: text("X"), email: text("x@example.com"), phone: text("5550123") };
        let (street, city) = (text("1 Pie Ave"), text("Reno"));
        let address = Address { street, city, state: text("NV"), zip: text("89501") };
        let mut ids = Vec::new();
        for _ in 0..count.div_ceil(500) {
            let mut batch = Vec::new();
            for _ in 0..500 {
                let id = entropy.order_id(now);
                let (customer, address) = (customer.clone(), address.clone());
                let placed = Order::place(id, customer, address, recipe.clone(), now, &self.policy);
                let entry = placed.entry.unwrap();
                batch.push(NewOrder { order: placed.order, entry, key: None });
                ids.push(order_id::public(id));
            }
            self.store.place(&batch).await.unwrap();
        }
        ids.sort_unstable();
        ids
    }

    /// The order as the administrator changes it: with its entity tag.
    pub(crate) async fn shown(&self, id: &str) -> Answer {
        let answer = self.get(&format!("/api/orders/{id}")).send().await;
        assert_eq!(200, answer.status, "{}", answer.body);
        answer
    }

    /// Lets robots do their work until the order is in `status`; into ERROR, the oven burns the pie.
    pub(crate) async fn bring(&self, id: &str, status: Status) {
        let id = order_id::parse(id).unwrap();
        loop {
            let order = self.store.order(id).await.unwrap().unwrap().order;
            if order.status() == status {
                return;
            }
            let now = order.wake_at.unwrap_or(order.updated_at);
            let outcome = next_outcome(&order, status);
            let next = order.apply(outcome, Moment { now, jitter: 0.5 }, &self.policy).unwrap();
            let change = Change { order: next.order, entry: next.entry, lease: None };
            assert_eq!(vec![true], self.store.change(&[change]).await.unwrap());
        }
    }
}

fn next_outcome(order: &Order, goal: Status) -> Outcome {
    let Some(work) = order.state().work() else { return Outcome::Due };
    let completed = || JobReport { status: JobStatus::Completed, eta: None };
    match (order.state(), &work.step) {
        (_, Step::Calling) => accept(&work.request, work.key(order.id)),
        (State::Baking(_), _) if goal == Status::Error => Outcome::Report(JobReport {
            status: JobStatus::Failed { code: "BURNT".into(), message: "black".into() },
            eta: None,
        }),
        _ => Outcome::Report(completed()),
    }
}

/// The robot of the request takes it on.
fn accept(request: &Request, id: Uuid) -> Outcome {
    let id = id.to_string();
    let job = match request.stage() {
        Stage::Picking | Stage::Prepping => Job::Pick { id },
        Stage::Baking => Job::Bake { id, oven: "oven-1".into() },
        Stage::Delivering => Job::Deliver { id, drone: "drone-1".into() },
    };
    Outcome::Accepted { job, eta: system_time() }
}

/// A request in the making.
pub(crate) struct Call {
    method: Method,
    path: String,
    request: reqwest::RequestBuilder,
    body: Option<Value>,
    documented: bool,
}

impl Call {
    pub(crate) fn admin(self) -> Self {
        self.header("authorization", &format!("Bearer {TOKEN}"))
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.request = self.request.json(body);
        self.body = Some(body.clone());
        self
    }

    pub(crate) fn raw(mut self, content_type: &str, body: impl Into<reqwest::Body>) -> Self {
        self.request = self.request.header("content-type", content_type).body(body);
        self
    }

    /// The contract does not speak of this request.
    pub(crate) fn undocumented(mut self) -> Self {
        self.documented = false;
        self
    }

    /// The answer as it comes, for streams.
    pub(crate) async fn stream(self) -> reqwest::Response {
        self.request.send().await.unwrap()
    }

    /// An answer that never ends, without its body.
    pub(crate) async fn stream_head(self) -> Answer {
        let response = self.request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let pair = self.documented.then(|| pair(&self.method, &self.path, status, &Value::Null));
        Answer { status, headers, body: Value::Null, text: String::new(), pair }
    }

    pub(crate) async fn send(self) -> Answer {
        let response = self.request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let json = headers.get("content-type").is_some_and(|it| it == "application/json");
        let body = if json { serde_json::from_str(&text).unwrap() } else { Value::Null };
        let pair = self.documented.then(|| pair(&self.method, &self.path, status, &body));
        if let Some(sent) = self.body.filter(|_| self.documented && status < 300) {
            let fits = CONTRACT.check_request(self.method.as_str(), &self.path, &sent);
            fits.unwrap_or_else(|error| panic!("accepted, but {error}"));
        }
        Answer { status, headers, body, text, pair }
    }
}

/// The documented answer that this is.
fn pair(method: &Method, path: &str, status: u16, body: &Value) -> Pair {
    let pair = CONTRACT.check_response(method.as_str(), path, status, body);
    pair.unwrap_or_else(|error| panic!("{error}"))
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// Null where the answer is no JSON.
    pub(crate) body: Value,
    pub(crate) text: String,
    /// The documented answer that it is.
    pub(crate) pair: Option<Pair>,
}

impl Answer {
    /// Status and error code.
    pub(crate) fn error(&self) -> (u16, &str) {
        (self.status, self.body["error"].as_str().unwrap_or_default())
    }

    /// Each wrong field with its code.
    pub(crate) fn fields(&self) -> Vec<(&str, &str)> {
        let fields = self.body["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
        let text = |field: &'_ Value, key: &str| field[key].as_str().unwrap().to_owned();
        assert!(fields.iter().all(|field| !text(field, "message").is_empty()));
        fields
            .iter()
            .map(|field| (field["field"].as_str().unwrap(), field["code"].as_str().unwrap()))
            .collect()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

/// The specification's order.
pub(crate) fn new_order() -> Value {
    json!({
        "pieType": "apple",
        "customer": {"name": "Jane Doe", "email": "jane@example.com", "phone": "+1-555-0123"},
        "deliveryAddress": {
            "street": "123 Main St", "city": "Springfield", "state": "IL", "zip": "62701",
        },
    })
}

/// Robots that are done the moment they are asked.
pub(crate) struct InstantRobots;

#[async_trait]
impl Robots for InstantRobots {
    async fn submit(&self, key: Uuid, request: &Request) -> Outcome {
        accept(request, key)
    }

    async fn poll(&self, _: &Job) -> Outcome {
        Outcome::Report(JobReport { status: JobStatus::Completed, eta: None })
    }

    async fn cancel(&self, _: &Job) -> Outcome {
        Outcome::Cancelled(JobStatus::Cancelled)
    }
}
