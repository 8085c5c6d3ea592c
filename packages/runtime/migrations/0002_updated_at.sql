-- updated_at is the database's word, not the client's: a trigger sets it on every update.
-- The function reads no table and no setting, so it is the same in every schema and leaks nothing.

create function touch_updated_at() returns trigger
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
begin
  new.updated_at := now();
  return new;
end
$$;

create trigger touch before update on bases for each row execute function touch_updated_at();
create trigger touch before update on tables for each row execute function touch_updated_at();
create trigger touch before update on fields for each row execute function touch_updated_at();
create trigger touch before update on records for each row execute function touch_updated_at();
create trigger touch before update on views for each row execute function touch_updated_at();
