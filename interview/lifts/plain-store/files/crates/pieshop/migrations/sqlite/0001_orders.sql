-- Times are whole microseconds since 1970 (UTC), ids the sixteen bytes of a UUID.

create table orders (
    id blob primary key check (length(id) = 16),
    -- What orders are found by.
    pie_type text not null,
    customer_email text not null,
    current_state text not null check (current_state in (
        'ORDERED', 'PICKING', 'PREPPING', 'BAKING', 'DELIVERING', 'COMPLETED', 'ERROR'
    )),
    created_at integer not null,
    -- When something is due.
    wake_at integer,
    -- Counts the changes.
    version integer not null check (version >= 1),
    -- The whole order, its recipe too, as JSON.
    document text not null,
    idempotency_key blob check (length(idempotency_key) = 32),
    idempotency_body blob check (length(idempotency_body) = 32),
    check ((idempotency_key is null) = (idempotency_body is null))
) strict;

create index orders_due on orders (wake_at);
create unique index orders_idempotency_key on orders (idempotency_key)
where idempotency_key is not null;
create index orders_email on orders (lower(customer_email));

create table state_history (
    id integer primary key autoincrement,
    order_id blob not null references orders (id),
    seq integer not null check (seq >= 1),
    from_state text,
    to_state text not null,
    timestamp integer not null,
    notes text,
    error_message text,
    unique (order_id, seq)
) strict;
