-- Whose rows a statement may touch.
--
-- Guarantees: by the claims door (a PostgREST login) the account is the transaction's setting, which only pre_request() sets; by the
-- login door it is the account that the *login* belongs to, and no setting changes it. No account: null, which equals no row's account.

-- Runs as its owner, because a tenant may not read the registry. A sealed or expired login belongs to no account, at once,
-- also in sessions and transactions that are open already (VALID UNTIL bars new sessions only, now() is a transaction's start).
create or replace function bulkhead.login_account_id() returns uuid
  language sql stable parallel safe security definer
  set search_path = pg_catalog, pg_temp
begin atomic
  select tenant.account_id
  from bulkhead.login
  join bulkhead.tenant on tenant.id = login.tenant_id
  where login.login = session_user
    and login.expires_at > clock_timestamp()
    and tenant.status = 'active'
    and not tenant.retained;
end;

-- A single expression, bound when it is created (so no search_path can bend it) and without a SET clause, so that the planner inlines
-- it. A transaction-local setting comes back as '' in the next transaction of a session, hence nullif.
create or replace function bulkhead.account_id() returns uuid
  language sql stable parallel safe
  return case
    when pg_catalog.pg_has_role(session_user, 'bulkhead_authenticator'::name, 'MEMBER')
      then nullif(pg_catalog.current_setting('app.account_id', true), '')::uuid
    else bulkhead.login_account_id()
  end;
comment on function bulkhead.account_id() is 'Account whose rows the current statement may touch; null where there is none.';

grant execute on function bulkhead.login_account_id(), bulkhead.account_id() to bulkhead_request;

-- Refuses EXPLAIN by the claims door. PostgREST makes `Prefer: count=planned` of one, and the planner estimates from the statistics of
-- the whole table, so in shared tables that number tells of other tenants' rows: how many, and by bisection which values.
-- A lie on purpose: declared immutable, so that the planner calls it while it plans, as it must to refuse (an EXPLAIN executes nothing),
-- and folds it away, so that execution never does. The hook could only look at headers, of which it sees the last where one is sent twice.
create or replace function bulkhead.unexplained() returns boolean
  language plpgsql immutable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
begin
  if current_query() ~* '^\s*explain' and pg_has_role(session_user, 'bulkhead_authenticator'::name, 'MEMBER') then
    raise sqlstate 'PT403' using message = 'estimates are not given: they would tell of other accounts', hint = 'use count=exact';
  end if;
  return true;
end
$$;
comment on function bulkhead.unexplained() is 'True, or an error where a request would have its statement explained rather than run.';

grant execute on function bulkhead.unexplained() to bulkhead_request;
