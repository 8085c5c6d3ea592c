-- An authenticator that inherits what it may become has those rights before any token was seen.
-- severity: error
-- remedy: grant the role to it with inherit false, set true
select member.rolname::text as object, format('inherits from %I', granted.rolname) as detail
from pg_auth_members join pg_roles as member on member.oid = member join pg_roles as granted on granted.oid = roleid
where inherit_option and member.rolname ~ '^(client|admin|shard_[0-9]+)_authenticator$|^authenticator_' and granted.rolname <> 'bulkhead_authenticator'
order by 1
