-- The core entities: bases hold tables, tables hold fields, records and views.
--
-- Every key leads with account_id, and every foreign key carries it along: a row can refer to rows of its own account only, and one
-- account's ids collide with nobody else's. Runs in each schema that holds tenants, with the search path set to it.

create table bases (
  account_id uuid not null,
  id uuid not null default gen_random_uuid(),
  name text not null check (length(name) between 1 and 200),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (account_id, id)
);
select bulkhead.protect('bases');

create table tables (
  account_id uuid not null,
  id uuid not null default gen_random_uuid(),
  base_id uuid not null,
  name text not null check (length(name) between 1 and 200),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (account_id, id),
  foreign key (account_id, base_id) references bases on delete cascade,
  unique (account_id, base_id, name)
);
select bulkhead.protect('tables');

create table fields (
  account_id uuid not null,
  id uuid not null default gen_random_uuid(),
  table_id uuid not null,
  name text not null check (length(name) between 1 and 200),
  type text not null check (type in ('text', 'number', 'boolean', 'date', 'timestamp', 'select', 'link', 'json')),
  options jsonb not null default '{}',
  position integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (account_id, id),
  foreign key (account_id, table_id) references tables on delete cascade,
  unique (account_id, table_id, name)
);
select bulkhead.protect('fields');

create table records (
  account_id uuid not null,
  id uuid not null default gen_random_uuid(),
  table_id uuid not null,
  "values" jsonb not null default '{}' check (jsonb_typeof("values") = 'object'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (account_id, id),
  foreign key (account_id, table_id) references tables on delete cascade
);
create index records_by_table on records (account_id, table_id, created_at);
select bulkhead.protect('records');

create table views (
  account_id uuid not null,
  id uuid not null default gen_random_uuid(),
  table_id uuid not null,
  name text not null check (length(name) between 1 and 200),
  kind text not null default 'grid' check (kind in ('grid', 'form', 'calendar', 'board')),
  definition jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (account_id, id),
  foreign key (account_id, table_id) references tables on delete cascade,
  unique (account_id, table_id, name)
);
select bulkhead.protect('views');
