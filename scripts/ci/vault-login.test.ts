import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

let folder: string;
let server: Server;
let asked: { url: string; authorization: string | undefined; body: string }[];
let status: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "bulkhead-vault-login-"));
  writeFileSync(join(folder, "env"), "");
  asked = [];
  status = 200;
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    asked.push({ url: request.url ?? "", authorization: request.headers.authorization, body });
    const login = request.url === "/v1/auth/jwt/login";
    response.writeHead(login ? status : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(login ? { auth: { client_token: "hvs.secret" } } : { value: "identity-token" }));
  }).listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
function run(env: Record<string, string>): Promise<{ code: number; output: string }> {
  return new Promise((done) => {
    const script = join(import.meta.dirname, "vault-login.ts");
    execFile(
      process.execPath,
      [script],
      { env: { GITHUB_ENV: join(folder, "env"), ...env } },
      (error, stdout, stderr) => done({ code: Number(error?.code ?? 0), output: stdout + stderr }),
    );
  });
}
const workflow = () => ({
  VAULT_ADDR: address(),
  VAULT_ROLE: "deploy-dev",
  ACTIONS_ID_TOKEN_REQUEST_URL: `${address()}/token?v=1`,
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: "request-token",
});

test("an environment without a Vault needs nothing", async () => {
  expect(await run({})).toEqual({ code: 0, output: "no VAULT_ADDR: this environment has no Vault\n" });
  expect(readFileSync(join(folder, "env"), "utf8")).toBe("");
});

test("the workflow's identity, for this Vault alone, becomes a token that is masked", async () => {
  const { code, output } = await run(workflow());
  expect(code).toBe(0);
  expect(asked[0]).toMatchObject({ authorization: "Bearer request-token" });
  expect(new URL(asked[0]!.url, address()).searchParams.get("audience")).toBe(address());
  expect(JSON.parse(asked[1]!.body)).toEqual({ jwt: "identity-token", role: "deploy-dev" });
  expect(readFileSync(join(folder, "env"), "utf8")).toBe("VAULT_TOKEN=hvs.secret\n");
  expect(output.indexOf("::add-mask::hvs.secret")).toBe(0);
});

test("a refusal names the address and no secret", async () => {
  status = 403;
  const { code, output } = await run(workflow());
  expect(code).toBe(1);
  expect(output).toContain("/v1/auth/jwt/login answered 403");
  expect(output).not.toMatch(/identity-token|request-token/);
  expect(readFileSync(join(folder, "env"), "utf8")).toBe("");
});

test("what is missing is named", async () => {
  expect((await run({ VAULT_ADDR: address() })).output).toContain("VAULT_ROLE is missing");
  expect((await run({ VAULT_ADDR: address(), VAULT_ROLE: "x" })).output).toContain("id-token: write");
});
