//! Which orders a list shows or a bulk recovery means: the same fields, as query or as JSON.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use order_core::{OrderId, Status};
use serde_json::Value;
use url::form_urlencoded;
use utoipa::{IntoParams, ToSchema};

use super::openapi;
use super::views::OrderStatus;
use crate::order_id;
use crate::store::{Attention, OrderFilter};
use crate::validate::{ANY, Check, Object, trimmed};

/// Orders on a page when nothing is said.
const DEFAULT_LIMIT: u16 = 50;
/// Orders on a page, at most.
const MOST: u16 = 200;
const TIME: &str = "takes an RFC 3339 time or a date: 2025-12-17";

/// Which orders are meant; everything given must match.
#[derive(IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[schema(rename_all = "camelCase", min_properties = 1, as = OrderFilter)]
#[expect(dead_code, reason = "describes what `Fields` takes apart field by field")]
pub(super) struct FilterFields {
    /// The state.
    #[param(inline)]
    #[schema(value_type = OrderStatus, required = false)]
    status: Option<OrderStatus>,
    /// The pie.
    #[param(min_length = 1, max_length = 255, example = "apple")]
    #[schema(min_length = 1, max_length = 255, nullable = false)]
    pie_type: Option<String>,
    /// Created at or after this RFC 3339 time, or this date.
    #[param(schema_with = openapi::moment, required = false, example = "2025-12-17T16:00:00Z")]
    #[schema(schema_with = openapi::moment, required = false)]
    from: Option<String>,
    /// Created before this RFC 3339 time, or on this date at the latest.
    #[param(schema_with = openapi::moment, required = false, example = "2025-12-31")]
    #[schema(schema_with = openapi::moment, required = false)]
    to: Option<String>,
    /// An order's id, or the beginning of an e-mail address.
    #[param(min_length = 1, max_length = 255, example = "jane@")]
    #[schema(min_length = 1, max_length = 255, nullable = false)]
    q: Option<String>,
    /// Only orders that need an administrator's eyes.
    #[param(inline)]
    #[schema(value_type = AttentionKind, required = false)]
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
    #[param(pattern = "^ord_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
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
        let any = |text: &str| Some(text.to_owned());
        let attention = |text: &str| match text {
            "late" => Some(Attention::Late { now }),
            "retrying" => Some(Attention::Retrying),
            "error" => Some(Attention::Error),
            _ => None,
        };
        let (states, kinds) = ("takes a state, such as BAKING", "takes late, retrying or error");
        let from = self.take("from", TIME, check, |text| time(text, 0));
        let to = self.take("to", TIME, check, |text| time(text, 1));
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            check.fail(&format!("{}to", self.prefix), "INVALID", "must not be before from");
        }
        let q = self.take("q", "", check, any);
        let id = q.as_deref().and_then(order_id::parse);
        OrderFilter {
            status: self.take("status", states, check, Status::parse),
            pie_type: self.take("pieType", "", check, any),
            from,
            to,
            id,
            email_prefix: q.filter(|_| id.is_none()),
            attention: self.take("attention", kinds, check, attention),
        }
    }

    /// How many orders are shown, and that they are older than which.
    pub(super) fn page(&mut self, check: &mut Check) -> (u16, Option<OrderId>) {
        let limit = |text: &str| text.parse().ok().filter(|limit| (1..=MOST).contains(limit));
        let limit = self.take("limit", "takes a number from 1 to 200", check, limit);
        let before = self.take("cursor", "takes a nextCursor", check, order_id::parse);
        (limit.unwrap_or(DEFAULT_LIMIT), before)
    }

    /// Reports what nobody took.
    pub(super) fn end(self, check: &mut Check) {
        for name in self.values.keys() {
            check.unknown(&format!("{}{name}", self.prefix));
        }
    }

    fn take<T>(
        &mut self,
        key: &str,
        takes: &str,
        check: &mut Check,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let (text, field) = (self.values.remove(key)?, format!("{}{key}", self.prefix));
        let text = trimmed(&text);
        if text.is_empty() {
            check.fail(&field, "INVALID", "must not be empty");
            return None;
        }
        if !check.text_is(&field, text, 255, ANY) {
            return None;
        }
        let value = parse(text);
        if value.is_none() {
            check.fail(&field, "INVALID", takes);
        }
        value
    }
}

/// A time; a date means its first moment, or with `days` = 1 the moment after its last.
fn time(text: &str, days: u64) -> Option<DateTime<Utc>> {
    let date = || {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        Some(date.checked_add_days(Days::new(days))?.and_time(NaiveTime::MIN).and_utc())
    };
    let time = DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()).or_else(date);
    // No order is older than the epoch, and ids know no earlier time.
    time.map(|time| time.max(DateTime::UNIX_EPOCH))
}
