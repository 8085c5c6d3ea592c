-- A renewed lease of a tenant's login: refused where the tenant is sealed.
select bulkhead.register_login('{{name}}', :'tenant', '{{expiration}}');
alter role "{{name}}" valid until '{{expiration}}';
