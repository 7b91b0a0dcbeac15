//! Orders by a filter: the statement that is put together at run time.

use order_core::{OrderId, Status};
use sqlx::{QueryBuilder, Sqlite};

use super::OrderFilter;

/// A statement in the making.
pub(super) struct Statement {
    query: QueryBuilder<Sqlite>,
}

impl Statement {
    /// Lists at most `limit` orders, newest first.
    pub(super) fn list(
        filter: &OrderFilter,
        before: Option<OrderId>,
        limit: u16,
    ) -> QueryBuilder<Sqlite> {
        let query = QueryBuilder::new("select document from orders");
        let mut statement = Self { query };
        statement.test(filter, before);
        statement.query.push(" order by id desc limit ").push_bind(i64::from(limit));
        statement.query
    }

    /// All that must be true of an order.
    fn test(&mut self, filter: &OrderFilter, before: Option<OrderId>) {
        self.query.push(" where true");
        if let Some(status) = filter.status.map(Status::as_str) {
            self.query.push(" and current_state = ").push_bind(status);
        }
        if let Some(pie_type) = &filter.pie_type {
            self.query.push(" and pie_type = ").push_bind(pie_type.clone());
        }
        if let Some(from) = filter.from {
            self.query.push(" and created_at >= ").push_bind(from.timestamp_micros());
        }
        if let Some(to) = filter.to {
            self.query.push(" and created_at < ").push_bind(to.timestamp_micros());
        }
        if let Some(id) = filter.id {
            self.query.push(" and id = ").push_bind(id.0);
        }
        // Ids are in the order of creation.
        if let Some(before) = before {
            self.query.push(" and id < ").push_bind(before.0);
        }
        if let Some(prefix) = &filter.email_prefix {
            self.email(prefix);
        }
    }

    fn email(&mut self, prefix: &str) {
        // No stored text has this character.
        let prefix = prefix.replace('\0', "");
        let (query, email) = (&mut self.query, "lower(customer_email)");
        for (operator, bound) in [(">=", prefix.clone()), ("<", format!("{prefix}\u{10ffff}"))] {
            query.push(format_args!(" and {email} {operator} lower(")).push_bind(bound).push(")");
        }
    }
}
