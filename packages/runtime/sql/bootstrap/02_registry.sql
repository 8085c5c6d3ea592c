-- The registry: what each tenant should be (desired), and what it is (observed). In a tenant database it holds that one tenant.
--
-- Guarantees: nobody but the owner and the auditor reads it; requests learn about their own account only, through functions.

create table if not exists bulkhead.tenant (
  id text primary key check (id ~ '^[a-z](?:[a-z0-9]|-(?=[a-z0-9])){1,39}$'),
  account_id uuid not null unique,
  isolation text not null check (isolation in ('pooled', 'schema', 'database', 'instance')),
  cell text not null,
  tier text not null,
  status text not null check (status in ('active', 'suspended', 'archived', 'deleted')),
  channel text not null,
  residency text,
  parent text,
  labels jsonb not null default '{}',
  -- Its entry is gone from the config. Sealed like a suspended tenant; its data stays.
  retained boolean not null default false,
  -- The role its requests run as; null for a pooled tenant, whose requests run as api_user.
  role_name name unique,
  -- PostgREST shard of a schema tenant, assigned once.
  shard integer,
  statement_timeout text not null default '5s',
  -- Counts changes of the desired state; equal to observed_generation once a rollout has carried the change out.
  desired_hash text not null,
  generation bigint not null default 1,
  observed_generation bigint not null default 0,
  phase text not null default 'pending' check (phase in ('pending', 'ready', 'failed')),
  -- Bootstrap and migrations that its schema or database has taken, as one hash.
  schema_hash text,
  last_error jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  ready_at timestamptz
);
comment on table bulkhead.tenant is 'Desired and observed state of every tenant of this cell, retained ones included.';

-- Schemas that protect() and PostgREST know: which roles may use their tables, and which tenant they belong to.
create table if not exists bulkhead.exposed_schema (
  schema_name name primary key,
  tenant_id text references bulkhead.tenant,
  request_roles name[] not null check (cardinality(request_roles) > 0)
);

-- Version of the contract by which its tables are protected: when protect() changes, they are protected anew.
alter table bulkhead.exposed_schema add column if not exists contract_hash text;

-- Direct logins: who may come by the login door, for which tenant, until when.
create table if not exists bulkhead.login (
  login name primary key,
  tenant_id text not null references bulkhead.tenant,
  expires_at timestamptz not null,
  created_at timestamptz not null default now()
);

-- Ledger of migrations: one row for each that a schema took. A released migration does not change, so its hash is checked.
create table if not exists bulkhead.migration (
  schema_name name not null,
  version integer not null,
  name text not null,
  hash text not null,
  applied_at timestamptz not null default now(),
  primary key (schema_name, version)
);

-- Locked by the one run that is at work (run_lock) and by what it has under way (worker_lock). Tables, because whoever may connect can
-- take any advisory lock, and a tenant's login must not be able to hold up a rollout that seals it: on these it has no right.
create table if not exists bulkhead.run_lock ();
create table if not exists bulkhead.worker_lock ();

-- Single values of the platform: the hash of the bootstrap that is in place.
create table if not exists bulkhead.setting (
  name text primary key,
  value text not null
);

grant select on bulkhead.tenant, bulkhead.exposed_schema, bulkhead.login, bulkhead.migration to auditor;
