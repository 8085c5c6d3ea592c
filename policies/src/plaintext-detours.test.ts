/** Where a red team put its secrets, and what stands there in earnest. */
import { describe, expect, test } from "vitest";
import { noPlaintextSecret } from "./no-plaintext-secret.ts";
import { UNKNOWN } from "./values.ts";

const inContainer = (container: object) =>
  noPlaintextSecret.faults({
    type: "kubernetes:apps/v1:Deployment",
    props: { spec: { template: { spec: { containers: [{ name: "app", ...container }] } } } },
  });
const inField = (props: object, type = "kubernetes:acme.dev/v1:Thing") => noPlaintextSecret.faults({ type, props });
const ofVariable = (name: string, value: string) => inContainer({ env: [{ name, value }] });
const ofText = (text: string) => inField({ metadata: { name: "c" }, data: { text } }, "kubernetes:core/v1:ConfigMap");

function expectOne(faults: readonly string[]): void {
  expect(faults).toHaveLength(1);
  expect(faults[0]).not.toMatch(/hunter2|efgh12/);
}

describe("what is run", () => {
  test.each<[string[], string[]?]>([
    [["sh", "-c", "PGPASSWORD=hunter2 psql"]],
    [["sh", "-c"], ["export DB_PASSWORD=hunter2; exec app"]],
    [["sh", "-c"], ["export DB_PASSWORD='hunter2'\nexec app"]],
    [["sh", "-c", "app --db-password hunter2 --port 1"]],
    [["app"], ["DB_PASSWORD=hunter2"]],
    [["env", "API_TOKEN=hunter2", "app"]],
    [["curl", "-u", "admin:hunter2", "http://api"]],
    [["sh", "-c", "curl -sSu admin:hunter2 http://api"]],
    [["/usr/bin/curl"], ["--user=admin:hunter2", "http://api"]],
    [["mysql", "-uroot", "-phunter2"]],
    [["mysqladmin", "-phunter2", "ping"]],
    [["sshpass", "-p", "hunter2", "ssh", "host"]],
    [["mongosh", "-u", "root", "-p", "hunter2"]],
    [["docker", "login", "-u", "x", "-p", "hunter2", "registry.example"]],
    [["sh", "-c", "sleep 1 && redis-cli -a hunter2 ping"]],
    [["ldapsearch", "-x", "-w", "hunter2"]],
  ])("%j %j", (command, args) => {
    expectOne(inContainer({ command, args }));
    expectOne(inContainer({ livenessProbe: { exec: { command: [...command, ...(args ?? [])] } } }));
    expectOne(inContainer({ lifecycle: { postStart: { exec: { command: [...command, ...(args ?? [])] } } } }));
  });

  test.each<[string[]]>([
    [["sh", "-c", 'PGPASSWORD="$(cat /run/password)" psql -p 5432 -h db']],
    [["sh", "-c", "PGPASSWORD=$PASSWORD psql"]],
    [["sh", "-c", "PGPASSWORD=$" + "{PASSWORD} psql"]],
    [["app", "--db-password=$(DB_PASSWORD)", "--db-password-file=/run/password"]],
    [["sh", "-c", "curl -u admin:$PASSWORD http://api:80 && curl -H Accept:text/html -fsS http://u:8080/x"]],
    [["curl", "-u", "admin:", "-o", "a:b"]],
    [["mysql", "-p", "platform"]],
    [["psql", "-p", "5432"]],
    [["nc", "-p", "8080"]],
    [["mkdir", "-p", "/data/a"]],
    [["mongosh", "-p", "--host", "db"]],
    [["docker", "run", "-p", "80:80", "x"]],
    [["sh", "-c", "docker login -u x --password-stdin registry.example"]],
    [["app", "--token-ttl=1h", "--secret-name=a", "--token", "$(TOKEN)", "--jwt-secret=@/etc/keys"]],
    [["projects/p/locations/l/clusters/c/instances/i?port=5432&auto-iam-authn=true"]],
  ])("harmless: %j", (command) => {
    expect(inContainer({ command })).toEqual([]);
    expect(inContainer({ args: command })).toEqual([]);
    expect(inContainer({ readinessProbe: { exec: { command } } })).toEqual([]);
  });
});

describe("any other place", () => {
  test("an address in a probe", () => {
    expectOne(inContainer({ livenessProbe: { exec: { command: ["pg_isready", "-d", "postgres://u:hunter2@db"] } } }));
  });

  test.each([
    ["Authorization", "Bearer hunter2"],
    ["authorization", "Basic aHVudGVyMg=="],
    ["X-Api-Key", "Hunter2hunter2"],
    ["Cookie", "session=hunter2"],
  ])("a header of a probe: %s", (name, value) => {
    expectOne(inContainer({ readinessProbe: { httpGet: { httpHeaders: [{ name, value }] } } }));
    expect(inContainer({ readinessProbe: { httpGet: { httpHeaders: [{ name: "Accept", value: "a/b" }] } } })).toEqual(
      [],
    );
    expect(inContainer({ readinessProbe: { httpGet: { httpHeaders: [{ name, value: UNKNOWN }] } } })).toEqual([]);
  });

  test.each([
    ["dsn", "postgres://u:hunter2@db"],
    ["acme.dev/db-password", "hunter2"],
  ])("an annotation: %s", (name, value) => {
    expectOne(inField({ metadata: { annotations: { [name]: value } } }, "kubernetes:core/v1:Service"));
    expectOne(inField({ metadata: { annotations: { [name]: value } } }, "kubernetes:core/v1:Secret"));
    expectOne(inField({ spec: { template: { metadata: { annotations: { [name]: value } } } } }));
  });

  test("fields and lists of a custom resource", () => {
    expectOne(inField({ spec: { source: { uri: "postgres://u:hunter2@db" } } }));
    expectOne(inField({ spec: { sources: ["postgres://u@db", "postgres://u:hunter2@db"] } }));
    expectOne(inField({ spec: { sidecars: [{ name: "s", env: [{ name: "PASSWORD", value: "hunter2" }] }] } }));
    expectOne(inField({ spec: { admin: { password: "hunter2" } } }));
  });

  test("neither names of Secrets, nor what only describes", () => {
    const annotations = { "vault.hashicorp.com/agent-inject-secret-db": "database/creds/app", "a/token": "x" };
    const spec = { passwordSecretRef: { name: "db", key: "password" }, secretName: "db", secretKey: "token" };
    expect(inField({ metadata: { annotations }, spec })).toEqual([]);
    const schema = { description: "such as postgres://user:password@host" };
    expect(inField({ spec: { schema } }, "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition")).toEqual([]);
    const secret = {
      kind: "Secret",
      data: { password: "aHVudGVyMg==" },
      stringData: { uri: "postgres://u:hunter2@db" },
    };
    expect(inField({ items: [secret] }, "kubernetes:core/v1:List")).toEqual([]);
    expect(inField({ stringData: secret.stringData }, "kubernetes:core/v1:SecretPatch")).toEqual([]);
  });
});

describe("values that look like something else", () => {
  test.each([
    ["DB_PASSWORD", "@hunter2"],
    ["DB_PASSWORD", "/abcd/efgh12"],
    ["dbPassword", "/abcd/efgh12"],
    ["DB_PASSWORD_2", "/abcd/efgh12"],
    ["DB_PASSWORD_URI", "hunter2"],
    ["SECRET_URL", "hunter2"],
    ["PASSWORD_VERSION", "hunter2"],
    ["PASSWORD_LENGTH", "hunter2"],
    ["TOKEN_BASE64", "aHVudGVyMg=="],
    ["DB_PASSWORD_FILE", "hunter2"],
  ])("%s = %s", (name, value) => {
    expectOne(ofVariable(name, value));
    expectOne(ofText(`${name}: ${value}\n`));
  });

  test.each([
    ["PGRST_JWT_SECRET", "@/etc/postgrest/keys/jwks.json"],
    ["DB_PASSWORD_FILE", "/abcd/efgh12"],
    ["DB_PASSWORD_PATH", "/abcd/efgh12"],
    ["DB_PASSWORD_DIR", "/abcd/efgh12"],
    ["DB_PASSWORD_FILE", "password.txt"],
    ["TOKEN_URL", "auth.example.com:8080/token"],
    ["TOKEN_URL", "localhost:8080"],
    ["DB_PASSWORD_URI", "vault://secret/db"],
    ["PASSWORD_VERSION", "3"],
    ["SECRET_VERSION", "latest"],
    ["SECRET_VERSION", "projects/p/secrets/s/versions/1"],
    ["TOKEN_TTL", "1h30m"],
    ["PASSWORD_LENGTH", "$(LENGTH)"],
    ["SECRET_STORE_NAME", "vault"],
  ])("harmless: %s = %s", (name, value) => {
    expect(ofVariable(name, value)).toEqual([]);
    expect(ofText(`${name}: ${value}\n`)).toEqual([]);
  });

  test.each([
    "env:\n  - name: DB_PASSWORD\n    value: hunter2\n",
    "env:\n  - value: 'hunter2'\n    name: DB_PASSWORD\n",
    '[{"name":"DB_PASSWORD","value":"hunter2"}]',
    "- { name: DB_PASSWORD, value: hunter2 }",
    '{"host":"db","password":"hunter2"}',
  ])("a manifest in a ConfigMap: %j", (text) => {
    expectOne(ofText(text));
  });

  test.each([
    "env:\n  - name: DB_PASSWORD\n    valueFrom:\n      secretKeyRef: { name: db, key: password }\n  - name: A\n    value: b\n",
    "- name: DB_PASSWORD_FILE\n  value: /run/password\n- name: A\n  value: b\n",
    '[{"name":"DB_PASSWORD","value":"$(OTHER)"}]',
    '{"name":"token-ring","values":["a"]}',
  ])("harmless: %j", (text) => {
    expect(ofText(text)).toEqual([]);
  });
});
