-- Whoever may create in a schema can put an object in the way of another; whoever may look names up in one it does not serve is half inside.
-- severity: error
-- remedy: revoke it; bulkhead.expose() grants USAGE to the schema's own roles
select nspname::text as object,
  format('%s has %s', case acl.grantee when 0 then 'PUBLIC' else acl.grantee::regrole::text end, acl.privilege_type) as detail
from pg_namespace, aclexplode(nspacl) as acl
where acl.grantee <> nspowner and (
  nspname in (select schema_name from bulkhead.exposed_schema) and (acl.privilege_type <> 'USAGE' or not (
    acl.grantee = 'admin_user'::regrole
    or acl.grantee in (select to_regrole(quote_ident(role_name))
      from bulkhead.exposed_schema, unnest(request_roles) as role_name where schema_name = nspname)))
  or nspname in ('bulkhead', 'health') and (acl.privilege_type <> 'USAGE' or acl.grantee = 0))
order by 1, 2
