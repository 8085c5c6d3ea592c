import { expect, test } from "vitest";
import { type ChangeKind, describeChanges, type KnownTenant, type Tenant } from "./index.ts";

const acme: Tenant = {
  id: "acme",
  accountId: "6f0e1c1e-8a52-4a0b-9c37-0d4f2f9a7b11",
  isolation: "pooled",
  cell: "eu1",
  tier: "free",
  status: "active",
  channel: "stable",
  labels: {},
};
const other = "11111111-8a52-4a0b-9c37-0d4f2f9a7b11";

/** Before (undefined: unknown so far), after (undefined: not in the config), what is said. */
const cases: [
  string,
  Partial<KnownTenant> | undefined,
  Partial<Tenant> | undefined,
  [ChangeKind, string] | undefined,
][] = [
  [
    "a new one",
    undefined,
    {},
    ["create", "created in the shared tables, under row-level security, cell eu1, tier free"],
  ],
  [
    "a new schema",
    undefined,
    { isolation: "schema" },
    ["create", "created in a schema of its own, cell eu1, tier free"],
  ],
  [
    "a new database",
    undefined,
    { isolation: "database", tier: "pro" },
    ["create", "created in a database of its own, with its own PostgREST, cell eu1, tier pro"],
  ],
  [
    "a new instance, suspended",
    undefined,
    { isolation: "instance", status: "suspended" },
    [
      "create",
      "created on an AlloyDB cluster of its own, with its own PostgREST, cell eu1, tier free, suspended from the start",
    ],
  ],
  ["no change", {}, {}, undefined],
  ["another tier", {}, { tier: "pro" }, ["update", "tier free → pro"]],
  [
    "several changes",
    { residency: "eu" },
    { channel: "canary", parent: "globex", labels: { team: "red" } },
    ["update", "channel stable → canary; residency eu → none; parent none → globex; labels changed"],
  ],
  ["labels in another order", { labels: { a: "1", b: "2" } }, { labels: { b: "2", a: "1" } }, undefined],
  [
    "suspended",
    {},
    { status: "suspended" },
    ["suspend", "suspended: its requests are refused and its sessions ended, its data stays"],
  ],
  [
    "resumed, on another tier",
    { status: "suspended" },
    { tier: "pro" },
    ["resume", "resumed: its requests are served again; tier free → pro"],
  ],
  [
    "archived",
    { status: "suspended" },
    { status: "archived" },
    ["archive", "archived: its requests are refused and its sessions ended, its data stays"],
  ],
  [
    "deleted",
    { status: "archived" },
    { status: "deleted" },
    [
      "delete",
      "deleted: sealed, its requests are refused and its sessions ended; its data is kept until it is erased by hand",
    ],
  ],
  [
    "gone from the config",
    { isolation: "schema" },
    undefined,
    ["retain", "no longer in the config: suspended, its data is kept in a schema of its own"],
  ],
  ["gone before", { retained: true }, undefined, undefined],
  ["gone after its deletion", { status: "deleted" }, undefined, undefined],
  ["back", { retained: true }, {}, ["return", "back in the config: active, with the data it had"]],
  [
    "back, on another tier",
    { retained: true },
    { tier: "pro" },
    ["return", "back in the config: active, with the data it had; tier free → pro"],
  ],
  [
    "back in another place",
    { retained: true },
    { isolation: "database" },
    [
      "refuse",
      "refused: isolation pooled → database would be a move, which an edit cannot do; restore isolation: pooled",
    ],
  ],
  [
    "moved to another cell",
    {},
    { cell: "us1", tier: "pro" },
    ["refuse", "refused: cell eu1 → us1 would be a move, which an edit cannot do; restore cell: eu1"],
  ],
  [
    "another account",
    {},
    { accountId: other },
    [
      "refuse",
      `refused: accountId ${acme.accountId} → ${other} would be a move, which an edit cannot do; restore accountId: ${acme.accountId}`,
    ],
  ],
  [
    "failed before",
    { lastError: "permission denied" },
    {},
    ["retry", "tried again: its last rollout failed (permission denied)"],
  ],
];

test.each(cases)("%s", (_name, before, after, expected) => {
  const changes = describeChanges(before ? [{ ...acme, ...before }] : [], after ? [{ ...acme, ...after }] : []);
  expect(changes).toEqual(expected ? [{ tenant: "acme", kind: expected[0], words: `acme: ${expected[1]}` }] : []);
});

test("changes come sorted by tenant", () => {
  const wanted = ["zeta", "acme", "beta"].map((id) => ({ ...acme, id }));
  expect(describeChanges([], wanted).map(({ tenant }) => tenant)).toEqual(["acme", "beta", "zeta"]);
});
