-- Default privileges grant what is made later to somebody, without a word at the time.
-- severity: error
-- remedy: alter default privileges … revoke; grants are written where the object is made
select defaclrole::regrole::text as object,
  format('what it makes later is granted to %s (%s)', case acl.grantee when 0 then 'PUBLIC' else acl.grantee::regrole::text end, acl.privilege_type) as detail
from pg_default_acl, aclexplode(defaclacl) as acl
where acl.grantee <> defaclrole
order by 1, 2
