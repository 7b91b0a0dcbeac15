create type order_state as enum (
    'ORDERED', 'PICKING', 'PREPPING', 'BAKING', 'DELIVERING', 'COMPLETED', 'ERROR', 'CANCELLED'
);

-- By the SHA-256 of the document. Rows are only ever added.
create table recipes (
    hash bytea primary key check (octet_length(hash) = 32),
    document json not null
);

create table orders (
    id uuid primary key,
    pie_type varchar(50) not null,
    customer_name varchar(255) not null,
    customer_email varchar(255) not null,
    customer_phone varchar(20) not null,
    delivery_street varchar(255) not null,
    delivery_city varchar(100) not null,
    delivery_state varchar(2) not null,
    delivery_zip varchar(10) not null,
    current_state order_state not null,
    picker_job_id varchar(255),
    baker_job_id varchar(255),
    delivery_id varchar(255),
    estimated_delivery timestamptz not null,
    promised_delivery timestamptz not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    -- When something is due, and who is at it.
    wake_at timestamptz,
    lease_token uuid,
    lease_until timestamptz,
    -- Counters of changes, of edits of contact and address, and of history entries.
    version bigint not null check (version >= 1),
    edits integer not null check (edits >= 0),
    seq integer not null check (seq >= 1),
    -- The state with its data, in this format, and what lists need to know of it.
    format smallint not null,
    workflow jsonb not null,
    attempt smallint not null,
    tries smallint not null,
    -- Refers to recipes without a foreign key: nothing there is ever removed, and the check would
    -- make every insert lock the same few rows.
    recipe bytea not null,
    idempotency_key bytea check (octet_length(idempotency_key) = 32),
    idempotency_body bytea check (octet_length(idempotency_body) = 32),
    check ((idempotency_key is null) = (idempotency_body is null)),
    check ((lease_token is null) = (lease_until is null))
-- Room for a second version of every row: a lease changes no index, so it stays on the page.
) with (fillfactor = 50);

create index orders_due on orders (current_state, wake_at, id);
create unique index orders_idempotency_key on orders (idempotency_key)
where idempotency_key is not null;
create index orders_email on orders (lower(customer_email) collate "C");

create table state_history (
    id bigint generated always as identity primary key,
    order_id uuid not null references orders (id),
    seq integer not null check (seq >= 1),
    from_state order_state,
    to_state order_state not null,
    timestamp timestamptz not null,
    notes text,
    error_message text,
    -- Ids are given out before rows are committed; readers of the whole table go by this instead.
    transaction xid8 not null default pg_current_xact_id(),
    unique (order_id, seq)
);

create index state_history_transaction on state_history (transaction, id);

-- Orders by state, as of the position in the history that `counted` names.
create table order_counts (
    state order_state primary key,
    orders bigint not null
);

insert into order_counts (state, orders)
select state, 0 from unnest(enum_range(null::order_state)) as state;

create table counted (
    one smallint primary key check (one = 1),
    transaction xid8 not null,
    history_id bigint not null
);

insert into counted (one, transaction, history_id) values (1, '0', 0);

-- The oldest release that can work with this schema, named by the number of its last migration.
create table schema_release (
    one smallint primary key check (one = 1),
    oldest bigint not null
);

insert into schema_release (one, oldest) values (1, 1);
