/**
 * Logs a workflow in to Vault by its own identity token (JWT auth), where the environment has a Vault: VAULT_ADDR and VAULT_ROLE are
 * variables of the GitHub environment. The token goes into the environment of the steps that follow, masked in the log.
 */
import { appendFileSync } from "node:fs";

const {
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
  ACTIONS_ID_TOKEN_REQUEST_URL: requestUrl,
  GITHUB_ENV: environmentFile,
  VAULT_ADDR: address,
  VAULT_AUTH_PATH: path = "jwt",
  VAULT_ROLE: role,
} = process.env;

if (!address) {
  console.log("no VAULT_ADDR: this environment has no Vault");
} else {
  if (!role)
    throw new Error("VAULT_ROLE is missing: the role of Vault's JWT auth, a variable of the GitHub environment");
  if (!requestUrl || !requestToken || !environmentFile)
    throw new Error("there is no identity token to ask for: the job needs the permission id-token: write");
  const url = `${requestUrl}&audience=${encodeURIComponent(address)}`;
  const { value: jwt } = await json(url, { headers: { authorization: `Bearer ${requestToken}` } });
  const login = `${address}/v1/auth/${path}/login`;
  const { auth } = await json(login, { method: "POST", body: JSON.stringify({ jwt, role }) });
  const token = (auth as { client_token?: string } | undefined)?.client_token;
  if (!token || /\s/.test(token)) throw new Error(`${login} answered without a token`);
  console.log(`::add-mask::${token}`);
  appendFileSync(environmentFile, `VAULT_TOKEN=${token}\n`);
  console.log(`logged in to ${address} as ${role}`);
}

/** The answer of an address; an error names the address and the status, and nothing of what was sent. */
async function json(url: string, request: RequestInit): Promise<Record<string, unknown>> {
  const answer = await fetch(url, request);
  if (!answer.ok) throw new Error(`${url.split("?")[0]} answered ${answer.status}`);
  return (await answer.json()) as Record<string, unknown>;
}
