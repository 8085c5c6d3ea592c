-- A tenant-owned table whose changes are not recorded, or whose recording is switched off.
-- severity: error
-- remedy: call bulkhead.protect() on it
select pg_class.oid::regclass::text as object, format('changes by %s are not recorded', event) as detail
from pg_class join pg_namespace on pg_namespace.oid = relnamespace
join bulkhead.exposed_schema on schema_name = nspname,
unnest(array['insert', 'update', 'delete']) as event
where relkind in ('r', 'p') and not exists (
  select from pg_trigger
  where tgrelid = pg_class.oid and tgname = 'record_' || event and tgenabled in ('O', 'A')
    and tgfoid = 'bulkhead.record_change()'::regprocedure)
order by 1, 2
