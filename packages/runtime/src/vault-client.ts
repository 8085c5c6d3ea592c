/** The few requests of Vault's HTTP API that the runtime makes. Nothing it sends or receives is logged. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "./failure.ts";

export interface VaultAddress {
  readonly address: string;
  /** Namespace of Vault Enterprise or HCP. */
  readonly namespace?: string;
}

export interface VaultIdentity {
  /** Path of the Kubernetes auth method, without `auth/`. */
  readonly auth: string;
  readonly role: string;
  /** File with the token of the pod's service account. */
  readonly tokenFile: string;
}

/** Attempts at a request that Vault did not answer, or answered with a fault of its own (sealed, standby, overloaded). */
const ATTEMPTS = 5;
const TIMEOUT = 30_000;

export class VaultClient {
  readonly #vault: VaultAddress;
  #token: string | undefined;

  private constructor(vault: VaultAddress) {
    this.#vault = vault;
  }

  /** Logs in as the pod's service account. */
  static async login(vault: VaultAddress, identity: VaultIdentity): Promise<VaultClient> {
    const client = new VaultClient(vault);
    const jwt = readFileSync(identity.tokenFile, "utf8").trim();
    const answer = await client.write(`auth/${identity.auth}/login`, { role: identity.role, jwt });
    client.#token = (answer as { auth?: { client_token?: string } }).auth?.client_token;
    if (client.#token === undefined) throw new Failure(`Vault's login at auth/${identity.auth} gave no token`, 1);
    return client;
  }

  /** @throws Failure with Vault's own words, which name no secret */
  async write(path: string, body: object = {}): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#post(path, body).catch((error: Error) => error);
      if (!(answer instanceof Error) && answer.ok) return answer.status === 204 ? {} : answer.json();
      const transient = answer instanceof Error || answer.status >= 500 || answer.status === 429;
      if (!transient || attempt >= ATTEMPTS) throw await failure(path, answer);
      await sleep(500 * 2 ** attempt * (0.5 + Math.random()));
    }
  }

  #post(path: string, body: object): Promise<Response> {
    return fetch(new URL(`v1/${path}`, `${this.#vault.address.replace(/\/+$/, "")}/`), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-vault-request": "true",
        ...(this.#vault.namespace === undefined ? {} : { "x-vault-namespace": this.#vault.namespace }),
        ...(this.#token === undefined ? {} : { "x-vault-token": this.#token }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT),
    });
  }

  /** Ends the token, so that nothing is left of the login. */
  async logout(): Promise<void> {
    if (this.#token !== undefined) await this.write("auth/token/revoke-self").catch(() => {});
    this.#token = undefined;
  }
}

async function failure(path: string, answer: Response | Error): Promise<Failure> {
  if (answer instanceof Error) {
    const cause = answer.cause instanceof Error ? `: ${answer.cause.message}` : "";
    return new Failure(`Vault did not answer at ${path}: ${answer.message}${cause}`, 1);
  }
  const { errors } = (await answer.json().catch(() => ({}))) as { errors?: string[] };
  return new Failure(`Vault refused ${path} with ${answer.status}: ${errors?.join("; ") || "no reason given"}`, 1);
}
