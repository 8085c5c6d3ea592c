/** The keys of the stack files as tables, from the schemas that check them. */
import { table } from "./tables.ts";

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
}

/**
 * @param name - a schema, such as `database`, or a key of it and what is below, such as `database:cells`
 * @param schemas - the JSON Schemas, by file name
 * @returns undefined where there is no such schema or key
 */
export function configTable(name: string, schemas: Readonly<Record<string, string>>): string | undefined {
  const [file = "", key] = name.split(":");
  const text = schemas[`${file}.json`];
  if (text === undefined) return undefined;
  const whole = JSON.parse(text) as Schema;
  const config = whole.properties?.config ?? whole;
  const keys = Object.entries(config.properties ?? {}).filter(
    ([each]) => key === undefined || each === `bulkhead:${key}`,
  );
  if (keys.length === 0) return undefined;
  const rows = keys.flatMap(([each, schema]) => rowsOf(each, schema, config.required?.includes(each) === true));
  return table(["key", "takes", "default", "meaning"], rows);
}

function rowsOf(path: string, schema: Schema, required: boolean): string[][] {
  const row = [
    `\`${path}\``,
    takes(schema),
    schema.default === undefined || isEmpty(schema.default)
      ? required
        ? "required"
        : ""
      : `\`${JSON.stringify(schema.default)}\``,
    schema.description ?? "",
  ];
  const below = Object.entries(schema.properties ?? {}).flatMap(([key, each]) =>
    rowsOf(`${path}.${key}`, each, schema.required?.includes(key) === true),
  );
  const each = typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
  const entries = each?.properties
    ? Object.entries(each.properties).flatMap(([key, entry]) =>
        rowsOf(`${path}.<name>.${key}`, entry, each.required?.includes(key) === true),
      )
    : [];
  return [row, ...below, ...entries];
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function takes(schema: Schema): string {
  const choices = schema.enum ?? schema.anyOf?.flatMap((each) => (each.const === undefined ? [] : [each.const]));
  if (choices && choices.length > 0) return choices.map((choice) => `\`${choice}\``).join(", ");
  if (schema.type === "integer" || schema.type === "number") {
    const { minimum, maximum } = schema;
    if (minimum !== undefined && maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER)
      return `${minimum} to ${maximum}`;
    return "a number";
  }
  if (schema.type === "object") return schema.properties ? "settings" : "a map";
  if (schema.type === "array") return "a list";
  return { boolean: "`true`, `false`", string: "text" }[schema.type ?? ""] ?? "";
}
