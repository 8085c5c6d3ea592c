-- Vault's own login for one database: it may create roles, give away what it has ADMIN on, and inherits nothing but the right to register
-- logins. Not a superuser, and a member of nobody whose rows it could read. Its password is set elsewhere.
-- What it creates it inherits from (a creator gets ADMIN, and no rights, since PostgreSQL 16), so that it may end the sessions.
create role :"login" login createrole connection limit 20;
alter role :"login" set createrole_self_grant = 'inherit';
grant login_issuer to :"login" with inherit true, set false;
