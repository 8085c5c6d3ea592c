import { describe, expect, test } from "vitest";
import { noPlaintextSecret } from "./no-plaintext-secret.ts";
import { UNKNOWN } from "./values.ts";

const withEnv = (env: unknown, place = "containers") =>
  noPlaintextSecret.faults({
    type: "kubernetes:apps/v1:Deployment",
    props: { spec: { template: { spec: { [place]: [{ name: "app", env }] } } } },
  });
const ofVariable = (name: string, value: unknown) => withEnv([{ name, value }]);
const ofConfigMap = (data: unknown, more: object = {}) =>
  noPlaintextSecret.faults({
    type: "kubernetes:core/v1:ConfigMap",
    props: { metadata: { name: "settings" }, data, ...more },
  });
const ofArguments = (args: unknown) =>
  noPlaintextSecret.faults({
    type: "kubernetes:core/v1:Pod",
    props: { spec: { containers: [{ name: "app", args }] } },
  });

/** Put together here, so that no scanner takes the test for a leak. */
const join = (...parts: string[]) => parts.join("");
const PEM = join("-----BEGIN ", "PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END ", "PRIVATE KEY-----");
const TOKEN = join("eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiJhY21lIn0", ".c2lnbmF0dXJlLXNpZ25hdHVyZQ");
const PUBLIC = JSON.stringify({
  keys: [{ kty: "EC", crv: "P-256", x: "f83OJ3D2xF1Bg8vub9tLe1", y: "x_FEzRu9m36HLN_tue" }],
});
const PRIVATE = JSON.stringify({ keys: [{ kty: "EC", crv: "P-256", x: "f83O", y: "x_FE", d: "jpsQnnGQmL" }] });
const SYMMETRIC = JSON.stringify({ kty: "oct", k: "AyM1SysPpbyDfgZld3umj1qzKObwVMko" });

describe("secret by name", () => {
  test.each([
    "PASSWORD",
    "PGPASSWORD",
    "DB_PASSWORD",
    "db_password",
    "dbPassword",
    "DbPassWord",
    "DB-PASSWD",
    "MYSQL_PWD",
    "DB_PASS",
    "SSL_PASSPHRASE",
    "CLIENT_SECRET",
    "SECRET_KEY_BASE",
    "JWT_SECRET",
    "PGRST_JWT_SECRET",
    "TOKEN",
    "GITHUB_TOKEN",
    "TOKEN_2",
    "VAULT_TOKEN",
    "API_KEY",
    "apikey",
    "PRIVATE_KEY",
    "SECRET_ACCESS_KEY",
    "STRIPE_KEY",
    "ENCRYPTION_KEYS",
    "DB_CREDENTIALS",
    "SENTRY_DSN",
    "ＰＡＳＳＷＯＲＤ",
    "P\u0301ASSWORD",
  ])("%s", (name) => {
    const [fault, ...others] = ofVariable(name, "Hunter2Hunter2!");
    expect(others).toEqual([]);
    expect(fault).toContain(`environment variable ${name} is named as a secret`);
    expect(fault).not.toContain("Hunter2");
    expect(ofConfigMap({ [name]: "Hunter2Hunter2!" })).toHaveLength(1);
  });

  test("a number and a secret output are values like others", () => {
    expect(ofVariable("DB_PASSWORD", 12345678)).toHaveLength(1);
  });
});

describe("secret by value, under an innocent name", () => {
  test.each<[string, string]>([
    ["an address with a password", "postgres://app:hunter2@db:5432/platform"],
    ["an address with a password", "POSTGRESQL+ASYNC://app:hunter2@db"],
    ["an address with a password", "redis://:hunter2@cache"],
    ["an address with a password", "postgresql://db/platform?user=app&password=hunter2"],
    ["a database login with a password", "host=db user=app password=hunter2"],
    ["a database login with a password", "host=db PASSWORD = 'hunter2'"],
    ["a password in SQL", "alter role app password 'hunter2'"],
    ["a private key", PEM],
    ["a private key", PEM.replace("PRIVATE", "RSA PRIVATE").replaceAll("\n", "\\n")],
    ["a private key", Buffer.from(PEM).toString("base64")],
    ["a private key", JSON.stringify({ type: "service_account", private_key: PEM })],
    ["a secret key", PRIVATE],
    ["a secret key", SYMMETRIC],
    ["a secret key", JSON.stringify({ nested: [{ deep: JSON.parse(PRIVATE) }] })],
    ["a secret key", Buffer.from(PRIVATE).toString("base64url")],
    ["a signed token", TOKEN],
    ["an authorization header", `Authorization: Basic ${Buffer.from("user:password").toString("base64")}`],
    ["a GitHub token", join("ghp", "_abcdefghijklmnopqrstuvwxyz0123456789")],
    ["an AWS access key", join("AKIA", "IOSFODNN7EXAMPLE")],
    ["a Google API key", join("AIza", "SyA1234567890abcdefghijklmnopqrstuv")],
    ["a Vault token", join("hvs.", "CAESIJ1234567890abcdefghij")],
    ["a Slack token", join("xoxb-", "1234567890-abcdefghij")],
    ["a Stripe key", join("sk_live_", "4eC39HqLyjWDarjtT1zdp7dc")],
    ["an npm token", join("npm_", "abcdefghijklmnopqrstuvwxyz0123456789")],
  ])("%s", (what, value) => {
    for (const faults of [ofVariable("SETTINGS", value), ofConfigMap({ settings: value }), ofArguments([value])]) {
      expect(faults).toHaveLength(1);
      expect(faults[0]).toContain(what);
      expect(faults[0]).not.toMatch(/hunter2|MIIE|jpsQ/);
    }
  });
});

describe("harmless", () => {
  test.each<[string, unknown]>([
    ["PGRST_JWT_SECRET", "@/etc/postgrest/keys/jwks.json"],
    ["PGRST_JWT_SECRET", PUBLIC],
    ["JWKS", PUBLIC],
    ["PGRST_JWT_SECRET_IS_BASE64", "false"],
    ["PGRST_JWT_AUD", "bulkhead"],
    ["PGRST_JWT_ROLE_CLAIM_KEY", ".role"],
    ["PGRST_JWT_CACHE_MAX_LIFETIME", "3600"],
    ["PGPASSFILE", "/vault/secrets/pgpass"],
    ["DB_PASSWORD_FILE", "/run/secrets/password"],
    ["VAULT_TOKEN", "/vault/token/file"],
    ["GOOGLE_APPLICATION_CREDENTIALS", "/var/run/secrets/key.json"],
    ["DB_PASSWORD", ""],
    ["DB_PASSWORD", "$(OTHER_VARIABLE)"],
    ["DB_PASSWORD", undefined],
    ["DB_PASSWORD", null],
    ["DB_PASSWORD", UNKNOWN],
    ["TOKEN_ENDPOINT", "https://issuer.example/token"],
    ["TOKEN_URL", "https://issuer.example/token"],
    ["KMS_KEY_NAME", "projects/p/locations/l/keyRings/r/cryptoKeys/k"],
    ["PARTITION_KEY", "account_id"],
    ["PUBLIC_KEY", "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----"],
    ["PGRST_DB_URI", "postgresql://"],
    ["DATABASE_URL", "postgres://app@127.0.0.1:5432/platform"],
    ["DATABASE_URL", "postgres://app:$(DB_PASSWORD)@127.0.0.1:5432/platform"],
    ["UPSTREAM", "http://proxy:8080/a@b"],
    ["PGUSER", "client-tier@project.iam"],
    ["MONKEY", "Chimpanzee-42-Zoo"],
    ["AUTHOR", "Somebody Else 1"],
    ["COMPASS", "NorthByNorthWest7"],
    ["password_encryption_mode", "scram-sha-256"],
  ])("%s = %s", (name, value) => {
    expect(ofVariable(name, value)).toEqual([]);
    expect(ofConfigMap({ [name]: value })).toEqual([]);
  });

  test("a secret taken from a Secret", () => {
    expect(withEnv([{ name: "PGPASSWORD", valueFrom: { secretKeyRef: { name: "db", key: "password" } } }])).toEqual([]);
  });

  test("the arguments of the Auth Proxy", () => {
    const args = ["projects/p/locations/l/clusters/c/instances/i?port=5432&auto-iam-authn=true", "--http-port=9090"];
    expect(ofArguments(args)).toEqual([]);
  });

  test("the files of a manifest", () => {
    const data = {
      "rollout.json": JSON.stringify({ cell: "eu1", logins: { client: "client_authenticator" } }, null, 2),
      "tenants-0000.json": `[\n${JSON.stringify({ accountId: "6f0e1c1e", id: "token-ring", labels: { secret: "a" } })}\n]\n`,
    };
    expect(ofConfigMap(data)).toEqual([]);
  });

  test("a Secret is the place for it", () => {
    const props = { kind: "Secret", stringData: { password: "hunter2" } };
    expect(noPlaintextSecret.faults({ type: "kubernetes:core/v1:Secret", props })).toEqual([]);
  });
});

describe("ways around", () => {
  test.each(["containers", "initContainers", "ephemeralContainers"])("in %s", (place) => {
    expect(
      withEnv(
        [
          { name: "A", value: "1" },
          { name: "PGPASSWORD", value: "hunter2" },
        ],
        place,
      ),
    ).toEqual([expect.stringContaining(`${place}[0].env[1]`)]);
  });

  test("in a list of objects", () => {
    const props = {
      items: [
        { kind: "ConfigMap", metadata: { name: "c" }, data: { password: "hunter2" } },
        { kind: "Pod", spec: { containers: [{ name: "p", env: [{ name: "PGPASSWORD", value: "hunter2" }] }] } },
      ],
    };
    expect(noPlaintextSecret.faults({ type: "kubernetes:core/v1:List", props })).toHaveLength(2);
  });

  test("in binary data", () => {
    const binaryData = { settings: Buffer.from("postgres://app:hunter2@db").toString("base64") };
    expect(ofConfigMap(undefined, { binaryData })).toHaveLength(1);
  });

  test.each([
    "db.host = db\ndb.password = hunter2\n",
    "database:\n  password: hunter2\n",
    '{\n  "host": "db",\n  "password": "hunter2"\n}',
    "export PGPASSWORD='hunter2'",
    "- name: x\n- apiKey: Abc123Abc123\n",
  ])("in a line of a file: %j", (text) => {
    const faults = ofConfigMap({ "settings.conf": text });
    expect(faults).toHaveLength(1);
    expect(faults[0]).not.toContain("hunter2");
  });

  test.each([[["--db-password=hunter2"]], [["--db-password", "hunter2"]], [["run", "-password", "hunter2"]]])(
    "in arguments: %j",
    (args) => {
      expect(ofArguments(args)).toHaveLength(1);
    },
  );

  test("beside what is not known yet", () => {
    expect(
      withEnv([
        { name: "A", value: UNKNOWN },
        { name: "PGPASSWORD", value: "hunter2" },
      ]),
    ).toHaveLength(1);
    expect(withEnv(UNKNOWN)).toEqual([]);
    expect(withEnv({ name: "A" })).toEqual([]);
  });
});
