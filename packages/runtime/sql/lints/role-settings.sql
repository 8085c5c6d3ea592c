-- Settings stored on a role come back in every session as that role: PostgREST applies those of the roles it becomes.
-- severity: error
-- remedy: alter role … reset all
select rolname::text as object, array_to_string(setconfig, ', ') as detail
from pg_db_role_setting join pg_roles on pg_roles.oid = setrole
where rolname in ('anon', 'api_user', 'admin_user') or rolname ~ '^tenant_|^(client|admin|shard_[0-9]+)_authenticator$|^authenticator_'
order by 1
