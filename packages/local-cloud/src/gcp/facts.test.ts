import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import vaultFacts from "../vault/facts.json" with { type: "json" };
import { describedTypes, factsOf } from "./facts.ts";
import { shapedTypes } from "./outputs/index.ts";

const resolve = createRequire(import.meta.url).resolve;

/** The declaration of the SDK's class for a token: `gcp:alloydb/cluster:Cluster` is in alloydb/cluster.d.ts. */
function declaration(token: string): string {
  const [pkg, module = ""] = token.split(":");
  const home = dirname(resolve(`@pulumi/${pkg}/package.json`));
  const path = `${module.replace(/^index\//, "")}.d.ts`;
  // Files of names such as iAMMember are written in lower case.
  const file = readdirSync(join(home, dirname(path))).find(
    (name) => name.toLowerCase() === basename(path).toLowerCase(),
  );
  return file === undefined ? "" : readFileSync(join(home, dirname(path), file), "utf8");
}

const all = [...describedTypes, ...Object.keys(vaultFacts)];

test.each(all)("%s is a resource of the SDK, and its facts are about properties it has", (token) => {
  const text = declaration(token);
  expect(text).toContain(`export declare class ${token.split(":")[2]} `);
  const facts = token.startsWith("vault:") ? vaultFacts[token as keyof typeof vaultFacts] : factsOf(token);
  for (const path of [...facts.required, ...facts.replaces])
    expect(text).toMatch(new RegExp(`^    ${path.split(".")[0]}\\??: `, "m"));
});

test.each(shapedTypes)("%s has a stand-in answer and is a resource of the SDK", (token) => {
  expect(declaration(token)).toContain(`export declare class ${token.split(":")[2]} `);
});

test("a type that nobody described is taken, and its identity replaces it", () => {
  expect(factsOf("gcp:pubsub/topic:Topic")).toMatchObject({ required: [], replaces: expect.arrayContaining(["name"]) });
});
