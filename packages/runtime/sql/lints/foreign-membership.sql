-- A role that can become, or inherits from, a tenant's role acts for that tenant. Only its own authenticator and its own logins may.
-- severity: error
-- remedy: revoke the membership
select member.rolname::text as object, format('is a member of %I', granted.rolname) as detail
from pg_auth_members join pg_roles as member on member.oid = member join pg_roles as granted on granted.oid = roleid
-- Roles are the cluster's, and the platform database alone knows all tenants.
where current_database() = 'platform' and (inherit_option or set_option) and granted.rolname ~ '^tenant_' and not (
  member.rolname ~ '^shard_[0-9]+_authenticator$' and granted.rolname in (select role_name from bulkhead.tenant where isolation = 'schema')
  or member.rolname = regexp_replace(granted.rolname, '^tenant_', 'authenticator_')
  -- Twelve hexadecimal digits end a login's name, so that no tenant's name can pass for another's.
  or member.rolname ~ ('^login_' || regexp_replace(granted.rolname, '^tenant_', '') || '_[0-9a-f]{12}$'))
order by 1
