-- Releases before these let rows past the policies: CVE-2024-10976 (plans reused across SET ROLE), CVE-2025-8713 (planner statistics).
-- severity: error
-- remedy: update PostgreSQL to the latest minor release
select 'server' as object, format('PostgreSQL %s has known ways past row-level security', current_setting('server_version')) as detail
where case current_setting('server_version_num')::integer / 10000
  when 14 then current_setting('server_version_num')::integer < 140019
  when 15 then current_setting('server_version_num')::integer < 150014
  when 16 then current_setting('server_version_num')::integer < 160010
  when 17 then current_setting('server_version_num')::integer < 170006
  else false end
