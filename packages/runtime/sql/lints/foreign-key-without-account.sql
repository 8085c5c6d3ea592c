-- A foreign key or unique key between tenant-owned rows that leaves the account out reaches into, or collides with, other accounts.
-- severity: error
-- remedy: lead the key with account_id
select conrelid::regclass::text as object, format('constraint %I leaves account_id out', conname) as detail
from pg_constraint join pg_namespace on pg_namespace.oid = connamespace
where nspname in (select schema_name from bulkhead.exposed_schema) and contype in ('f', 'u', 'p')
  and not exists (
    select from unnest(conkey) with ordinality as part (attnum, position)
    join pg_attribute on attrelid = conrelid and pg_attribute.attnum = part.attnum
    where attname = 'account_id' and (contype <> 'f' or exists (
      select from pg_attribute as other where other.attrelid = confrelid and other.attnum = confkey[part.position] and other.attname = 'account_id')))
order by 1
