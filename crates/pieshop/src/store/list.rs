//! The list of orders with its filters: the one statement that is put together at run time.

use order_core::{OrderId, Status};
use sqlx::{Database, Encode, QueryBuilder, Type};
use uuid::Uuid;

use super::row::Time;
use super::sql::order_columns;
use super::{Attention, OrderFilter};

/// The states of orders that are not over, so that the index of due orders serves.
const OPEN: &str =
    " and current_state in ('ORDERED', 'PICKING', 'PREPPING', 'BAKING', 'DELIVERING', 'ERROR')";

/// The statement that lists at most `limit` orders, newest first. `email` is the address as the
/// database's index has it.
pub(super) fn query<DB: Database>(
    email: &str,
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
        query.push(format_args!(" and current_state = '{status}'"));
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
        query.push(" and id >= ").push_bind(first_id(from.timestamp_millis() - SLACK_MILLIS));
    }
    if let Some(to) = filter.to {
        query.push(" and created_at < ").push_bind(Time(to));
        query.push(" and id < ").push_bind(first_id(to.timestamp_millis() + SLACK_MILLIS));
    }
    if let Some(id) = filter.id {
        query.push(" and id = ").push_bind(id.0);
    }
    if let Some(prefix) = &filter.email_prefix {
        for (operator, bound) in [(">=", prefix.clone()), ("<", format!("{prefix}\u{10ffff}"))] {
            query.push(format_args!(" and {email} {operator} lower(")).push_bind(bound).push(")");
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
const SLACK_MILLIS: i64 = 1000;

/// The smallest `UUIDv7` of a time; source: RFC 9562, section 5.7.
pub(super) fn first_id(millis: i64) -> Uuid {
    let millis = u128::try_from(millis).unwrap_or_default().min((1 << 48) - 1);
    Uuid::from_u128(millis << 80)
}
