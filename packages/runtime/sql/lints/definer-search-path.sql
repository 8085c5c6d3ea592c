-- A security-definer function without a pinned search path runs whatever its caller puts in the way.
-- severity: error
-- remedy: add SET search_path = pg_catalog, pg_temp
select pg_proc.oid::regprocedure::text as object, 'security definer without a pinned search_path' as detail
from pg_proc join pg_namespace on pg_namespace.oid = pronamespace
where prosecdef and nspname not in ('pg_catalog', 'information_schema')
  and not exists (select from unnest(proconfig) as setting where setting like 'search_path=%')
  and pg_get_userbyid(proowner) = 'bulkhead_owner'
order by 1
