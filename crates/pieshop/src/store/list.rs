//! The list of orders with its filters: the one statement that is put together at run time.

use chrono::{DateTime, TimeDelta, Utc};
use order_core::{OrderId, Status};
use sqlx::{Database, Encode, QueryBuilder, Type};
use uuid::Uuid;

use super::row::Time;
use super::sql::order_columns;
use super::{Attention, OrderFilter};

/// In what the two databases differ here.
#[derive(Clone, Copy)]
pub(super) struct Dialect {
    /// The e-mail address as its index has it, and the operators of that index.
    email: &'static str,
    from: &'static str,
    to: &'static str,
    /// What makes of the prefix what the index has, around the placeholder.
    fold: (&'static str, &'static str),
    /// What follows the placeholder of a state.
    state: &'static str,
}

pub(super) const SQLITE: Dialect = Dialect {
    email: "customer_email collate nocase",
    from: " >= ",
    to: " < ",
    fold: ("", ""),
    state: "",
};

pub(super) const POSTGRES: Dialect = Dialect {
    email: "lower(customer_email)",
    from: " ~>=~ ",
    to: " ~<~ ",
    fold: ("lower(", ")"),
    state: "::text::order_state",
};

/// The states of orders that are not over, so that the index of due orders serves.
const OPEN: &str =
    " and current_state in ('ORDERED', 'PICKING', 'PREPPING', 'BAKING', 'DELIVERING', 'ERROR')";

/// The statement that lists at most `limit` orders, newest first.
pub(super) fn query<DB: Database>(
    dialect: Dialect,
    filter: &OrderFilter,
    before: Option<OrderId>,
    limit: u16,
) -> QueryBuilder<DB>
where
    for<'q> Uuid: Encode<'q, DB> + Type<DB>,
    for<'q> String: Encode<'q, DB> + Type<DB>,
    for<'q> Time: Encode<'q, DB> + Type<DB>,
    for<'q> i64: Encode<'q, DB> + Type<DB>,
{
    let mut query =
        QueryBuilder::new(concat!("select ", order_columns!(), " from orders where true"));
    let texts = [&filter.pie_type, &filter.email_prefix];
    if texts.into_iter().flatten().any(|text| text.contains('\0')) {
        // No stored text has this character, and `PostgreSQL` would not even compare with it.
        query.push(" and false");
        return query;
    }
    if let Some(status) = filter.status {
        query.push(" and current_state = ").push_bind(status.as_str().to_owned());
        query.push(dialect.state);
        if matches!(status, Status::Completed | Status::Cancelled) {
            // Always so; told to the database, its index of due orders is in the order of ids.
            query.push(" and wake_at is null");
        }
    }
    if let Some(pie_type) = &filter.pie_type {
        query.push(" and pie_type = ").push_bind(pie_type.clone());
    }
    if let Some(from) = filter.from {
        query.push(" and created_at >= ").push_bind(Time(from));
        query.push(" and id >= ").push_bind(first_id(from - SLACK));
    }
    if let Some(to) = filter.to {
        query.push(" and created_at < ").push_bind(Time(to));
        query.push(" and id < ").push_bind(first_id(to + SLACK));
    }
    if let Some(id) = filter.id {
        query.push(" and id = ").push_bind(id.0);
    }
    if let Some(prefix) = &filter.email_prefix {
        let (open, close) = dialect.fold;
        let bounds = [(dialect.from, prefix.clone()), (dialect.to, format!("{prefix}\u{10ffff}"))];
        for (operator, bound) in bounds {
            query.push(" and ").push(dialect.email).push(operator);
            query.push(open).push_bind(bound).push(close);
        }
    }
    match filter.attention {
        None => {}
        Some(Attention::Error) => {
            query.push(" and current_state = 'ERROR'");
        }
        Some(Attention::Retrying) => {
            query.push(OPEN).push(" and current_state <> 'ERROR' and (tries > 0 or attempt > 1)");
        }
        Some(Attention::Late { now }) => {
            query.push(OPEN).push(" and promised_delivery < ").push_bind(Time(now));
        }
    }
    if let Some(before) = before {
        query.push(" and id < ").push_bind(before.0);
    }
    query.push(" order by id desc limit ").push_bind(i64::from(limit));
    query
}

/// Ids are made from a clock that may be read a moment before or after the time of creation.
const SLACK: TimeDelta = TimeDelta::seconds(1);

/// The smallest `UUIDv7` of a time; source: RFC 9562, section 5.7.
fn first_id(time: DateTime<Utc>) -> Uuid {
    let millis = u128::try_from(time.timestamp_millis()).unwrap_or_default();
    Uuid::from_u128(millis << 80)
}
