-- A tenant schema that the registry does not know is served by nobody and watched by nobody.
-- severity: warning
-- remedy: drop it, or register its tenant
select nspname::text as object, 'is not in the registry' as detail
from pg_namespace
where nspname ~ '^tenant_' and nspname not in (select schema_name from bulkhead.exposed_schema)
order by 1
