-- The platform's roles log in through members only, and nothing of the platform may be past row-level security.
-- severity: error
-- remedy: alter the role; AlloyDB's own administrators are the only ones with such attributes
select rolname::text as object, concat_ws(', ',
  case when rolsuper then 'superuser' end, case when rolbypassrls then 'bypasses row-level security' end,
  case when rolreplication then 'may replicate' end,
  case when rolcreaterole or rolcreatedb then 'may create roles or databases' end,
  case when rolcanlogin then 'may log in' end) as detail
from pg_roles
where (rolname in ('bulkhead_owner', 'migrator', 'bulkhead_request', 'bulkhead_authenticator', 'direct_login', 'login_issuer', 'login_keeper', 'anon', 'api_user', 'admin_user', 'auditor')
    or rolname ~ '^tenant_|^(client|admin|shard_[0-9]+)_authenticator$|^authenticator_')
  and (rolsuper or rolbypassrls or rolreplication or rolcreaterole or rolcreatedb or rolcanlogin)
order by 1
