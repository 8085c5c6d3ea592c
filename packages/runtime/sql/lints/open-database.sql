-- A login that may connect to a database of another's, or to the server's own, can keep objects there, take locks, and read how much others do.
-- severity: error
-- remedy: revoke connect on the database from PUBLIC
select datname::text as object, 'PUBLIC may connect' as detail
from pg_database
where current_database() = 'platform' and datallowconn and (datname in ('platform', 'postgres') or datname ~ '^tenant_')
  and exists (select from aclexplode(coalesce(datacl, acldefault('d', datdba))) as acl where acl.grantee = 0 and acl.privilege_type = 'CONNECT')
order by 1
