import { expect, test } from "vitest";
import { restrictedContainer, restrictedPod, workloadUserId } from "./security.ts";

test("a container gains nothing, writes nothing and is not root", () => {
  expect(restrictedContainer).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    capabilities: { drop: ["ALL"] },
    seccompProfile: { type: "RuntimeDefault" },
  });
});

test("a pod has a numeric user, as images that name theirs by word are refused under runAsNonRoot", () => {
  const context = restrictedPod("bh-dev-eu1-client@acme-dev.iam", "client");
  expect(context).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
  expect(context.runAsGroup).toBe(context.runAsUser);
  expect(context.fsGroup).toBe(context.runAsUser);
});

test("the same workload keeps its user; in another cell it has another", () => {
  const inCell = (cell: string) => restrictedPod(`bh-dev-${cell}-client@acme-dev.iam`, "client").runAsUser;
  expect(inCell("eu1")).toBe(inCell("eu1"));
  expect(inCell("eu1")).not.toBe(inCell("eu2"));
});

test("two thousand tenants have users of their own, that Kubernetes takes", () => {
  const ids = Array.from({ length: 2000 }, (_, index) => workloadUserId(`t-dev-tenant${index}@acme-dev.iam/tenant`));
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toSatisfy((value: number) => value >= 1_000_000_000 && value < 2 ** 31);
});
