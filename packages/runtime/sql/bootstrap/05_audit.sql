-- Row changes: who changed which row of whose account, when. Not the values: the audit must not become a second copy of the data.
--
-- Guarantees: written by a trigger that requests cannot switch off or bypass, in the same transaction; read by the auditor only.

create table if not exists bulkhead.row_change (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  account_id uuid,
  table_name text not null,
  operation text not null check (operation in ('INSERT', 'UPDATE', 'DELETE')),
  row_id text,
  -- The role the statement ran as, the login it came by, and the token's subject where there is one.
  acting_role name not null,
  login name not null,
  user_id text
);
create index if not exists row_change_account on bulkhead.row_change (account_id, id);
grant select on bulkhead.row_change to auditor;

-- One statement, one insert: transition tables keep a batch of 1,000 rows from costing 1,000 trigger calls.
create or replace function bulkhead.record_change() returns trigger
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  acting name := coalesce(nullif(current_setting('role', true), 'none'), session_user::text)::name;
  -- By the login door the setting is whatever its session says; there the login itself tells who.
  subject text := case when pg_has_role(session_user, 'bulkhead_authenticator'::name, 'MEMBER')
    then nullif(current_setting('app.user_id', true), '') end;
begin
  if tg_op = 'DELETE' then
    insert into bulkhead.row_change (account_id, table_name, operation, row_id, acting_role, login, user_id)
      select changed.account_id, tg_table_schema || '.' || tg_table_name, tg_op, to_jsonb(changed) ->> 'id', acting, session_user, subject
      from old_rows as changed;
  else
    insert into bulkhead.row_change (account_id, table_name, operation, row_id, acting_role, login, user_id)
      select changed.account_id, tg_table_schema || '.' || tg_table_name, tg_op, to_jsonb(changed) ->> 'id', acting, session_user, subject
      from new_rows as changed;
  end if;
  return null;
end
$$;
