-- expose(schema, tenant, roles): makes a schema known to protect() and to PostgREST, and lets the roles into it.
--
-- Guarantees: the roles may look names up in the schema and create nothing; nobody else may do either.

create or replace function bulkhead.expose(target name, tenant text, roles name[]) returns void
  language plpgsql volatile security invoker
  set search_path = pg_catalog, pg_temp
as $$
declare
  grantee text;
begin
  insert into bulkhead.exposed_schema (schema_name, tenant_id, request_roles) values (target, tenant, roles)
    on conflict (schema_name) do update set request_roles = excluded.request_roles
    where exposed_schema.request_roles <> excluded.request_roles;
  -- Grants anew, so that what an older version or a hand granted is gone.
  for grantee in
    select distinct case acl.grantee when 0 then 'public' else acl.grantee::regrole::text end
    from pg_namespace, aclexplode(nspacl) as acl
    where nspname = target and acl.grantee <> nspowner
  loop
    execute format('revoke all on schema %I from %s', target, grantee);
  end loop;
  execute format('grant usage on schema %I to admin_user, %s', target,
    (select string_agg(format('%I', role_name), ', ') from unnest(roles) as role_name));
end
$$;
