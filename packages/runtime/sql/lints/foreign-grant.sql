-- A grant to a role that does not serve the schema, or one that goes past reading and writing rows, is a way around the policies.
-- severity: error
-- remedy: revoke it; requests need SELECT, INSERT, UPDATE and DELETE, by the schema's own roles
select pg_class.oid::regclass::text as object,
  format('%s has %s', case acl.grantee when 0 then 'PUBLIC' else acl.grantee::regrole::text end, acl.privilege_type) as detail
from pg_class join pg_namespace on pg_namespace.oid = relnamespace
join bulkhead.exposed_schema on schema_name = nspname, aclexplode(relacl) as acl
where relkind in ('r', 'p', 'v', 'm', 'f', 'S') and acl.grantee <> relowner and (
  not (acl.grantee = 'admin_user'::regrole or acl.grantee = any (select to_regrole(quote_ident(role_name)) from unnest(request_roles) as role_name))
  or acl.privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))
order by 1
