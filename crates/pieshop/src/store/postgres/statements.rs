//! Every statement for `PostgreSQL`, but for the list with its filters.

use crate::store::sql::{changed_columns, order_columns, statements};

statements! {
    ADD_RECIPES = "insert into recipes (hash, document)
        select hash, document::json from unnest($1::bytea[], $2::text[]) as new (hash, document)
        on conflict do nothing";

    /// Orders and the first entries of their histories, together or not at all. `is true` keeps
    /// the planner from making a join of it: the writers' connections know nested loops only.
    PLACE = concat!("with placed as (
            insert into orders (id, ", changed_columns!(), ",
                pie_type, recipe, promised_delivery, created_at, idempotency_key, idempotency_body)
            select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[],
                $6::text[], $7::text[], $8::text[], $9::text[]::order_state[], $10::text[],
                $11::text[], $12::text[], $13::timestamptz[], $14::timestamptz[],
                $15::timestamptz[], $16::int8[], $17::int4[], $18::int4[], $19::int2[],
                $20::jsonb[], $21::int2[], $22::int2[], $29::text[], $30::bytea[],
                $31::timestamptz[], $32::timestamptz[], $33::bytea[], $34::bytea[])
            on conflict do nothing
            returning id
        ), recorded as (
            insert into state_history
                (order_id, seq, from_state, to_state, timestamp, notes, error_message)
            select * from unnest($1::uuid[], $23::int4[], $24::text[]::order_state[],
                    $25::text[]::order_state[], $26::timestamptz[], $27::text[], $28::text[])
                as new (order_id, seq, from_state, to_state, timestamp, notes, error_message)
            where (order_id in (select id from placed)) is true
        )
        select id from placed");

    /// Stored orders that stand in the way of new ones.
    EXISTING = "select id, idempotency_key, idempotency_body, promised_delivery, created_at
        from orders where id = any($1::uuid[]) or idempotency_key = any($2::bytea[])";

    /// Transitions with their history entries, together or not at all.
    CHANGE = concat!("with changed as (
            update orders set customer_name = new.customer_name,
                customer_email = new.customer_email, customer_phone = new.customer_phone,
                delivery_street = new.delivery_street, delivery_city = new.delivery_city,
                delivery_state = new.delivery_state, delivery_zip = new.delivery_zip,
                current_state = new.current_state, picker_job_id = new.picker_job_id,
                baker_job_id = new.baker_job_id, delivery_id = new.delivery_id,
                estimated_delivery = new.estimated_delivery, updated_at = new.updated_at,
                wake_at = new.wake_at, version = new.version, edits = new.edits, seq = new.seq,
                format = new.format, workflow = new.workflow, attempt = new.attempt,
                tries = new.tries,
                lease_token = case when new.lease is null then orders.lease_token end,
                lease_until = case when new.lease is null then orders.lease_until end
            from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[],
                    $6::text[], $7::text[], $8::text[], $9::text[]::order_state[], $10::text[],
                    $11::text[], $12::text[], $13::timestamptz[], $14::timestamptz[],
                    $15::timestamptz[], $16::int8[], $17::int4[], $18::int4[], $19::int2[],
                    $20::jsonb[], $21::int2[], $22::int2[], $23::int4[],
                    $24::text[]::order_state[], $25::text[]::order_state[], $26::timestamptz[],
                    $27::text[], $28::text[], $29::uuid[])
                as new (id, ", changed_columns!(), ", entry_seq, from_state, to_state, timestamp,
                    notes, error_message, lease)
            where orders.id = new.id and orders.version = new.version - 1
                and (new.lease is null or orders.lease_token = new.lease)
            returning new.id, entry_seq, from_state, to_state, timestamp, notes, error_message
        ), recorded as (
            insert into state_history
                (order_id, seq, from_state, to_state, timestamp, notes, error_message)
            select * from changed where to_state is not null
        )
        select id from changed");

    /// A lease need not outlive a crash of the database: an order without one is claimed again.
    /// The first part gives a row with the time even when nothing is due. A locked row stays in its
    /// place, so it need not be looked up a second time.
    CLAIM = concat!("with relaxed as (select set_config('synchronous_commit', 'off', true)),
        due as (
            select ctid from orders
            where current_state = $1::text::order_state and wake_at <= now()
                and format <= $2::int2 and (lease_until is null or lease_until <= now())
            order by wake_at limit $3::int4
            for update skip locked
        ), leased as (
            update orders set lease_token = $4::uuid, lease_until = now() + $5::interval
            where ctid = any(array(select ctid from due))
            returning ", order_columns!(), "
        )
        select now() as database_now, leased.* from relaxed left join leased on true");

    RELEASE = "with relaxed as (select set_config('synchronous_commit', 'off', true)),
        released as (
            update orders set lease_token = null, lease_until = null
            where id = any($1::uuid[]) and lease_token = $2::uuid
        )
        select count(*) from relaxed";

    NOW = "select now()";

    ORDERS = concat!("select ", order_columns!(), " from orders where id = any($1::uuid[])");

    /// One answer, since this is what customers ask for all the time; an id that is asked for twice
    /// is answered twice.
    WITH_HISTORY = concat!("select ", order_columns!(), ",
            (select json_agg(json_build_array(seq, from_state, to_state, timestamp, notes,
                    error_message) order by seq)
                from state_history where order_id = orders.id) as history
        from unnest($1::uuid[]) as asked (id) join orders using (id)");

    RECIPES = "select hash, document::text from recipes";

    /// One bounded step over the history: a row takes an order out of one state and puts it into
    /// another. Whoever comes second leaves it to the first. The position is read as two values,
    /// since a join would go over the whole history.
    COUNT = "with position as (
            select transaction, history_id from counted for update skip locked
        ), news as (
            select transaction, id, from_state, to_state from state_history
            where (transaction, id) >
                    ((select transaction from position), (select history_id from position))
                and transaction < pg_snapshot_xmin(pg_current_snapshot())
            order by transaction, id limit 10000
        ), delta as (
            select state, sum(change) as change from (
                select to_state as state, 1 as change from news
                union all select from_state, -1 from news
            ) as moves where state is not null group by state
        ), applied as (
            update order_counts set orders = orders + change from delta
            where order_counts.state = delta.state
        ), moved as (
            update counted set (transaction, history_id) =
                (select transaction, id from news order by transaction desc, id desc limit 1)
            where exists (select from news)
        )
        select count(*) from news";

    /// Whether the data came from another server: its transactions have numbers that this one has
    /// not reached.
    IS_FOREIGN = "select exists (select from state_history
        where transaction >= pg_snapshot_xmax(pg_current_snapshot()))";

    /// Puts what came from another server before everything that is written here.
    ADOPT = "with adopted as (
            update state_history set transaction = '0'
            where transaction >= pg_snapshot_xmax(pg_current_snapshot())
            returning id
        ), recounted as (
            update order_counts set orders =
                (select count(*) from orders where current_state = order_counts.state)
            where exists (select from adopted)
        )
        update counted set transaction = '0', history_id = (select max(id) from adopted)
        where exists (select from adopted)";

    COUNTS = "select state::text, orders from order_counts";

    OLD_KEYS = "select id from orders
        where id >= $1::uuid and id < $2::uuid and idempotency_key is not null
        order by id limit $3::int4";

    FORGET_KEYS = "update orders set idempotency_key = null, idempotency_body = null
        where id = any($1::uuid[])";

    /// Fails where the database takes no writes.
    PING = "update counted set one = 1 where one = 0";
}
