//! Which orders a list shows or a bulk recovery means: the same fields, as query or as JSON.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use order_core::{OrderId, Status};
use serde_json::Value;
use url::form_urlencoded;
use utoipa::{IntoParams, ToSchema};

use super::validate::{ANY, Check, Object};
use super::views::OrderStatus;
use crate::order_id;
use crate::store::{Attention, OrderFilter};

/// Orders on a page when nothing is said.
const DEFAULT_LIMIT: u16 = 50;
/// Orders on a page, at most.
const MOST: u16 = 200;

/// Which orders are meant; everything given must match.
#[derive(IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[schema(rename_all = "camelCase", as = OrderFilter)]
#[expect(dead_code, reason = "describes what `Fields` takes apart field by field")]
pub(super) struct FilterFields {
    /// The state.
    #[param(inline)]
    status: Option<OrderStatus>,
    /// The pie.
    #[param(example = "apple")]
    #[schema(example = "apple")]
    pie_type: Option<String>,
    /// Created at or after this RFC 3339 time, or this date.
    #[param(example = "2025-12-17T16:00:00Z")]
    #[schema(example = "2025-12-17T16:00:00Z")]
    from: Option<String>,
    /// Created before this RFC 3339 time, or on this date at the latest.
    #[param(example = "2025-12-31")]
    #[schema(example = "2025-12-31")]
    to: Option<String>,
    /// An order's id, or the beginning of an e-mail address.
    #[param(example = "jane@")]
    #[schema(example = "jane@")]
    q: Option<String>,
    /// Only orders that need an administrator's eyes.
    #[param(inline)]
    attention: Option<AttentionKind>,
}

/// What needs an administrator's eyes: past the promised time, with failed tries, or in ERROR.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes store::Attention, which knows nothing of the API")]
pub(super) enum AttentionKind {
    Late,
    Retrying,
    Error,
}

/// Which part of a list is shown.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `Fields::page` takes apart")]
pub(super) struct PageFields {
    /// Orders on a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// `nextCursor` of the page before.
    cursor: Option<String>,
}

/// Named texts that are taken one by one; what is left over was not asked for.
pub(super) struct Fields {
    prefix: &'static str,
    values: BTreeMap<String, String>,
}

impl Fields {
    /// The parameters of a query.
    pub(super) fn of_query(query: Option<&str>, check: &mut Check) -> Self {
        let mut fields = Self { prefix: "", values: BTreeMap::new() };
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            if fields.values.insert(name.clone().into_owned(), value.into_owned()).is_some() {
                check.fail(&name, "DUPLICATE", "is given twice");
            }
        }
        fields
    }

    /// The fields of a JSON object under `filter`, at least one.
    pub(super) fn of_filter(root: &Object<'_>, check: &mut Check) -> Self {
        let mut fields = Self { prefix: "filter.", values: BTreeMap::new() };
        match root.get("filter") {
            Some(Value::Object(filter)) if !filter.is_empty() => {
                for (name, value) in filter {
                    if let Some(text) = value.as_str() {
                        fields.values.insert(name.clone(), text.to_owned());
                    } else {
                        check.fail(&format!("filter.{name}"), "INVALID_TYPE", "takes a text");
                    }
                }
            }
            _ => check.fail("filter", "REQUIRED", "takes an object with at least one field"),
        }
        fields
    }

    /// The filter that the fields make.
    pub(super) fn filter(&mut self, now: DateTime<Utc>, check: &mut Check) -> OrderFilter {
        let status = self.take("status", check).and_then(|name| {
            let status = Status::parse(&name);
            let names = || Status::ALL.map(Status::as_str).join(", ");
            self.need(check, "status", status, || format!("takes one of {}", names()))
        });
        let attention = self.take("attention", check).and_then(|name| {
            let attention = match name.as_str() {
                "late" => Some(Attention::Late { now }),
                "retrying" => Some(Attention::Retrying),
                "error" => Some(Attention::Error),
                _ => None,
            };
            self.need(check, "attention", attention, || "takes late, retrying or error".into())
        });
        let from = self.time("from", 0, check);
        let to = self.time("to", 1, check);
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            self.fail(check, "to", "must not be before from");
        }
        let q = self.take("q", check);
        let id = q.as_deref().and_then(order_id::parse);
        let email_prefix = q.filter(|_| id.is_none());
        let pie_type = self.take("pieType", check);
        OrderFilter { status, pie_type, from, to, id, email_prefix, attention }
    }

    /// How many orders are shown, and that they are older than which.
    pub(super) fn page(&mut self, check: &mut Check) -> (u16, Option<OrderId>) {
        let limit = self.take("limit", check).and_then(|text| {
            let limit = text.parse().ok().filter(|limit| (1..=MOST).contains(limit));
            self.need(check, "limit", limit, || format!("takes a number from 1 to {MOST}"))
        });
        let before = self.take("cursor", check).and_then(|text| {
            let before = order_id::parse(&text);
            self.need(check, "cursor", before, || "takes the nextCursor of a page".into())
        });
        (limit.unwrap_or(DEFAULT_LIMIT), before)
    }

    /// Reports what nobody took.
    pub(super) fn end(self, check: &mut Check) {
        for name in self.values.keys() {
            check.unknown(&format!("{}{name}", self.prefix));
        }
    }

    /// A time; a date means its first moment, or with `days` = 1 the moment after its last.
    fn time(&mut self, key: &str, days: u64, check: &mut Check) -> Option<DateTime<Utc>> {
        let text = self.take(key, check)?;
        let date = || {
            let date = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok()?;
            Some(date.checked_add_days(Days::new(days))?.and_time(NaiveTime::MIN).and_utc())
        };
        let time = DateTime::parse_from_rfc3339(&text).ok().map(|time| time.to_utc());
        let time = time.or_else(date).map(|time| time.max(DateTime::UNIX_EPOCH));
        self.need(check, key, time, || "takes an RFC 3339 time or a date: 2025-12-17".into())
    }

    fn take(&mut self, key: &str, check: &mut Check) -> Option<String> {
        let text = self.values.remove(key)?;
        if text.trim().is_empty() {
            self.fail(check, key, "must not be empty");
            return None;
        }
        check.text_is(&format!("{}{key}", self.prefix), &text, 255, ANY).then_some(text)
    }

    fn need<T>(
        &self,
        check: &mut Check,
        key: &str,
        value: Option<T>,
        message: impl FnOnce() -> String,
    ) -> Option<T> {
        if value.is_none() {
            self.fail(check, key, message());
        }
        value
    }

    fn fail(&self, check: &mut Check, key: &str, message: impl Into<String>) {
        check.fail(&format!("{}{key}", self.prefix), "INVALID", message);
    }
}
