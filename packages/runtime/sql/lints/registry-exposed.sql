-- The registry names every tenant: a request role that reads a table of schema bulkhead learns about the others.
-- severity: error
-- remedy: revoke it; requests use functions, the auditor reads
select pg_class.oid::regclass::text as object,
  format('%s has %s', case acl.grantee when 0 then 'PUBLIC' else acl.grantee::regrole::text end, acl.privilege_type) as detail
from pg_class, aclexplode(relacl) as acl
where relnamespace = 'bulkhead'::regnamespace and acl.grantee <> relowner
  and not (acl.grantee = 'auditor'::regrole and acl.privilege_type = 'SELECT')
order by 1
