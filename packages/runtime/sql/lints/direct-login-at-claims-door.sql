-- A tenant's own login that counts as an authenticator takes its account from a setting, and so from whoever sets it.
-- severity: error
-- remedy: revoke the membership in the authenticator
select login::text as object, 'is a member of an authenticator' as detail
from bulkhead.login join pg_roles on rolname = login
where pg_has_role(pg_roles.oid, 'bulkhead_authenticator', 'MEMBER')
order by 1
