//! The dashboard: which orders there are, and how the kitchen is doing.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use order_core::{Order, Status};

use super::board::{self, Frame};
use super::faults::{self, Faults};
use super::live::Live;
use super::query::Asked;
use super::recovery::{self, Bulk};
use super::robots::RobotList;
use super::rows::Rows;
use super::session::Session;
use crate::filter::Fields;
use crate::order_id;
use crate::store::{LOOKED_AT, Looked, StoreError};
use crate::validate::Check;
use crate::web::Web;
use crate::web::form::{Field, Problem};
use crate::web::page::{Page, filters};
use crate::web::trouble::{Trouble, trouble};
use crate::web::words::{Badge, grouped};

#[derive(Template)]
#[template(path = "dashboard.html")]
struct Dashboard {
    title: String,
    csrf: String,
    notice: String,
    live: Live,
    refresh_url: String,
    error_title: &'static str,
    errors: Vec<Problem>,
    list_title: String,
    filter: FilterForm,
    board: Arc<Frame>,
    rows: Rows,
    caption: String,
    newest_url: String,
    older_url: String,
    empty_title: &'static str,
    empty_text: &'static str,
    bulk: Bulk,
    robots: RobotList,
    faults: Option<Faults>,
}

/// The form of the filter.
struct FilterForm {
    status: Select,
    pie: Select,
    attention: Select,
    from: Field,
    to: Field,
    q: Field,
    /// Whether anything is filtered.
    on: bool,
    view: Vec<(&'static str, String)>,
}

struct Select {
    options: Vec<Choice>,
    error: String,
}

/// One of several.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) selected: bool,
}

/// Orders of one page.
struct Listed {
    orders: Vec<Order>,
    /// Whether older ones match too.
    more: bool,
    /// Whether every order was looked at that could match.
    all: bool,
}

/// `GET /admin`
pub(super) async fn show(
    session: Session,
    State(web): State<Web>,
    RawQuery(query): RawQuery,
) -> Response {
    let mut check = Check::default();
    let mut fields = Fields::of_query(query.as_deref(), &mut check);
    let done = fields.text("done").unwrap_or_default();
    let asked = Asked::of(fields, check, web.orders.ambient.clock.now());
    let made = async {
        let board = board::frame(&web).await?;
        let listed = list(&web, &asked).await?;
        let page = Dashboard::new(&web, session, &asked, board, &listed, &done).await;
        Ok::<_, StoreError>(page)
    };
    match made.await {
        Ok(page) if asked.errors.is_empty() => Page(StatusCode::OK, page).into_response(),
        Ok(page) => Page(StatusCode::UNPROCESSABLE_ENTITY, page).into_response(),
        Err(error) => trouble(Trouble::Away(&error)),
    }
}

/// The orders of the page; none where the filter cannot be used.
async fn list(web: &Web, asked: &Asked) -> Result<Listed, StoreError> {
    if !asked.errors.is_empty() {
        return Ok(Listed { orders: Vec::new(), more: false, all: true });
    }
    // One more than is shown tells whether there are older ones.
    let store = &web.orders.store;
    let Looked { mut orders, all } =
        store.look(&asked.filter, asked.before, asked.limit + 1).await?;
    let more = orders.len() > usize::from(asked.limit);
    orders.truncate(asked.limit.into());
    Ok(Listed { orders, more, all })
}

impl Dashboard {
    async fn new(
        web: &Web,
        session: Session,
        asked: &Asked,
        board: Arc<Frame>,
        listed: &Listed,
        done: &str,
    ) -> Self {
        let wrong = !asked.errors.is_empty();
        let title = asked.title();
        let cursor = asked.before.map(order_id::public);
        let here: Vec<_> = cursor.iter().map(|cursor| ("cursor", cursor.as_str())).collect();
        let oldest = listed.orders.last().filter(|_| listed.more);
        let rows = Rows::of(&listed.orders, web.orders.ambient.clock.now());
        let (empty_title, empty_text) = match (wrong, asked.filtered(), asked.before) {
            _ if !listed.all => (
                "No order that was looked at matches this filter",
                "There are too many to look at them all: say when they were created.",
            ),
            (true, ..) => ("This filter cannot be used", "Mend the field that is marked above."),
            (_, true, None) => {
                ("No order matches this filter", "Widen it, or clear it to see all orders.")
            }
            (_, _, Some(_)) => ("There are no older orders", "Go back to the newest ones."),
            (_, false, None) => {
                ("No orders yet", "They appear here as soon as somebody is hungry.")
            }
        };
        Self {
            title: format!("{}{title} – Pie Shop Kitchen", if wrong { "Error: " } else { "" }),
            csrf: session.csrf,
            notice: notice(done),
            live: Live::of(asked, &listed.orders),
            refresh_url: asked.url("/admin", &here),
            error_title: if wrong { "This filter cannot be used" } else { "" },
            errors: asked.problems(),
            list_title: title,
            filter: FilterForm::of(web, asked),
            caption: caption(asked, listed, &board),
            board,
            rows,
            newest_url: match asked.before {
                Some(_) => asked.url("/admin", &[]),
                None => String::new(),
            },
            older_url: oldest.map_or_else(String::new, |oldest| {
                asked.url("/admin", &[("cursor", &order_id::public(oldest.id))])
            }),
            empty_title,
            empty_text,
            bulk: Bulk::of(asked),
            robots: RobotList::now(web).await,
            faults: Faults::now(web).await,
        }
    }
}

/// What was done just now, on the page before.
fn notice(done: &str) -> String {
    recovery::notice(done).or_else(|| faults::notice(done)).unwrap_or_default()
}

/// How many orders are shown, and of how many.
fn caption(asked: &Asked, listed: &Listed, board: &Frame) -> String {
    let shown = listed.orders.len();
    let total = grouped(board.counts.values().sum());
    if !listed.all {
        let looked_at = grouped(LOOKED_AT.into());
        return format!(
            "{shown} of the {looked_at} orders that were looked at match, and there may be more: \
             say when they were created"
        );
    }
    match (asked.before.is_some(), listed.more, asked.filtered()) {
        (true, true, _) => format!("{shown} orders, newest first; there are older ones"),
        (true, false, _) => format!("The last {shown}: no older orders match"),
        (false, true, true) => {
            format!("The {shown} newest of the orders that match; there are older ones")
        }
        (false, true, false) => format!("The {shown} newest of {total} orders"),
        (false, false, true) if shown == 1 => "One order matches".into(),
        (false, false, true) => format!("{shown} orders match, newest first"),
        (false, false, false) if shown == 1 => "The only order".into(),
        (false, false, false) => format!("All {shown} orders, newest first"),
    }
}

impl FilterForm {
    fn of(web: &Web, asked: &Asked) -> Self {
        let field = |name: &str| Field::of(asked.text(name), name, &asked.errors);
        let select = |name: &str, options: Vec<(String, String)>| {
            let Field { value: chosen, error } = field(name);
            let choice = |(value, label): (String, String)| Choice {
                selected: value == chosen,
                value,
                label,
            };
            Select { options: options.into_iter().map(choice).collect(), error }
        };
        let status = |status: Status| (status.as_str().into(), Badge::from(status).word.into());
        let (pies, chosen) = (web.catalog.pies(), asked.text("pieType"));
        let mut options: Vec<_> =
            pies.iter().map(|pie| (pie.pie_type.clone(), pie.name.clone())).collect();
        // One that is not on offer any more was ordered all the same.
        if !chosen.is_empty() && pies.iter().all(|pie| pie.pie_type != chosen) {
            options.push((chosen.to_owned(), chosen.to_owned()));
        }
        let kinds = [("late", "Late"), ("retrying", "Retrying"), ("error", "In error")];
        let kinds = kinds.map(|(value, label)| (value.to_owned(), label.to_owned()));
        Self {
            status: select("status", Status::ALL.map(status).into()),
            pie: select("pieType", options),
            attention: select("attention", kinds.into()),
            from: field("from"),
            to: field("to"),
            q: field("q"),
            on: asked.filtered(),
            view: asked.view.clone(),
        }
    }
}
