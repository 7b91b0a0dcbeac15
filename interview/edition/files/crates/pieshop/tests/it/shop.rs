//! A shop of a test's own: free ports, a folder that goes with it, a clock that runs fast.

use std::io::{BufRead, BufReader, Lines};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

const TOKEN: &str = "a-token-for-the-tests";
/// How long an order may take; at this pace a life takes a second.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running shop, ended when it is dropped.
pub(crate) struct Shop {
    process: Child,
    pub(crate) base: String,
    client: reqwest::Client,
    /// A service that nobody listens to any more ends.
    _said: Lines<BufReader<ChildStdout>>,
    _data: TempDir,
}

impl Shop {
    /// Starts the service and three robots that do not fail.
    pub(crate) fn open() -> Self {
        // Another program may take a port before the service does.
        (0..5).find_map(|_| Self::try_open()).expect("the shop does not open")
    }

    fn try_open() -> Option<Self> {
        let data = tempfile::tempdir().unwrap();
        let [picker, baker, delivery, shop] = free_ports();
        let mut command = Command::new(env!("CARGO_BIN_EXE_pieshop"));
        command.args(["up", "--pace", "3000", "--failure-rate", "0"]);
        command.args(["--port", &shop, "--picker-port", &picker]);
        command.args(["--baker-port", &baker, "--delivery-port", &delivery]);
        command.arg("--data").arg(data.path()).env("PIESHOP_AUTH__ADMIN_TOKEN", TOKEN);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines();
        let opened = said.by_ref().map_while(Result::ok).any(|line| line.contains("shop is open"));
        if !opened {
            process.wait().unwrap();
            return None;
        }
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
        let base = format!("http://127.0.0.1:{shop}");
        Some(Self { process, base, client, _said: said, _data: data })
    }

    /// Sends a request as a customer.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> (StatusCode, Value) {
        answer(self.request(method, path), body).await
    }

    /// Sends a request as the administrator.
    pub(crate) async fn call_as_administrator(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> (StatusCode, Value) {
        answer(self.request(method, path).bearer_auth(TOKEN), body).await
    }

    /// Orders a pie and returns the order's id.
    pub(crate) async fn order(&self, order: &Value) -> String {
        let (status, body) = self.call(Method::POST, "/api/orders", Some(order)).await;
        assert_eq!(StatusCode::CREATED, status, "{body}");
        body["orderId"].as_str().unwrap().to_owned()
    }

    /// Waits until an order is in a state; returns it.
    pub(crate) async fn until(&self, id: &str, state: &str) -> Value {
        let path = format!("/api/orders/{id}");
        for _ in 0..PATIENCE.as_millis() / 50 {
            let (_, order) = self.call(Method::GET, &path, None).await;
            if order["status"] == state {
                return order;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{id} does not become {state}");
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An order that is right.
pub(crate) fn an_apple_pie() -> Value {
    json!({
        "pieType": "apple",
        "customer": {"name": "Jane Doe", "email": "jane@example.com", "phone": "+1-555-0123"},
        "deliveryAddress": {
            "street": "123 Main St", "city": "Springfield", "state": "IL", "zip": "62701"
        },
    })
}

async fn answer(request: reqwest::RequestBuilder, body: Option<&Value>) -> (StatusCode, Value) {
    let request = match body {
        Some(body) => request.json(body),
        None => request,
    };
    let answer = request.send().await.unwrap();
    (answer.status(), answer.json().await.unwrap_or(Value::Null))
}

fn free_ports() -> [String; 4] {
    let listeners = [(); 4].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|it| it.local_addr().unwrap().port().to_string())
}
