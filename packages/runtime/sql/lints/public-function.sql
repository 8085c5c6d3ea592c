-- A function that PUBLIC may execute can be called by every role, those made later too.
-- severity: error
-- remedy: revoke execute from PUBLIC and grant it to whom it is for
select pg_proc.oid::regprocedure::text as object, 'PUBLIC may execute it' as detail
from pg_proc join pg_namespace on pg_namespace.oid = pronamespace
where (nspname in ('bulkhead', 'health') or nspname in (select schema_name from bulkhead.exposed_schema))
  and exists (select from aclexplode(coalesce(proacl, acldefault('f', proowner))) as acl where acl.grantee = 0)
order by 1
