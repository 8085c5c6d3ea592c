/** Each environment's inventory as it is committed: whatever changes in an environment shows in review. `npm run rehearse -- prod --inventory` writes it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { REPOSITORY } from "../../scripts/lib/platform.ts";
import { inventory, inventoryFile } from "../../scripts/rehearsal/inventory.ts";
import { ENVIRONMENTS, resourcesByLayer, secondRun } from "../support/estate.ts";

test.each(ENVIRONMENTS)(
  "%s is what its inventory says (npm run rehearse -- <environment> --inventory writes it anew)",
  (environment) => {
    expect(inventory(resourcesByLayer(environment))).toBe(
      readFileSync(join(REPOSITORY, inventoryFile(environment)), "utf8"),
    );
  },
);

test.each(ENVIRONMENTS)("a second run of %s changes nothing", (environment) => {
  expect(new Set(Object.values(secondRun(environment)))).toEqual(new Set(["nothing to change"]));
});
