/** `npm run pin -- <environment>`: the images of an environment by digest, as their registries have them now. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseImage, readEnvironment } from "@bulkhead/config";
import { script, UserError } from "./lib/cli.ts";
import { REPOSITORY } from "./lib/platform.ts";
import { digestOf, type Registry } from "./pin/registry.ts";
import { readImages } from "./pin/stack-file.ts";

const HELP = `
npm run pin -- <environment> [--image <name>=<reference> …] [--check]

Asks the registries for the digest of each image's tag, and writes <image>:<tag>@sha256:… into stacks/3-services/Pulumi.<environment>.yaml.
  --image   only the image of that name, at this reference: runtime=europe-west1-docker.pkg.dev/…/bulkhead-runtime:1.4.0@sha256:…, or
            runtime=:1.4.0@sha256:… where the registry stays the environment's own. One that has a digest is taken as it is
  --check   write nothing; end with 1 where a tag names something else than the file does
Artifact Registry is asked as whoever gcloud is logged in as; the others without a login.`;

await script(
  HELP,
  { image: { type: "string", multiple: true }, check: { type: "boolean" } },
  async (values, [name, ...more]) => {
    if (name === undefined || more.length > 0) throw new UserError(HELP.trim(), 2);
    const stacks = join(process.env.BULKHEAD_ROOT ?? REPOSITORY, "stacks");
    const { services } = readEnvironment(stacks, name);
    const file = join(stacks, "3-services", `Pulumi.${name}.yaml`);
    const text = readFileSync(file, "utf8");
    const given = givenImages(values.image ?? [], services.images);
    const registry: Registry = {
      token: gcloudToken,
      ...(process.env.BULKHEAD_REGISTRY_SCHEME === "http" ? { scheme: "http" as const } : {}),
    };
    const pinned: Record<string, string> = {};
    const differing: string[] = [];
    for (const [key, before] of Object.entries(services.images)) {
      if (values.image && given[key] === undefined) continue;
      const wanted = given[key] ?? before;
      const after = await pin(wanted, given[key] !== undefined, registry);
      pinned[key] = after;
      if (after !== before) differing.push(key);
      process.stdout.write(`${key}: ${after}${after === before ? " (as it was)" : ""}\n`);
    }
    if (values.check) return differing.length > 0 ? 1 : 0;
    const written = readImages(text).write(pinned);
    if (written !== text) writeFileSync(file, written);
    return 0;
  },
);

function givenImages(words: readonly string[], images: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const [, key = "", image = ""] = /^([^=]+)=(\S+)$/.exec(word) ?? [];
      const own = images[key];
      if (own === undefined)
        throw new UserError(
          `--image ${word}: names one of ${Object.keys(images).join(", ")}, then = and a reference`,
          2,
        );
      return [key, image.startsWith(":") ? `${parseImage(own).name}${image}` : image];
    }),
  );
}

/** A tag is looked up, even where there is a digest: that one may be of another day. Without a tag there is nothing to look up. */
async function pin(image: string, given: boolean, registry: Registry): Promise<string> {
  const { name, tag, digest } = parseImage(image);
  if (digest !== undefined && (given || tag === undefined)) return image;
  return `${name}:${tag}@${await digestOf(image, registry)}`;
}

function gcloudToken(host: string): string | undefined {
  if (!/(?:^|[.-])docker\.pkg\.dev$/.test(host)) return undefined;
  const { status, stdout, stderr, error } = spawnSync("gcloud", ["auth", "print-access-token"], { encoding: "utf8" });
  if (error || status !== 0)
    throw new UserError(
      `${host} wants a login: gcloud auth print-access-token failed: ${error?.message ?? stderr.trim()}`,
    );
  return stdout.trim();
}
