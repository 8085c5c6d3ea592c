-- A renewed lease of a login that belongs to no tenant.
alter role "{{name}}" valid until '{{expiration}}';
