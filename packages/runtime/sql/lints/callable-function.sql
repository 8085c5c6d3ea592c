-- The claims door takes no SQL. A function in an exposed schema that a request may call is a remote procedure, and one that runs text as SQL opens the door.
-- severity: error
-- remedy: keep it out of the exposed schemas, or revoke EXECUTE
select pg_proc.oid::regprocedure::text as object,
  case when prosrc ~* '\mexecute\M|set_config|dblink' then 'runs text as SQL, or changes settings' else 'is security definer' end as detail
from pg_proc join pg_namespace on pg_namespace.oid = pronamespace
where nspname in (select schema_name from bulkhead.exposed_schema union all select 'health')
  and prorettype <> 'trigger'::regtype and prorettype <> 'event_trigger'::regtype
  and (prosecdef or prosrc ~* '\mexecute\M|set_config|dblink')
order by 1
