/** A PostgREST over HTTP, as one caller sees it. */

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
  /** Body and headers as they came, but for the echo of the path: where to look for what must not be told. */
  readonly text: string;
}

export interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export class Api {
  readonly url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.url = url;
    this.#headers = headers;
  }

  async request(method: string, path: string, { headers = {}, body }: Sent = {}): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...this.#headers,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const raw = await response.text();
    const told = [...response.headers].filter(([name]) => name !== "content-location");
    return {
      status: response.status,
      body: parsed(raw),
      headers: response.headers,
      text: `${raw}\n${told.join("\n")}`,
    };
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.request("GET", path, { headers });
  }

  /** Answers with what was written. */
  post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.request("POST", path, { body, headers: { prefer: "return=representation", ...headers } });
  }

  patch(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.request("PATCH", path, { body, headers: { prefer: "return=representation", ...headers } });
  }

  delete(path: string): Promise<Answer> {
    return this.request("DELETE", path, { headers: { prefer: "return=representation" } });
  }

  /** The rows of a reading that has to work. */
  async rows(path: string): Promise<Row[]> {
    const answer = await this.get(path);
    if (answer.status !== 200 || !Array.isArray(answer.body))
      throw new Error(`${path}: ${answer.status} ${answer.text}`);
    return answer.body as Row[];
  }

  /** The one row that a writing, which has to work, makes. */
  async create(table: string, values: object): Promise<Row> {
    const answer = await this.post(`/${table}`, values);
    if (answer.status !== 201) throw new Error(`${table}: ${answer.status} ${answer.text}`);
    return (answer.body as Row[])[0]!;
  }
}

export type Row = Record<string, unknown> & { readonly id: string; readonly account_id: string };

function parsed(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return raw;
  }
}
