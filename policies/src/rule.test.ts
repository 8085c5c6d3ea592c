/** The pack as the engine sees it: wrapped properties, unknown values, messages. */
import type { ResourceValidation, ResourceValidationArgs } from "@pulumi/policy";
import { describe, expect, test } from "vitest";
import { RULES } from "./pack.ts";
import { type Rule, toPolicy } from "./rule.ts";
import { reveal, UNKNOWN } from "./values.ts";

const UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const UNKNOWN_BOOLEAN = "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7";

/** Wraps as the policy SDK does: reading an unknown field throws. */
function wrap<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get(target, key) {
      if (key === "__isSpecialProxy") return true;
      if (key === "__getSpecialProxyTarget") return target;
      const field = Reflect.get(target, key) as unknown;
      if (field === UNKNOWN_STRING || field === UNKNOWN_BOOLEAN) throw new Error("UnknownValueError");
      return wrap(field);
    },
  });
}

function violations(rule: Rule, type: string, props: object): string[] {
  const found: string[] = [];
  const validate = toPolicy(rule).validateResource as ResourceValidation;
  validate({ type, props: wrap(props) } as ResourceValidationArgs, (message) => found.push(message));
  return found;
}

describe("every policy", () => {
  test.each(RULES.map((rule): [string, Rule] => [rule.id, rule]))(
    "%s is mandatory, says whom it serves and what to do",
    (id, rule) => {
      const policy = toPolicy(rule);
      expect(policy).toMatchObject({ name: id, enforcementLevel: "mandatory", remediationSteps: rule.remedy });
      expect(["high", "critical"]).toContain(policy.severity);
      expect(policy.description).toMatch(/\. Serves .+\.$/);
      expect(rule.frameworks.length).toBeGreaterThan(0);
      expect(rule.remedy).toMatch(/^[A-Z].*\.$/);
      expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
    },
  );

  test("has an id of its own", () => {
    expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
  });

  test.each(RULES.map((rule): [string, Rule] => [rule.id, rule]))("%s takes resources of any shape", (_id, rule) => {
    const shapes = [
      undefined,
      null,
      1,
      "x",
      [],
      {},
      { spec: [] },
      { data: [] },
      { spec: { containers: [null, 1, "x", []] } },
    ];
    for (const type of [
      "",
      "kubernetes:core/v1:Pod",
      "kubernetes:core/v1:ConfigMap",
      "gcp:alloydb/instance:Instance",
    ]) {
      for (const props of shapes) expect(() => rule.faults({ type, props })).not.toThrow();
    }
  });
});

test("a violation carries its remedy", () => {
  const [rule] = RULES;
  const [message] = violations(rule!, "gcp:alloydb/instance:Instance", { networkConfig: { enablePublicIp: true } });
  expect(message).toMatch(/^The AlloyDB instance has a public address .*\. Set networkConfig\.enablePublicIp/);
});

test("what is unknown at preview hides nothing that stands beside it", () => {
  const [alloydb] = RULES;
  const props = { cluster: UNKNOWN_STRING, networkConfig: { network: UNKNOWN_STRING, enableOutboundPublicIp: true } };
  expect(violations(alloydb!, "gcp:alloydb/instance:Instance", props)).toHaveLength(1);
  const later = { networkConfig: { enablePublicIp: UNKNOWN_BOOLEAN } };
  expect(violations(alloydb!, "gcp:alloydb/instance:Instance", later)).toEqual([]);
});

test("unknown values are found at any depth", () => {
  expect(reveal(wrap({ a: [UNKNOWN_STRING, { b: UNKNOWN_BOOLEAN }], c: 1 }))).toEqual({
    a: [UNKNOWN, { b: UNKNOWN }],
    c: 1,
  });
});
