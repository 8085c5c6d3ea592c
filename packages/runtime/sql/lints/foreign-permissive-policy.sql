-- A permissive policy for a role that no boundary binds, or for PUBLIC, shows rows to it without an account.
-- severity: error
-- remedy: drop the policy, or give it TO the schema's own request roles
select pg_class.oid::regclass::text as object, format('policy %I opens it to %s', polname,
  (select string_agg(case role when 0 then 'PUBLIC' else role::regrole::text end, ', ') from unnest(polroles) as role)) as detail
from pg_policy join pg_class on pg_class.oid = polrelid join pg_namespace on pg_namespace.oid = relnamespace
join bulkhead.exposed_schema on schema_name = nspname
where polpermissive and not (polname = 'administrator_access' and polroles = array['admin_user'::regrole::oid])
  and not polroles <@ (select array_agg(to_regrole(quote_ident(role_name))::oid) from unnest(request_roles) as role_name)
order by 1
