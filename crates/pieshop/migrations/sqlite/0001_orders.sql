-- Times are whole microseconds since 1970 (UTC), ids the sixteen bytes of a UUID.

create table recipes (
    hash blob primary key check (length(hash) = 32),
    document text not null
) strict;

create table orders (
    id blob primary key check (length(id) = 16),
    pie_type text not null check (length(pie_type) <= 50),
    customer_name text not null check (length(customer_name) <= 255),
    customer_email text not null check (length(customer_email) <= 255),
    customer_phone text not null check (length(customer_phone) <= 20),
    delivery_street text not null check (length(delivery_street) <= 255),
    delivery_city text not null check (length(delivery_city) <= 100),
    delivery_state text not null check (length(delivery_state) <= 2),
    delivery_zip text not null check (length(delivery_zip) <= 10),
    current_state text not null check (current_state in (
        'ORDERED', 'PICKING', 'PREPPING', 'BAKING', 'DELIVERING', 'COMPLETED', 'ERROR', 'CANCELLED'
    )),
    picker_job_id text check (length(picker_job_id) <= 255),
    baker_job_id text check (length(baker_job_id) <= 255),
    delivery_id text check (length(delivery_id) <= 255),
    estimated_delivery integer not null,
    promised_delivery integer not null,
    created_at integer not null,
    updated_at integer not null,
    -- When something is due, and who is at it.
    wake_at integer,
    lease_token blob,
    lease_until integer,
    -- Counters of changes, of edits of contact and address, and of history entries.
    version integer not null check (version >= 1),
    edits integer not null check (edits >= 0),
    seq integer not null check (seq >= 1),
    -- The state with its data, as JSON of this format, and what lists need to know of it.
    format integer not null,
    workflow text not null,
    attempt integer not null,
    tries integer not null,
    recipe blob not null references recipes (hash),
    idempotency_key blob check (length(idempotency_key) = 32),
    idempotency_body blob check (length(idempotency_body) = 32),
    check ((idempotency_key is null) = (idempotency_body is null)),
    check ((lease_token is null) = (lease_until is null))
) strict;

create index orders_due on orders (current_state, wake_at, id);
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

-- Orders by state, as of the history's row `counted.history_id`.
create table order_counts (
    state text primary key,
    orders integer not null
) strict;

insert into order_counts (state, orders) values
('ORDERED', 0), ('PICKING', 0), ('PREPPING', 0), ('BAKING', 0),
('DELIVERING', 0), ('COMPLETED', 0), ('ERROR', 0), ('CANCELLED', 0);

create table counted (
    one integer primary key check (one = 1),
    history_id integer not null
) strict;

insert into counted (one, history_id) values (1, 0);

-- The oldest release that can work with this schema, named by the number of its last migration.
create table schema_release (
    one integer primary key check (one = 1),
    oldest integer not null
) strict;

insert into schema_release (one, oldest) values (1, 1);
