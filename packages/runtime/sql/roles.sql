-- The platform's roles, once per cluster. Run by a login that may create roles (AlloyDB's alloydbsuperuser), never by a superuser.
--
-- Guarantees: every role here is NOLOGIN, and nothing here is superuser, BYPASSRLS or REPLICATION, as CREATE ROLE's defaults have it
-- (naming NOSUPERUSER and the like fails on managed PostgreSQL, even as a no-op). An authenticator may *become* its roles and
-- inherits none of their rights, so that a session without SET ROLE can do nothing.

do $$
declare
  wanted text;
begin
  foreach wanted in array array[
    'bulkhead_owner',          -- owns every object; row-level security is forced on it too
    'migrator',                -- becomes bulkhead_owner: DDL
    'bulkhead_request',        -- every role a request runs as: may call what requests need
    'bulkhead_authenticator',  -- every login of a PostgREST: may connect, read its schemas; marks the claims door
    'client_authenticator', 'admin_authenticator',
    'direct_login',            -- direct logins of pooled and schema tenants: may connect; the login door
    'login_issuer',            -- Vault's own logins: may register the logins they issue
    'login_keeper',            -- is given ADMIN on every login that Vault issues, so that a rollout can bar it and end its sessions
    'anon', 'api_user', 'admin_user', 'auditor'
  ] loop
    if not exists (select from pg_catalog.pg_roles where rolname = wanted) then
      execute pg_catalog.format('create role %I nologin', wanted);
    end if;
  end loop;
end
$$;

-- Whoever bootstraps must be able to create things as their owner; creating a role gives ADMIN on it, not SET.
grant bulkhead_owner to current_user with inherit false, set true;

grant login_keeper to current_user with inherit true, set false;

grant bulkhead_owner to migrator with inherit false, set true;
grant bulkhead_request to anon, api_user, admin_user with inherit true, set false;
grant bulkhead_authenticator to client_authenticator, admin_authenticator with inherit true, set false;
grant anon, api_user to client_authenticator with inherit false, set true;
grant admin_user to admin_authenticator with inherit false, set true;
