-- A grant to a role that does not serve the schema, or one that goes past reading and writing rows, is a way around the policies.
-- severity: error
-- remedy: revoke it; requests need SELECT, INSERT, UPDATE and DELETE, by the schema's own roles
with granted as (
  select pg_class.oid, relnamespace, relowner, acl.grantee, acl.privilege_type, null::name as column_name
  from pg_class, aclexplode(relacl) as acl
  where relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  union all
  select pg_class.oid, relnamespace, relowner, acl.grantee, acl.privilege_type, attname
  from pg_class join pg_attribute on attrelid = pg_class.oid, aclexplode(attacl) as acl
)
select granted.oid::regclass::text as object,
  format('%s has %s%s', case grantee when 0 then 'PUBLIC' else grantee::regrole::text end, privilege_type, ' on column ' || column_name) as detail
from granted join pg_namespace on pg_namespace.oid = relnamespace
join bulkhead.exposed_schema on schema_name = nspname
where grantee <> relowner and (
  not (grantee = 'admin_user'::regrole or grantee = any (select to_regrole(quote_ident(role_name)) from unnest(request_roles) as role_name))
  or privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))
order by 1, 2
