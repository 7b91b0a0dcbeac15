//! Every statement for `SQLite`, but for the list with its filters.

use crate::store::sql::{changed_columns, entry_columns, order_columns, statements};

/// `SQLite` would begin as a reader, and fail when it has to become the writer.
pub(super) const BEGIN: &str = "begin immediate";

statements! {
    /// The states are named so that the index of due orders serves.
    FORGET_LEASES = "update orders set lease_token = null, lease_until = null
        where current_state in ('ORDERED', 'PICKING', 'PREPPING', 'BAKING', 'DELIVERING', 'ERROR')
            and wake_at is not null and lease_token is not null";

    ADD_RECIPE = "insert into recipes (hash, document) values ($1, $2) on conflict do nothing";

    PLACE = concat!("insert into orders (id, ", changed_columns!(), ",
            pie_type, recipe, promised_delivery, created_at, idempotency_key, idempotency_body)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
            $19, $20, $21, $22, $23, $24, $25, $26, $27, $28)
        on conflict do nothing");

    /// Stored orders that stand in the way of a new one.
    EXISTING = "select id, idempotency_key, idempotency_body, promised_delivery, created_at
        from orders where id = $1 or idempotency_key = $2";

    CHANGE = concat!("update orders set (", changed_columns!(), ") = ($2, $3, $4, $5, $6, $7, $8, $9,
                $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22),
            lease_token = case when $23 is null then lease_token end,
            lease_until = case when $23 is null then lease_until end
        where id = $1 and version = $16 - 1 and ($23 is null or lease_token = $23)");

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

    RECIPES = "select hash, document from recipes";

    /// The rows that a bounded step over the history is to count.
    COUNTED = "select history_id, min(history_id + 10000,
            (select coalesce(max(id), 0) from state_history)) from counted";

    /// A history row takes an order out of one state and puts it into another.
    COUNT = "update order_counts set orders = orders
        + (select count(*) from state_history where to_state = state and id > $1 and id <= $2)
        - (select count(*) from state_history where from_state = state and id > $1 and id <= $2)";

    MOVE_COUNTED = "update counted set history_id = $1";

    COUNTS = "select state, orders from order_counts";

    OLD_KEYS = "select id from orders
        where id >= $1 and id < $2 and idempotency_key is not null order by id limit $3";

    FORGET_KEY = "update orders set idempotency_key = null, idempotency_body = null where id = $1";

    /// Fails where the file cannot be written.
    PING = "update counted set one = 1 where one = 0";
}
