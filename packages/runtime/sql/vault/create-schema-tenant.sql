-- A login of a tenant with a schema of its own: its account follows from its row in the registry, and no setting changes it.
-- SET is false, so that it cannot leave settings behind on a role that others run as.
set local createrole_self_grant = 'inherit';
create role "{{name}}" login password '{{password}}' valid until '{{expiration}}' connection limit 5;
grant direct_login, :"role" to "{{name}}" with inherit true, set false;
grant "{{name}}" to login_keeper with admin true, inherit true, set false;
alter role "{{name}}" set search_path to :"schema";
select bulkhead.register_login('{{name}}', :'tenant', '{{expiration}}');
