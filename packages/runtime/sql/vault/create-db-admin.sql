-- A login for changing tables. It may become migrator, and by that bulkhead_owner, and inherits neither: a session that does not say so
-- can do nothing. It may connect to the platform's database only, so that whatever it leaves there can be taken away from there.
set local createrole_self_grant = 'inherit';
create role "{{name}}" login password '{{password}}' valid until '{{expiration}}' connection limit 5;
grant migrator to "{{name}}" with inherit false, set true;
grant direct_login to "{{name}}" with inherit true, set false;
grant "{{name}}" to login_keeper with admin true, inherit true, set false;
