-- The registry names every tenant: a request role that reads a table of schema bulkhead, or a column of one, learns about the others.
-- severity: error
-- remedy: revoke it; requests use functions, the auditor reads
with granted as (
  select pg_class.oid, relowner, acl.grantee, acl.privilege_type from pg_class, aclexplode(relacl) as acl
  where relnamespace = 'bulkhead'::regnamespace
  union all
  select pg_class.oid, relowner, acl.grantee, acl.privilege_type
  from pg_class join pg_attribute on attrelid = pg_class.oid, aclexplode(attacl) as acl
  where relnamespace = 'bulkhead'::regnamespace
)
select oid::regclass::text as object,
  format('%s has %s', case grantee when 0 then 'PUBLIC' else grantee::regrole::text end, privilege_type) as detail
from granted
where grantee <> relowner and not (grantee = 'auditor'::regrole and privilege_type = 'SELECT')
order by 1, 2
