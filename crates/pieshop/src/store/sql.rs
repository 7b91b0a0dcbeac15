//! SQL that is the same in every database.

/// What a change may change.
macro_rules! changed_columns {
    () => {
        "customer_name, customer_email, customer_phone, delivery_street, delivery_city, \
         delivery_state, delivery_zip, current_state, picker_job_id, baker_job_id, delivery_id, \
         estimated_delivery, updated_at, wake_at, version, edits, seq, format, workflow, attempt, \
         tries"
    };
}

/// What `reading::read_order` reads.
macro_rules! order_columns {
    () => {
        "id, pie_type, customer_name, customer_email, customer_phone, delivery_street, \
         delivery_city, delivery_state, delivery_zip, cast(current_state as text) as current_state, \
         picker_job_id, baker_job_id, delivery_id, estimated_delivery, promised_delivery, \
         created_at, updated_at, wake_at, lease_token, version, edits, seq, format, \
         cast(workflow as text) as workflow, attempt, recipe"
    };
}

/// What `row::EntryRow` holds.
macro_rules! entry_columns {
    () => {
        "seq, cast(from_state as text), cast(to_state as text), timestamp, notes, error_message"
    };
}

/// Defines statements, and `ALL` of them: a schema that does not fit one of them is refused at the
/// start, not at its first use.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)+) => {
        $($(#[$doc])* pub(super) const $name: &str = $sql;)+

        pub(super) const ALL: &[&str] = &[$($name),+];
    };
}

pub(super) use {changed_columns, entry_columns, order_columns, statements};
