/** JSON Schemas of the stack files, for editors: `# yaml-language-server: $schema=…` in each stack file names one. */
import { z } from "zod";
import { LAYER_SCHEMAS, type Layer } from "./layers.ts";
import { tenantSchema } from "./schema/tenants.ts";
import { TENANT_ID_PATTERN } from "./tenant-id.ts";

/** File name and content of each schema. */
export function jsonSchemas(): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const layer of Object.keys(LAYER_SCHEMAS) as Layer[]) {
    const shape = z.toJSONSchema(LAYER_SCHEMAS[layer], { io: "input", unrepresentable: "any" }) as {
      properties: Record<string, { propertyNames?: unknown }>;
      required?: string[];
    };
    if (layer === "4-tenants") shape.properties.tenants!.propertyNames = { pattern: TENANT_ID_PATTERN };
    const prefixed = Object.fromEntries(
      Object.entries(shape.properties).map(([key, value]) => [`bulkhead:${key}`, value]),
    );
    const name = layer.slice(2);
    const schema = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      title: `Bulkhead: stack config of stacks/${layer}`,
      type: "object",
      properties: {
        config: {
          type: "object",
          properties: prefixed,
          ...(shape.required ? { required: shape.required.map((key) => `bulkhead:${key}`) } : {}),
          // Other namespaces (gcp:, pulumi:) are Pulumi's; a misspelt key of ours is refused.
          patternProperties: { "^(?!bulkhead:)": {} },
          additionalProperties: false,
        },
      },
    };
    files[`${name}.json`] = `${JSON.stringify(schema, null, 2)}\n`;
  }
  const tenant = z.toJSONSchema(tenantSchema, { io: "input", unrepresentable: "any" });
  const titled = { ...tenant, title: "Bulkhead: one tenant, in a file of the folder that bulkhead:tenantsFrom names" };
  files["tenant.json"] = `${JSON.stringify(titled, null, 2)}\n`;
  return files;
}
