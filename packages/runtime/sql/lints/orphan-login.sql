-- A login that Vault issued and that outlived its time by an hour: its revocation keeps failing, or Vault lost the lease.
-- severity: warning
-- remedy: see Vault's log for why the revocation fails; the next rollout drops it too
select rolname::text as object, format('expired at %s', rolvaliduntil) as detail
from pg_roles
where current_database() = 'platform' and rolvaliduntil < now() - interval '1 hour'
  and rolname ~ '^(login_[a-z0-9_]+|(db_admin|runtime_user)_[a-z0-9]+)_[0-9a-f]{12}$'
order by 1
