//! Every statement for `SQLite`, but for the list with its filters.

use crate::store::sql::{entry_columns, order_columns, statements};

/// `SQLite` would begin as a reader, and fail when it has to become the writer.
pub(super) const BEGIN: &str = "begin immediate";

statements! {
    /// The states are named so that the index of due orders serves.
    FORGET_LEASES = "update orders set lease_token = null, lease_until = null
        where current_state in ('ORDERED', 'PICKING', 'PREPPING', 'BAKING', 'DELIVERING', 'ERROR')
            and wake_at is not null and lease_token is not null";

    ADD_RECIPE = "insert into recipes (hash, document) values ($1, $2) on conflict do nothing";

    PLACE = "insert into orders (id, customer_name, customer_email, customer_phone,
            delivery_street, delivery_city, delivery_state, delivery_zip, current_state,
            picker_job_id, baker_job_id, delivery_id, estimated_delivery, updated_at, wake_at,
            version, edits, seq, format, workflow, attempt, tries,
            pie_type, recipe, promised_delivery, created_at, idempotency_key, idempotency_body)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
            $19, $20, $21, $22, $23, $24, $25, $26, $27, $28)
        on conflict do nothing";

    /// Stored orders that stand in the way of a new one.
    EXISTING = "select id, idempotency_key, idempotency_body, promised_delivery, created_at
        from orders where id = $1 or idempotency_key = $2";

    CHANGE = "update orders set customer_name = $2, customer_email = $3, customer_phone = $4,
            delivery_street = $5, delivery_city = $6, delivery_state = $7, delivery_zip = $8,
            current_state = $9, picker_job_id = $10, baker_job_id = $11, delivery_id = $12,
            estimated_delivery = $13, updated_at = $14, wake_at = $15, version = $16, edits = $17,
            seq = $18, format = $19, workflow = $20, attempt = $21, tries = $22,
            lease_token = case when $23 is null then lease_token end,
            lease_until = case when $23 is null then lease_until end
        where id = $1 and version = $16 - 1 and ($23 is null or lease_token = $23)";

    RECORD = "insert into state_history
            (order_id, seq, from_state, to_state, timestamp, notes, error_message)
        values ($1, $2, $3, $4, $5, $6, $7)";

    CLAIM = concat!("update orders set lease_token = $4, lease_until = $5
        where id in (
            select id from orders
            where current_state = $1 and wake_at <= $3 and format <= $2
                and (lease_until is null or lease_until <= $3)
            order by wake_at limit $6)
        returning ", order_columns!());

    RELEASE = "update orders set lease_token = null, lease_until = null
        where id = $1 and lease_token = $2";

    ORDER = concat!("select ", order_columns!(), " from orders where id = $1");

    HISTORY = concat!("select ", entry_columns!(), " from state_history
        where order_id = $1 and seq <= $2 order by seq");

    RECIPE = "select document from recipes where hash = $1";

    FEED = concat!("select id, order_id, ", entry_columns!(), " from state_history
        where id > $1 order by id limit $2");

    FEED_END = "select coalesce(max(id), 0) from state_history";

    /// The rows that a bounded step over the history is to count.
    COUNTED = "select history_id, min(history_id + 10000,
            (select coalesce(max(id), 0) from state_history)) from counted";

    /// A history row takes an order out of one state and puts it into another.
    COUNT = "update order_counts set orders = orders
        + (select count(*) from state_history where to_state = state and id > $1 and id <= $2)
        - (select count(*) from state_history where from_state = state and id > $1 and id <= $2)";

    MOVE_COUNTED = "update counted set history_id = $1";

    COUNTS = "select state, orders from order_counts";

    FORGET_KEYS = "update orders set idempotency_key = null, idempotency_body = null
        where id in (select id from orders
            where idempotency_key is not null and created_at < $1 limit $2)";

    /// Fails where the file cannot be written.
    PING = "update counted set one = 1 where one = 0";
}
