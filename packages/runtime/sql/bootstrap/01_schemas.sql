-- Schemas and the default that no function is open to everybody.
--
-- Guarantees: PUBLIC has no right in any schema of the platform, and functions made later by the owner start closed.

alter default privileges for role bulkhead_owner revoke execute on functions from public;
alter default privileges for role bulkhead_owner revoke usage on types from public;

create schema if not exists bulkhead;
revoke all on schema bulkhead from public;
-- USAGE lets a name be looked up; each function is granted by itself below, and no table is.
grant usage on schema bulkhead to bulkhead_request, bulkhead_authenticator, auditor;

create schema if not exists app;
revoke all on schema app from public;

create schema if not exists health;
revoke all on schema health from public;
grant usage on schema health to bulkhead_request;

create or replace function health.health() returns json
  language sql stable parallel safe
  return json_build_object('status', 'ok');
comment on function health.health() is 'Answers {"status":"ok"}: the one thing that may be called without a token.';
grant execute on function health.health() to bulkhead_request;
