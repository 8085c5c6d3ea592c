-- The end of a lease, and what undoes a creation that failed. Vault runs all of it in one transaction and tries again for as long as it
-- fails. The login is barred in a transaction of its own: else it could come back between the end of its sessions and the commit, and
-- would stay barred by nothing where a later step fails.
select bulkhead.bar_login('{{name}}');
commit;
begin;
select bulkhead.drop_login('{{name}}');
