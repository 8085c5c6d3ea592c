/** The package that pg itself reads PGPASSFILE by; it carries no types. */
declare module "pgpass" {
  export default function pgpass(
    connection: { host: string; port: number; database: string; user: string },
    found: (password: string | undefined) => void,
  ): void;
}
