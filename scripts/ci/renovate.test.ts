/** Renovate's own managers find what they are there for: a pattern that no longer fits would silently update nothing. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { REPOSITORY } from "../lib/platform.ts";

interface CustomManager {
  readonly description: string;
  readonly managerFilePatterns: readonly string[];
  readonly matchStrings: readonly string[];
}

const config = JSON.parse(readFileSync(join(REPOSITORY, ".github/renovate.json"), "utf8")) as {
  readonly minimumReleaseAge: string;
  readonly customManagers: readonly CustomManager[];
  readonly packageRules: readonly { readonly groupName?: string; readonly matchPackageNames?: readonly string[] }[];
};
const FILES = globSync(["scripts/**/*.{ts,txt}", "stacks/*/*.yaml", "packages/config/src/schema/*.ts"], {
  cwd: REPOSITORY,
  exclude: (path) => path.includes("node_modules"),
});

function found({ managerFilePatterns, matchStrings }: CustomManager): Record<string, string>[] {
  const files = FILES.filter((file) =>
    managerFilePatterns.some((pattern) => new RegExp(pattern.slice(1, -1)).test(file)),
  );
  return files.flatMap((file) => {
    const text = readFileSync(join(REPOSITORY, file), "utf8");
    return matchStrings.flatMap((pattern) =>
      [...text.matchAll(new RegExp(pattern, "g"))].map(({ groups = {} }) => ({ file, ...groups })),
    );
  });
}

test.each(config.customManagers.map((manager): [string, CustomManager] => [manager.description, manager]))(
  "%s",
  (_, manager) => {
    const matches = found(manager);
    expect(matches.length).toBeGreaterThan(0);
    for (const { currentValue } of matches) expect(currentValue).toMatch(/^v?\d+\.\d+/);
  },
);

test("every image of every environment but the runtime's, which its own workflow proposes, is followed", () => {
  const followed = config.customManagers.flatMap(found).filter(({ currentDigest }) => currentDigest);
  for (const environment of ["dev", "staging", "prod"]) {
    const file = join("stacks/3-services", `Pulumi.${environment}.yaml`);
    const text = readFileSync(join(REPOSITORY, file), "utf8");
    const images = [...text.matchAll(/^\s+\w+: (\S+)@sha256:/gm)].map(([, image = ""]) => image);
    const foreign = images.filter((image) => !image.includes("/bulkhead-runtime:"));
    expect(followed.filter((match) => match.file === file)).toHaveLength(foreign.length);
  }
});

test("the Pulumi SDK, the policy SDK, the CLI and the language host move together, after a week", () => {
  const pulumi = config.packageRules.find(({ groupName }) => groupName === "pulumi");
  expect(pulumi?.matchPackageNames).toEqual(
    expect.arrayContaining(["@pulumi/pulumi", "@pulumi/policy", "pulumi", "github.com/pulumi/pulumi/**"]),
  );
  expect(config.minimumReleaseAge).toBe("7 days");
});
