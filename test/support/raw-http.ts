/** A request exactly as written: headers in order, twice the same one if asked. `fetch` would fold them into one. */
import { request } from "node:http";

export interface RawAnswer {
  readonly status: number;
  readonly text: string;
}

/** @param headers - name, value, name, value … */
export function rawRequest(url: string, method: string, headers: readonly string[], body = ""): Promise<RawAnswer> {
  const { host } = new URL(url);
  return new Promise((done, failed) => {
    const sent = request(
      url,
      { method, headers: ["Host", host, ...headers] as unknown as string[], agent: false },
      (response) => {
        let text = `${response.rawHeaders.join("\n")}\n`;
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => done({ status: response.statusCode!, text }));
      },
    );
    sent.on("error", failed);
    sent.end(body);
  });
}
