-- Logins that Vault issues: registered when they are made, dropped without a trace when their lease ends.
--
-- Guarantees: a login is registered for a tenant only under a name that says so, and only for a tenant that is active and has tables of
-- its own; one that is gone leaves no role, no grant, no object and no row. Called by Vault's own logins, which may read no table here.

create or replace function bulkhead.register_login(login name, tenant text, expires timestamptz) returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  -- Twelve hexadecimal digits end the name, so that no tenant's login can pass for another's, nor a workload's for a tenant's.
  if login !~ ('^login_' || replace(tenant, '-', '_') || '_[0-9a-f]{12}$') then
    raise exception 'login % is not one of tenant %', login, tenant using hint = 'logins of a tenant are named login_<tenant>_<12 hexadecimal digits>';
  end if;
  if not exists (
    select from bulkhead.tenant as known
    where known.id = tenant and known.isolation <> 'pooled' and known.status = 'active' and not known.retained
  ) then
    raise exception 'tenant % gets no login', tenant using hint = 'it is not active, or shares its tables with others, or is not of this database';
  end if;
  insert into bulkhead.login as known (login, tenant_id, expires_at) values (login, tenant, expires)
    on conflict on constraint login_pkey do update set expires_at = excluded.expires_at where known.tenant_id = excluded.tenant_id;
end
$$;
comment on function bulkhead.register_login(name, text, timestamptz) is 'Makes a login a tenant''s until a time, or moves that time.';

-- A row without a role lets nobody in, a role without a row sees nothing: the row goes last.
create or replace function bulkhead.forget_login(login name) returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (select from pg_roles where rolname = login) then
    raise exception 'login % is still there', login using hint = 'drop the role first';
  end if;
  delete from bulkhead.login as known where known.login = forget_login.login;
end
$$;
comment on function bulkhead.forget_login(name) is 'Removes the row of a login that is no more.';

-- These two act with the rights of their caller, who needs ADMIN on the login and what it inherits.
create or replace function bulkhead.bar_login(login name) returns void
  language plpgsql volatile security invoker
  set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (select from pg_roles where rolname = login) then
    execute format('alter role %I nologin', login);
  end if;
end
$$;
comment on function bulkhead.bar_login(name) is 'Lets a login open no more sessions. Does nothing where there is none.';

-- DROP ROLE leaves a session that runs as the role running, and refuses where the role owns anything; DROP OWNED takes what it owns in
-- this database, the only one that such a login may connect to.
create or replace function bulkhead.drop_login(login name) returns void
  language plpgsql volatile security invoker
  set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (select from pg_roles where rolname = login) then
    perform pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = login and pid <> pg_backend_pid();
    execute format('drop owned by %I', login);
    execute format('drop role %I', login);
  end if;
  perform bulkhead.forget_login(login);
end
$$;
comment on function bulkhead.drop_login(name) is 'Ends a login: its sessions, what it owns, the role, its row. Does nothing where there is none.';

revoke execute on function bulkhead.register_login(name, text, timestamptz), bulkhead.forget_login(name),
  bulkhead.bar_login(name), bulkhead.drop_login(name) from public;
grant usage on schema bulkhead to login_issuer;
grant execute on function bulkhead.register_login(name, text, timestamptz), bulkhead.forget_login(name),
  bulkhead.bar_login(name), bulkhead.drop_login(name) to login_issuer;
