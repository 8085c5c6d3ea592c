-- A table in an exposed schema without row-level security, enabled and forced, shows every row to whoever may read it.
-- severity: error
-- remedy: call bulkhead.protect() on it in a migration
select pg_class.oid::regclass::text as object,
  case when not relrowsecurity then 'row-level security is off' else 'row-level security is not forced on the owner' end as detail
from pg_class join pg_namespace on pg_namespace.oid = relnamespace
where relkind in ('r', 'p', 'f') and nspname in (select schema_name from bulkhead.exposed_schema)
  and not (relrowsecurity and relforcerowsecurity)
order by 1
