-- A login for a service of the platform's own, as PostgREST's is: it may become anon and api_user, and has to say for each transaction
-- whose account it acts for. Never for a tenant, who could say another's.
set local createrole_self_grant = 'inherit';
create role "{{name}}" login password '{{password}}' valid until '{{expiration}}' connection limit 20;
grant client_authenticator to "{{name}}" with inherit true, set true;
grant "{{name}}" to login_keeper with admin true, inherit true, set false;
