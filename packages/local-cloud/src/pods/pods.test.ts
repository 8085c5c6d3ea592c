import { describe, expect, test } from "vitest";
import { passwordFile, rewriteAddresses, rewriteVariables } from "./addresses.ts";
import { expand } from "./environment.ts";
import { repositoryName } from "./images.ts";
import { failureAction } from "./job.ts";
import { findPostgrest } from "./postgrest.ts";
import { blank } from "./prepare.ts";
import { type Listener, parseProxy } from "./proxy.ts";
import { rewritePaths } from "./volumes.ts";

const local = ["127.0.0.1", "localhost"];
const listeners: Listener[] = [
  { hosts: local, port: 5432, target: { host: "127.0.0.1", port: 21000 }, login: { user: "a@p.iam", password: "p:w" } },
  { hosts: local, port: 5433, target: { host: "127.0.0.1", port: 22000 } },
];

describe("addresses", () => {
  test.each([
    ["postgresql://u@127.0.0.1:5432/db", "postgresql://u@127.0.0.1:21000/db"],
    ["postgresql://u@localhost:5432,127.0.0.1:5433/db", "postgresql://u@127.0.0.1:21000,127.0.0.1:22000/db"],
    ["host=127.0.0.1 port=5433 dbname=x", "host=127.0.0.1 port=22000 dbname=x"],
    ["port=5432 host=localhost", "port=21000 host=127.0.0.1"],
    ["127.0.0.1:54321", "127.0.0.1:54321"],
    ["10.127.0.0.1:5432", "10.127.0.0.1:5432"],
    ["127.0.0.1:9090", "127.0.0.1:9090"],
  ])("%s becomes %s", (given, wanted) => expect(rewriteAddresses(given, listeners)).toBe(wanted));

  test("PGHOST and PGPORT are one address, with PostgreSQL's own port for none", () => {
    const target = { PGHOST: "127.0.0.1", PGPORT: "21000" };
    expect(rewriteVariables({ PGHOST: "localhost", PGPORT: "5432" }, listeners)).toEqual(target);
    expect(rewriteVariables({ PGHOST: "127.0.0.1" }, listeners)).toEqual(target);
    expect(rewriteVariables({ PGHOST: "db.example", PGPORT: "5432" }, listeners)).toMatchObject({
      PGHOST: "db.example",
    });
  });

  test("the password file has the logins only, with their special characters escaped", () => {
    expect(passwordFile(listeners)).toBe("127.0.0.1:21000:*:a@p.iam:p\\:w\n");
    expect(passwordFile(listeners.slice(1))).toBeUndefined();
  });
});

test("mount paths are rewritten where they stand as paths", () => {
  const mounts = [
    { mountPath: "/etc/keys/inner", hostPath: "/h/inner" },
    { mountPath: "/etc/keys", hostPath: "/h/keys" },
  ];
  const rewrite = (text: string) => rewritePaths(text, mounts);
  expect(rewrite("@/etc/keys/jwks.json")).toBe("@/h/keys/jwks.json");
  expect(rewrite("/etc/keys")).toBe("/h/keys");
  expect(rewrite("--dir=/etc/keys/inner/x")).toBe("--dir=/h/inner/x");
  expect(rewrite("file:///etc/keys/x")).toBe("file:///h/keys/x");
  expect(rewrite("/etc/keys2 /opt/etc/keys /etc/keys.old")).toBe("/etc/keys2 /opt/etc/keys /etc/keys.old");
});

test("variables expand as kubelet expands them", () => {
  expect(expand("$(A)-$(B)-$$(A)-$A", { A: "1" })).toBe("1-$(B)-$(A)-$A");
});

describe("the Auth Proxy's arguments", () => {
  const instance = "projects/p/locations/l/clusters/c/instances/i";
  const parse = (...args: string[]) => parseProxy({ name: "proxy", args });

  test("ports count up from the first, unless an instance has its own", () => {
    expect(parse(instance, `${instance}?port=6000`, instance).map((l) => l.port)).toEqual([5432, 6000, 5433]);
    expect(parse("--port", "7000", instance)[0]?.port).toBe(7000);
    expect(parse("--port=7000", instance, instance)[1]?.port).toBe(7001);
  });

  test("IAM login is a flag for all, or an option of one", () => {
    expect(parse("--auto-iam-authn", instance, `${instance}?auto-iam-authn=false`).map((l) => l.iam)).toEqual([
      true,
      false,
    ]);
    expect(parse(`${instance}?auto-iam-authn=true`, instance).map((l) => l.iam)).toEqual([true, false]);
  });

  test("variables of the container speak too, and no instance at all is an error", () => {
    const env = [
      { name: "ALLOYDB_PROXY_INSTANCE_URI", value: instance },
      { name: "ALLOYDB_PROXY_AUTO_IAM_AUTHN", value: "true" },
    ];
    expect(parseProxy({ name: "proxy", env })).toEqual([{ instance, port: 5432, iam: true }]);
    expect(() => parse("--health-check")).toThrow("names no instance");
  });
});

test.each([
  ["docker.io/postgrest/postgrest:v16.1", "postgrest"],
  ["postgrest", "postgrest"],
  ["registry:5000/a/bulkhead-runtime@sha256:abc", "bulkhead-runtime"],
  ["gcr.io/alloydb-connectors/alloydb-auth-proxy:1.15.2-alpine", "alloydb-auth-proxy"],
  ["example/postgrest-exporter:1", "postgrest-exporter"],
])("the image %s is of %s", (image, name) => expect(repositoryName(image)).toBe(name));

test("a failure policy's first matching rule decides", () => {
  const rules = [
    { action: "FailJob", onExitCodes: { containerName: "runtime", operator: "In" as const, values: [2, 3] } },
    { action: "Ignore", onExitCodes: { operator: "NotIn" as const, values: [1] } },
  ];
  const act = (container: string, code: number) => failureAction({ podFailurePolicy: { rules } }, container, code);
  expect([act("runtime", 3), act("other", 3), act("runtime", 137), act("runtime", 1)]).toEqual([
    "FailJob",
    "Ignore",
    "Ignore",
    "Count",
  ]);
});

test("secrets are blanked in what people are shown", () => {
  expect(blank(["password is hunter2, truly"], ["hunter2"])).toEqual(["password is ***, truly"]);
});

test("PostgREST comes from npm, and one that is named comes first", () => {
  expect(findPostgrest({}).version).toMatch(/^\d+\.\d+/);
  expect(() => findPostgrest({ BULKHEAD_POSTGREST: "/nowhere/postgrest" })).toThrow("does not answer --version");
});
