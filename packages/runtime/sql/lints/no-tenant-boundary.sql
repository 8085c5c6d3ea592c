-- Without the restrictive boundary for every role that requests run as, one permissive policy more opens the table.
-- severity: error
-- remedy: call bulkhead.protect() on it in a migration
select pg_class.oid::regclass::text as object, format('no restrictive policy ties %I to its account', role_name) as detail
from pg_class join pg_namespace on pg_namespace.oid = relnamespace
join bulkhead.exposed_schema on schema_name = nspname, unnest(request_roles) as role_name
where relkind in ('r', 'p') and not exists (
  select from pg_policy
  where polrelid = pg_class.oid and not polpermissive and polcmd = '*'
    and to_regrole(quote_ident(role_name)) = any (polroles)
    and pg_get_expr(polqual, polrelid) = '(account_id = ( SELECT bulkhead.account_id() AS account_id))'
    and pg_get_expr(polwithcheck, polrelid) = '(account_id = ( SELECT bulkhead.account_id() AS account_id))'
)
order by 1
