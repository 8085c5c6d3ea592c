-- The two hooks of PostgREST: pre_config (which schemas to serve) and pre_request (who asks, and may they).
--
-- Guarantees: no request reaches a table unless its verified token has an audience, has not expired, names an account that is active,
-- and runs as the role that acts for that very account. Everything is set for the transaction only.

create or replace function bulkhead.refuse(reason text, remedy text) returns void
  language plpgsql immutable
  set search_path = pg_catalog, pg_temp
as $$
begin
  raise sqlstate 'PT403' using message = reason, hint = remedy;
end
$$;

create or replace function bulkhead.pre_request() returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  -- Inside a definer function current_user is the owner; the setting still names the role that the request runs as.
  request_role constant text := current_setting('role', true);
  claims jsonb;
  claimed_account text;
  tenant record;
begin
  perform set_config('app.account_id', '', true), set_config('app.user_id', '', true), set_config('app.instance_id', '', true);
  if request_role = 'anon' then
    perform set_config('statement_timeout', '2s', true);
    return;
  end if;

  claims := nullif(current_setting('request.jwt.claims', true), '')::jsonb;
  if claims is null or jsonb_typeof(claims) <> 'object' then
    perform bulkhead.refuse('no verified token', 'send a token signed by the platform''s issuer');
  end if;
  -- PostgREST checks an audience that is there, and lets a token pass that has none.
  if coalesce(jsonb_typeof(claims -> 'aud'), 'null') not in ('string', 'array') or claims -> 'aud' in ('""', '[]') then
    perform bulkhead.refuse('the token has no audience', 'issue tokens with an aud claim');
  end if;
  if coalesce(jsonb_typeof(claims -> 'exp'), 'null') <> 'number' then
    perform bulkhead.refuse('the token does not expire', 'issue tokens with an exp claim');
  end if;
  perform set_config('app.user_id', coalesce(claims ->> 'sub', ''), true);

  if request_role = 'admin_user' then
    if coalesce(claims ->> 'sub', '') = '' then
      perform bulkhead.refuse('the token names no administrator', 'issue tokens with a sub claim');
    end if;
    -- The server log, because a read runs in a read-only transaction and can write no row.
    raise log 'bulkhead audit: administrator % % %', quote_literal(claims ->> 'sub'),
      current_setting('request.method', true), quote_literal(current_setting('request.path', true));
    perform set_config('statement_timeout', '60s', true);
    return;
  end if;

  claimed_account := claims ->> 'account_id';
  if claimed_account is null or claimed_account !~ '^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$' then
    perform bulkhead.refuse('the token names no account', 'issue tokens with an account_id claim, a UUID');
  end if;
  select registered.status, registered.retained, registered.statement_timeout, registered.account_id
    into tenant
    from bulkhead.tenant as registered
    where registered.account_id = claimed_account::uuid
      and coalesce(registered.role_name, 'api_user') = request_role;
  if not found then
    -- One answer for an account that does not exist, one of another cell and one of another role: it tells nothing about others.
    perform bulkhead.refuse('the role may not act for this account', 'use a token of the account''s own role');
  end if;
  if tenant.status <> 'active' or tenant.retained then
    perform bulkhead.refuse('the account is not active', 'ask the platform''s operator to resume it');
  end if;
  perform set_config('app.account_id', tenant.account_id::text, true),
          set_config('app.instance_id', coalesce(claims ->> 'instance_id', ''), true),
          set_config('statement_timeout', tenant.statement_timeout, true);
end
$$;
comment on function bulkhead.pre_request() is 'PostgREST''s db-pre-request: verifies who asks, binds the transaction to their account, sets their limits.';

-- A shard serves its schema tenants, sealed ones too: pre_request refuses those with a reason, where a missing schema would read as a
-- mistake of the client's.
create or replace function bulkhead.pre_config() returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  shard_number constant text := (
    select substring(rolname from '^shard_([0-9]+)_authenticator$')
    from pg_roles
    where rolname ~ '^shard_[0-9]+_authenticator$' and pg_has_role(session_user, oid, 'MEMBER')
    order by rolname limit 1
  );
  schemas text := 'app, health';
begin
  if shard_number is not null then
    select concat_ws(', ', 'health', string_agg(exposed.schema_name, ', ' order by exposed.schema_name)) into schemas
      from bulkhead.exposed_schema as exposed
      join bulkhead.tenant on tenant.id = exposed.tenant_id
      where tenant.shard = shard_number::integer and tenant.isolation = 'schema';
  end if;
  perform set_config('pgrst.db_schemas', schemas, true);
end
$$;
comment on function bulkhead.pre_config() is 'PostgREST''s db-pre-config: the schemas that this login serves, from the registry.';

revoke execute on function bulkhead.refuse(text, text) from public;
grant execute on function bulkhead.pre_request() to bulkhead_request;
grant execute on function bulkhead.pre_config() to bulkhead_authenticator;
