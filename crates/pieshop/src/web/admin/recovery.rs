//! Puts right what a filter finds in error: asks once more, naming the number, and then does it.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use order_core::{Order, RecoveryAction, Status};
use serde_json::json;

use super::counters::at_least;
use super::form::AdminForm;
use super::query::Asked;
use super::session::Session;
use crate::filter::Fields;
use crate::orchestrator::CommandError;
use crate::orchestrator::writer::Chain;
use crate::recovery::recovery;
use crate::store::{OrderFilter, StoreError, Tally};
use crate::validate::{Check, FieldError};
use crate::web::Web;
use crate::web::form::{FIELDS, Field, Problem, problems};
use crate::web::page::Page;
use crate::web::trouble::{Trouble, trouble};
use crate::web::words::{Badge, grouped};

/// Orders that are put right at a time, so that the answer comes before the request's time is over.
const MOST: u64 = 1000;
/// Orders that are shown of those that are meant.
const SAMPLE: u16 = 5;

/// The part of the dashboard that leads here.
pub(super) struct Bulk {
    /// Whether the filter can be used and names less than all orders.
    pub(super) possible: bool,
    pub(super) texts: Vec<(&'static str, String)>,
}

impl Bulk {
    /// For what was asked of the dashboard.
    pub(super) fn of(asked: &Asked) -> Self {
        let possible = asked.filtered() && asked.errors.is_empty();
        Self { possible, texts: asked.texts.clone() }
    }
}

#[derive(Template)]
#[template(path = "recovery.html")]
struct Recovery {
    title: String,
    csrf: String,
    heading: String,
    error_title: &'static str,
    errors: Vec<Problem>,
    explanation: &'static str,
    cut: String,
    filter_lines: Vec<(&'static str, String)>,
    filter_fields: Vec<(&'static str, String)>,
    sample_title: &'static str,
    sample: Vec<Order>,
    action: &'static str,
    note: Field,
    most: u64,
    possible: bool,
    dangerous: bool,
    button: String,
    back_url: String,
}

/// Says that some orders may be put right, and some not.
#[derive(Template)]
#[template(path = "halfway.html")]
struct Halfway;

/// What is to be done to which orders.
struct Wanted {
    asked: Asked,
    action: RecoveryAction,
    note_text: String,
    note: Option<String>,
    /// Orders that the page before named.
    named: u64,
    errors: Vec<FieldError>,
}

/// `GET /admin/recovery`: asks.
pub(super) async fn ask(
    session: Session,
    State(web): State<Web>,
    RawQuery(query): RawQuery,
) -> Response {
    let mut check = Check::default();
    let fields = Fields::of_query(query.as_deref(), &mut check);
    let mut wanted = Wanted::of(&web, fields, check);
    // A note comes with the answer; the question needs none yet.
    wanted.errors.retain(|error| error.field != "note");
    page(&web, &session, &wanted, false).await
}

/// `POST /admin/recovery`: does it.
pub(super) async fn act(
    State(web): State<Web>,
    AdminForm(session, values): AdminForm<BTreeMap<String, String>>,
) -> Response {
    let wanted = Wanted::of(&web, Fields { values }, Check::default());
    if !wanted.asked.errors.is_empty() || !wanted.errors.is_empty() {
        return page(&web, &session, &wanted, true).await;
    }
    let Some(filter) = wanted.meant() else { return page(&web, &session, &wanted, true).await };
    let most = wanted.named.min(MOST);
    match web.orders.recover_all(&filter, wanted.action, wanted.note.clone(), most).await {
        Ok(done) => {
            let done = format!("recovered-{}-{}", done.changed, done.skipped);
            Redirect::to(&wanted.asked.url("/admin", &[("done", &done)])).into_response()
        }
        Err(error) => halfway(&error),
    }
}

/// The database went away meanwhile.
fn halfway(error: &CommandError) -> Response {
    tracing::error!(error = %Chain(error), "a recovery of many orders stopped halfway");
    let retry_after = [(header::RETRY_AFTER, "5")];
    (retry_after, Page(StatusCode::SERVICE_UNAVAILABLE, Halfway)).into_response()
}

/// What was put right just now.
pub(super) fn notice(done: &str) -> Option<String> {
    let (changed, skipped) = done.strip_prefix("recovered-")?.split_once('-')?;
    let (changed, skipped): (u32, u32) = (changed.parse().ok()?, skipped.parse().ok()?);
    let left = match skipped {
        0 => String::new(),
        1 => " 1 was left alone: it had changed meanwhile.".into(),
        _ => format!(" {} were left alone: they had changed meanwhile.", grouped(skipped.into())),
    };
    Some(match changed {
        0 => format!("Nothing was changed: no order in error matched any more.{left}"),
        1 => format!("1 order was put right.{left}"),
        _ => format!("{} orders were put right.{left}", grouped(changed.into())),
    })
}

impl Wanted {
    fn of(web: &Web, mut fields: Fields, check: Check) -> Self {
        let mut text = |name: &str| fields.text(name).unwrap_or_default();
        let (action, note_text, named) = (text("action"), text("note"), text("most"));
        let body = json!({ "action": action, "note": note_text });
        let mut own = Check::default();
        let root = own.root(&body, &["action", "note"]);
        let (action, note) = recovery(&root, &mut own);
        let mut asked = Asked::of(fields, check, web.orders.ambient.clock.now());
        if !asked.filtered() {
            let (field, message) = ("filter".into(), "is required: nothing is done to all".into());
            asked.errors.push(FieldError { field, code: "REQUIRED", message });
        }
        let named = named.parse().unwrap_or_default();
        Self { asked, action, note_text, note, named, errors: own.into_errors() }
    }

    /// The orders that are meant: those in error; `None` where the filter is of another state.
    fn meant(&self) -> Option<OrderFilter> {
        let filter = self.asked.filter.clone();
        let error = filter.status.is_none_or(|status| status == Status::Error);
        error.then_some(OrderFilter { status: Some(Status::Error), ..filter })
    }
}

async fn page(web: &Web, session: &Session, wanted: &Wanted, refused: bool) -> Response {
    match Recovery::new(web, session, wanted).await {
        Ok(page) if refused || !page.errors.is_empty() => {
            Page(StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
        Ok(page) => Page(StatusCode::OK, page).into_response(),
        Err(error) => trouble(Trouble::Away(&error)),
    }
}

impl Recovery {
    async fn new(web: &Web, session: &Session, wanted: &Wanted) -> Result<Self, StoreError> {
        let Wanted { asked, action, errors, .. } = wanted;
        let mut problems = problems(&asked.errors);
        problems.extend(errors.iter().map(|error| {
            let (field, name) =
                if error.field == "note" { ("note", "Note") } else { ("", "Action") };
            Problem { field, message: format!("{name} {}", error.message) }
        }));
        let usable = asked.errors.is_empty() && errors.iter().all(|error| error.field == "note");
        let (tally, orders) = match wanted.meant().filter(|_| usable) {
            Some(filter) => {
                let tallies = web.orders.store.tally(std::slice::from_ref(&filter)).await?;
                let sample = web.orders.store.look(&filter, None, SAMPLE).await?.orders;
                (tallies.first().copied().unwrap_or_default(), sample)
            }
            None => (Tally { matched: 0, all: true }, Vec::new()),
        };
        let number = tally.matched.min(MOST);
        let possible = number > 0;
        let words = Words::of(*action, &orders_in_words(number));
        let heading = if possible { words.heading } else { "Nothing to put right".into() };
        let failed = if problems.is_empty() { "" } else { "Error: " };
        Ok(Self {
            title: format!("{failed}{heading} – Pie Shop Kitchen"),
            csrf: session.csrf.clone(),
            heading,
            error_title: if problems.is_empty() { "" } else { "Nothing was done yet" },
            errors: problems,
            explanation: match (usable, possible) {
                (false, _) => "Go back and choose again.",
                (true, false) => "No order in error matches this filter any more.",
                (true, true) => words.explanation,
            },
            cut: cut(tally),
            filter_lines: lines(asked),
            filter_fields: asked.texts.clone(),
            sample_title: if number > u64::from(SAMPLE) {
                "The five newest of them"
            } else {
                "They are"
            },
            sample: orders,
            action: words.action,
            note: Field::of(&wanted.note_text, "note", errors),
            most: number,
            possible,
            dangerous: *action != RecoveryAction::Retry,
            button: words.button,
            back_url: asked.url("/admin", &[]),
        })
    }
}

/// The filter line by line, as people read it.
fn lines(asked: &Asked) -> Vec<(&'static str, String)> {
    let line = |(name, text): &(&str, String)| {
        let label = FIELDS.iter().find(|(known, ..)| known == name).map_or("", |it| it.2);
        let words = match (*name, text.as_str()) {
            ("status", text) => Status::parse(text).map_or(text, |it| Badge::from(it).word),
            ("attention", "error") => "In error",
            ("attention", "late") => "Late",
            ("attention", "retrying") => "Retrying",
            (_, text) => text,
        };
        (label, words.to_owned())
    };
    asked.texts.iter().map(line).collect()
}

/// What is said of an action on so many orders.
struct Words {
    action: &'static str,
    heading: String,
    button: String,
    explanation: &'static str,
}

impl Words {
    fn of(action: RecoveryAction, orders: &str) -> Self {
        match action {
            RecoveryAction::Retry => Self {
                action: "retry",
                heading: format!("Retry {orders}?"),
                button: format!("Retry {orders}"),
                explanation: "Each one tries the stage that failed again. An order that is not \
                              in error any more when you confirm is left alone.",
            },
            RecoveryAction::Skip => Self {
                action: "skip",
                heading: format!("Skip a stage of {orders}?"),
                button: format!("Skip it for {orders}"),
                explanation: "The stage that failed counts as done, and the order goes on with \
                              the next.",
            },
            RecoveryAction::Close => Self {
                action: "close",
                heading: format!("Close {orders}?"),
                button: format!("Close {orders}"),
                explanation: "Each one ends as cancelled. This cannot be undone.",
            },
        }
    }
}

fn orders_in_words(number: u64) -> String {
    match number {
        1 => "1 order".into(),
        number => format!("{} orders", grouped(i64::try_from(number).unwrap_or(i64::MAX))),
    }
}

/// What is said where not all are meant.
fn cut(tally: Tally) -> String {
    let number = at_least(tally);
    match (tally.matched > MOST, tally.all) {
        (true, _) => format!(
            "In all, {number} orders match. Only the {} newest are meant; repeat it for the rest.",
            orders_in_words(MOST).trim_end_matches(" orders")
        ),
        (false, false) => format!("There may be more than {number}: repeat it for the rest."),
        (false, true) => String::new(),
    }
}
