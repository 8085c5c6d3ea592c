-- A login of a tenant with a database of its own, which it may connect to by the tenant's role; to the platform's it may not.
set local createrole_self_grant = 'inherit';
create role "{{name}}" login password '{{password}}' valid until '{{expiration}}' connection limit 5;
grant :"role" to "{{name}}" with inherit true, set false;
grant "{{name}}" to login_keeper with admin true, inherit true, set false;
alter role "{{name}}" set search_path to :"schema";
select bulkhead.register_login('{{name}}', :'tenant', '{{expiration}}');
