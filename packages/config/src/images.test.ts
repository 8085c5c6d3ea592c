import { expect, test } from "vitest";
import { checkDigests, PLACEHOLDER_DIGEST, parseImage } from "./images.ts";
import { image } from "./schema/common.ts";

const DIGEST = `sha256:${"ab".repeat(32)}`;

test("an image is its name, its tag and its digest", () => {
  expect(parseImage("postgrest/postgrest:v16.1")).toEqual({ name: "postgrest/postgrest", tag: "v16.1" });
  expect(parseImage(`gcr.io/a/b:1.2@${DIGEST}`)).toEqual({ name: "gcr.io/a/b", tag: "1.2", digest: DIGEST });
  expect(parseImage(`localhost:5000/a@${DIGEST}`)).toEqual({ name: "localhost:5000/a", digest: DIGEST });
  expect(parseImage("localhost:5000/a")).toEqual({ name: "localhost:5000/a" });
});

test("a config takes a tag, a digest, or both; neither latest nor half a digest", () => {
  for (const sound of ["a/b:1", `a/b@${DIGEST}`, `a/b:V1@${DIGEST}`, "localhost:5000/a:1"])
    expect(image.safeParse(sound).success).toBe(true);
  for (const bad of ["a/b", "a/b:latest", "a/b@sha256:abc", `a/b:1@${DIGEST}0`])
    expect(image.safeParse(bad).success).toBe(false);
});

test("a real cloud gets neither a tag alone nor a placeholder", () => {
  const images = { tagged: "a/b:1", placeholder: `a/b:1@${PLACEHOLDER_DIGEST}`, pinned: `a/b:1@${DIGEST}` };
  expect(checkDigests(images)).toEqual([
    expect.objectContaining({ path: "bulkhead:images.tagged", problem: expect.stringContaining("tag alone") }),
    expect.objectContaining({ path: "bulkhead:images.placeholder", problem: expect.stringContaining("placeholder") }),
  ]);
});
