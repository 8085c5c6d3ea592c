import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { platformAt } from "./platform.ts";
import { prepareProject } from "./pulumi.ts";

test("the key of an environment's real state is not taken along: a rehearsal asks no cloud for it", () => {
  const root = mkdtempSync(join(tmpdir(), "bulkhead-project-"));
  try {
    const folder = join(root, "stacks/1-foundation");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "Pulumi.yaml"), "name: bulkhead-foundation\nruntime: nodejs\n");
    const own = "secretsprovider: gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k\nencryptedkey: AAAA\n";
    writeFileSync(join(folder, "Pulumi.dev.yaml"), `${own}config:\n  bulkhead:project: acme-dev\n`);
    const prepared = prepareProject(platformAt(root, join(root, "home"), "dev", "record"), "1-foundation");
    expect(parse(readFileSync(join(prepared, "Pulumi.dev.yaml"), "utf8"))).toEqual({
      config: { "bulkhead:project": "acme-dev" },
    });
    expect(readFileSync(join(folder, "Pulumi.dev.yaml"), "utf8")).toContain(own);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
