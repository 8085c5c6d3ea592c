/** npm run pin, against a registry on this machine. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LAYERS } from "@bulkhead/config";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { REPOSITORY } from "./lib/platform.ts";
import { locate } from "./pin/registry.ts";
import { readImages } from "./pin/stack-file.ts";

const MANIFEST = JSON.stringify({
  schemaVersion: 2,
  mediaType: "application/vnd.oci.image.index.v1+json",
  manifests: [],
});
const DIGEST = `sha256:${createHash("sha256").update(MANIFEST).digest("hex")}`;
let server: Server;
let host: string;
let requests: { url: string; authorization: string | undefined; accept: string | undefined }[];
let lies = false;

beforeAll(async () => {
  server = createServer((request, response) => {
    const { url = "", headers } = request;
    requests.push({ url, authorization: headers.authorization, accept: headers.accept });
    if (url.startsWith("/token")) return response.end(JSON.stringify({ token: "anonymous" }));
    if (headers.authorization !== "Bearer anonymous") {
      const realm = `http://${host}/token`;
      response.setHeader("www-authenticate", `Bearer realm="${realm}",service="here",scope="repository:a/b:pull"`);
      response.statusCode = 401;
      return response.end();
    }
    if (url !== "/v2/a/b/manifests/1.0" && url !== "/v2/a/c/manifests/2.0") response.statusCode = 404;
    else response.setHeader("docker-content-digest", lies ? `sha256:${"1".repeat(64)}` : DIGEST);
    return response.end(MANIFEST);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  host = `localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

let root: string;
let file: string;
const ZEROS = `sha256:${"0".repeat(64)}`;
beforeEach(() => {
  requests = [];
  lies = false;
  root = mkdtempSync(join(tmpdir(), "bulkhead-pin-"));
  for (const layer of LAYERS)
    cpSync(join(REPOSITORY, `stacks/${layer}/Pulumi.dev.yaml`), join(root, `stacks/${layer}/Pulumi.dev.yaml`), {
      recursive: true,
    });
  file = join(root, "stacks/3-services/Pulumi.dev.yaml");
  const text = readFileSync(file, "utf8");
  const { images, write } = readImages(text);
  const wanted = Object.fromEntries(Object.keys(images).map((key) => [key, `${host}/a/c:2.0@${ZEROS}`]));
  writeFileSync(file, write({ ...wanted, runtime: `${host}/a/b:1.0@${ZEROS}` }));
  return () => rmSync(root, { recursive: true, force: true });
});

/** Asynchronously: the registry answers from this very process. */
function pin(...args: string[]): Promise<{ code: number | null; output: string }> {
  const env = { ...process.env, BULKHEAD_ROOT: root, BULKHEAD_REGISTRY_SCHEME: "http" };
  const child = spawn(process.execPath, [join(REPOSITORY, "scripts/pin.ts"), "dev", ...args], { env });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  return new Promise((done) => child.on("close", (code) => done({ code, output })));
}

test("tags become digests, by an anonymous token, and comments stay", async () => {
  const before = readFileSync(file, "utf8");
  const { code, output } = await pin();
  expect(output).toContain(`runtime: ${host}/a/b:1.0@${DIGEST}`);
  expect(code).toBe(0);
  expect(readFileSync(file, "utf8")).toBe(before.replaceAll(ZEROS, DIGEST));
  expect(before).toContain("# Public keys of the token issuer.");
  expect(requests.find(({ url }) => url.startsWith("/token"))?.url).toContain("scope=repository%3Aa%2Fb%3Apull");
  expect(
    requests.filter(({ url }) => url.startsWith("/v2/")).every(({ accept }) => accept?.includes("image.index")),
  ).toBe(true);
});

test("a second run changes nothing; --check tells of a moved tag and writes nothing", async () => {
  expect((await pin("--check")).code).toBe(1);
  expect(readFileSync(file, "utf8")).toContain(ZEROS);
  await pin();
  const pinned = readFileSync(file, "utf8");
  expect((await pin("--check")).code).toBe(0);
  await pin();
  expect(readFileSync(file, "utf8")).toBe(pinned);
});

test("a reference with its digest is taken as it is, as the image's own build knows it", async () => {
  const built = `${host}/a/built:9@sha256:${"ab".repeat(32)}`;
  expect(await pin("--image", `runtime=${built}`)).toMatchObject({ code: 0 });
  expect(readImages(readFileSync(file, "utf8")).images.runtime).toBe(built);
  await pin("--image", `runtime=:10@sha256:${"cd".repeat(32)}`);
  const { runtime, ...others } = readImages(readFileSync(file, "utf8")).images;
  expect(runtime).toBe(`${host}/a/built:10@sha256:${"cd".repeat(32)}`);
  // Nothing else was asked for, so nothing else changed.
  for (const image of Object.values(others)) expect(image).toContain(ZEROS);
  expect(requests).toEqual([]);
  expect(await pin("--image", `nothing=${built}`)).toMatchObject({
    code: 2,
    output: expect.stringContaining("names one of"),
  });
});

test("a tag that is not there, and a registry that lies, change nothing", async () => {
  const before = readFileSync(file, "utf8");
  expect(await pin("--image", `runtime=${host}/a/b:9.9`)).toMatchObject({
    code: 1,
    output: expect.stringContaining("no such tag"),
  });
  lies = true;
  expect(await pin()).toMatchObject({ code: 1, output: expect.stringContaining("the registry says sha256:111") });
  expect(readFileSync(file, "utf8")).toBe(before);
});

test("a name without a host is Docker Hub's", () => {
  expect(locate("postgrest/postgrest")).toEqual({ host: "docker.io", repository: "postgrest/postgrest" });
  expect(locate("postgres")).toEqual({ host: "docker.io", repository: "library/postgres" });
  expect(locate("localhost:5000/a")).toEqual({ host: "localhost:5000", repository: "a" });
  expect(locate("gcr.io/x/y")).toEqual({ host: "gcr.io", repository: "x/y" });
});
