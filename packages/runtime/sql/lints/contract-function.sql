-- Functions of the platform's schema run as its owner or know its tables. Requests may call the few that are made for them.
-- severity: error
-- remedy: revoke EXECUTE, or drop the function
select pg_proc.oid::regprocedure::text as object,
  format('%s may execute it', case acl.grantee when 0 then 'PUBLIC' else acl.grantee::regrole::text end) as detail
from pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) as acl
where pronamespace = 'bulkhead'::regnamespace and acl.grantee <> proowner
  and not (acl.grantee = 'bulkhead_request'::regrole
    and pg_proc.oid in ('bulkhead.account_id()'::regprocedure, 'bulkhead.login_account_id()'::regprocedure,
      'bulkhead.pre_request()'::regprocedure, 'bulkhead.unexplained()'::regprocedure))
  and not (acl.grantee = 'login_issuer'::regrole and proname in ('register_login', 'forget_login', 'bar_login', 'drop_login'))
  and not (acl.grantee = 'bulkhead_authenticator'::regrole and pg_proc.oid = 'bulkhead.pre_config()'::regprocedure)
order by 1, 2
