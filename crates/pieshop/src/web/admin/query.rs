//! What the dashboard's address says: a filter, a page of the list, and how it is looked at.

use chrono::{DateTime, Utc};
use order_core::OrderId;
use url::form_urlencoded;

use crate::filter::Fields;
use crate::order_id;
use crate::store::OrderFilter;
use crate::validate::{Check, FieldError};
use crate::web::form::Field;

/// The fields of a filter.
const FILTER: [&str; 6] = ["status", "pieType", "attention", "from", "to", "q"];

/// What goes on from page to page besides the filter.
const VIEW: [&str; 2] = ["limit", "live"];

/// What was asked for.
pub(super) struct Asked {
    pub(super) filter: OrderFilter,
    /// The filter as it was typed, without what is empty.
    pub(super) texts: Vec<(&'static str, String)>,
    /// Only orders before this one, and so many of them.
    pub(super) before: Option<OrderId>,
    pub(super) limit: u16,
    pub(super) errors: Vec<FieldError>,
    /// What else the address says of how the list is looked at.
    pub(super) view: Vec<(&'static str, String)>,
}

impl Asked {
    /// Takes a query apart, whatever else was taken out of it before.
    pub(super) fn of(fields: Fields, mut check: Check, now: DateTime<Utc>) -> Self {
        let mut fields = fields.filled_in();
        let texts = fields.texts(&FILTER);
        let view = fields.texts(&VIEW);
        let filter = fields.filter(now, &mut check);
        let (limit, before) = fields.page(&mut check);
        for name in VIEW {
            fields.text(name);
        }
        fields.end(&mut check);
        Self { filter, texts, before, limit, errors: check.into_errors(), view }
    }

    /// Whether anything is filtered at all.
    pub(super) fn filtered(&self) -> bool {
        !self.texts.is_empty()
    }

    /// What was typed into a field.
    pub(super) fn text(&self, name: &str) -> &str {
        let found = self.texts.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, text)| text.as_str())
    }

    /// What was typed into a field, and what is wrong with it.
    pub(super) fn field(&self, name: &str) -> Field {
        Field::of(self.text(name), name, &self.errors)
    }

    /// An address with the same filter, and `more`.
    pub(super) fn url(&self, path: &str, more: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let query =
            query.extend_pairs(&self.texts).extend_pairs(&self.view).extend_pairs(more).finish();
        address(path, &query)
    }

    /// The address of the page of the same list that begins after `before`, or of the first one.
    pub(super) fn page_url(&self, before: Option<OrderId>) -> String {
        let cursor = before.map(order_id::public);
        let cursor: Vec<_> = cursor.iter().map(|cursor| ("cursor", cursor.as_str())).collect();
        self.url("/admin", &cursor)
    }
}

/// A path with a query, where there is one.
pub(super) fn address(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}
