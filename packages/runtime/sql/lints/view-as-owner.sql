-- A view without security_invoker reads as its owner; a materialized view has no policies at all.
-- severity: error
-- remedy: create it with (security_invoker = true), or keep it out of the exposed schemas
select pg_class.oid::regclass::text as object,
  case relkind when 'm' then 'a materialized view holds rows of every account' else 'the view reads as its owner' end as detail
from pg_class join pg_namespace on pg_namespace.oid = relnamespace
where nspname in (select schema_name from bulkhead.exposed_schema)
  and (relkind = 'm' or relkind = 'v' and not coalesce(reloptions @> '{security_invoker=true}' or reloptions @> '{security_invoker=on}', false))
order by 1
