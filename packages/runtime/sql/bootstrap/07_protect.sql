-- protect(table): everything that seals a tenant-owned table, in one call. Migrations call it for each table they make.
--
-- Guarantees: row-level security is enabled and forced (the owner is bound too); a RESTRICTIVE policy ties every row read or
-- written to the account of the statement, for every role that requests run as, so that no policy added later can widen it; without
-- a policy of its own a role sees nothing; in a shared schema no request gets an estimate; requests get SELECT, INSERT, UPDATE,
-- DELETE and no TRUNCATE, REFERENCES or TRIGGER.

create or replace function bulkhead.protect(target regclass) returns void
  language plpgsql volatile security invoker
  set search_path = pg_catalog, pg_temp
as $$
declare
  home constant name := (select nspname from pg_class join pg_namespace on pg_namespace.oid = relnamespace where pg_class.oid = target);
  column_number constant smallint := (
    select attnum from pg_attribute
    where attrelid = target and attname = 'account_id' and atttypid = 'uuid'::regtype and attnotnull and not attisdropped
  );
  roles text;
  event text;
  grantee text;
  -- In a schema of one tenant's own, the planner's statistics are its own too.
  guard constant text := case when exists (select from bulkhead.exposed_schema where schema_name = home and tenant_id is null)
    then 'bulkhead.unexplained() and ' else '' end;
begin
  select string_agg(format('%I', role_name), ', ') into roles
    from bulkhead.exposed_schema, unnest(request_roles) as role_name
    where schema_name = home;
  if roles is null then
    raise exception 'schema % is not registered', home using hint = 'register it in bulkhead.exposed_schema with the roles that may use it';
  end if;
  if column_number is null then
    raise exception 'table % has no column account_id uuid not null', target using hint = 'add it, and lead the primary key with it';
  end if;

  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('alter table %s alter column account_id set default bulkhead.account_id()', target);

  execute format('drop policy if exists tenant_boundary on %s', target);
  execute format(
    'create policy tenant_boundary on %s as restrictive for all to %s '
    'using (account_id = (select bulkhead.account_id())) with check (account_id = (select bulkhead.account_id()))', target, roles);
  -- The permissive policy opens the table to the roles; what they see is the boundary's business.
  execute format('drop policy if exists tenant_access on %s', target);
  execute format(
    'create policy tenant_access on %s as permissive for all to %s '
    'using (%s(select bulkhead.account_id()) is not null) with check ((select bulkhead.account_id()) is not null)', target, roles, guard);
  execute format('drop policy if exists administrator_access on %s', target);
  execute format('create policy administrator_access on %s as permissive for all to admin_user using (true) with check (true)', target);

  -- Policies compare account_id in every statement: an index must begin with it.
  if not exists (select from pg_index where indrelid = target and indkey[0] = column_number and indisvalid and indpred is null) then
    execute format('create index on %s (account_id)', target);
  end if;

  -- Grants anew, so that what an older version or a hand granted is gone.
  for grantee in
    select distinct case acl.grantee when 0 then 'public' else acl.grantee::regrole::text end
    from pg_class, aclexplode(relacl) as acl
    where pg_class.oid = target and acl.grantee <> relowner
  loop
    execute format('revoke all on %s from %s', target, grantee);
  end loop;
  execute format('grant select, insert, update, delete on %s to %s, admin_user', target, roles);

  foreach event in array array['insert', 'update', 'delete'] loop
    execute format(
      'create or replace trigger record_%s after %s on %s referencing %s for each statement execute function bulkhead.record_change()',
      event, event, target, case event when 'delete' then 'old table as old_rows' else 'new table as new_rows' end);
  end loop;
end
$$;
comment on function bulkhead.protect(regclass) is 'Seals a tenant-owned table: forced row-level security, the tenant boundary, grants, index, audit.';
