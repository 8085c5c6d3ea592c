/** What holds for every input, not only for those that somebody thought of. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  accountIdOf,
  checkTenantId,
  checkTenants,
  describeChanges,
  didYouMean,
  iamDatabaseUser,
  type KnownTenant,
  MAX_IDENTIFIER_BYTES,
  type Manifest,
  RESERVED_TENANT_IDS,
  readManifest,
  renderValue,
  serviceAccountEmail,
  serviceAccountId,
  sqlNameOf,
  type Tenant,
  tenantAuthenticator,
  tenantDatabase,
  tenantLogin,
  tenantRole,
  tenantSchema,
  writeManifest,
} from "./index.ts";

const tenantId = fc.stringMatching(/^[a-z][a-z0-9]*(-[a-z0-9]+){0,5}$/).filter((id) => checkTenantId(id) === undefined);
const label = fc.stringMatching(/^[a-z][a-z0-9_-]{0,20}$/);

const tenant: fc.Arbitrary<Tenant> = fc.record(
  {
    id: tenantId,
    accountId: fc.uuid({ version: [4, 5] }),
    isolation: fc.constantFrom("pooled", "schema", "database", "instance"),
    cell: fc.constant("eu1"),
    tier: fc.constantFrom("free", "pro", "enterprise"),
    status: fc.constantFrom("active", "suspended", "archived", "deleted"),
    channel: fc.constantFrom("stable", "canary"),
    residency: fc.constantFrom("eu", "us"),
    parent: tenantId,
    labels: fc.dictionary(label, fc.stringMatching(/^[a-z0-9_-]{0,63}$/), { maxKeys: 4 }),
  },
  { requiredKeys: ["id", "accountId", "isolation", "cell", "tier", "status", "channel", "labels"] },
);
const tenants = fc.uniqueArray(tenant, { selector: ({ id }) => id, maxLength: 30 });

const settings: Omit<Manifest, "tenants"> = {
  environment: "test",
  cell: "eu1",
  tiers: {
    free: { statementTimeout: "5s" },
    pro: { statementTimeout: "15s" },
    enterprise: { statementTimeout: "60s" },
  },
  shards: 2,
  schemasPerShard: 100,
  logins: { client: "client_authenticator" },
};

describe("names", () => {
  test("two ids never share an SQL name, and every name fits", () => {
    fc.assert(
      fc.property(tenantId, tenantId, (a, b) => {
        expect(sqlNameOf(a) === sqlNameOf(b)).toBe(a === b);
        expect(sqlNameOf(a)).toMatch(/^[a-z][a-z0-9_]*$/);
        const names = [tenantRole(a), tenantSchema(a), tenantDatabase(a), tenantAuthenticator(a), tenantLogin(a, "x1")];
        for (const name of names) expect(Buffer.byteLength(name)).toBeLessThan(MAX_IDENTIFIER_BYTES);
      }),
    );
  });

  test("roles of different purposes never meet, whatever the ids", () => {
    fc.assert(
      fc.property(tenantId, tenantId, (a, b) => {
        expect(new Set([tenantRole(a), tenantAuthenticator(b), tenantLogin(b, "x1")]).size).toBe(3);
      }),
    );
  });

  test("an account id is a UUIDv5, the same for ever, and one per tenant", () => {
    expect(accountIdOf("acme")).toBe("33245b16-5915-5687-9318-ffd834747139");
    fc.assert(
      fc.property(tenantId, tenantId, (a, b) => {
        expect(accountIdOf(a)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(accountIdOf(a) === accountIdOf(b)).toBe(a === b);
      }),
    );
  });

  test("a service account id is one that Google takes, and one per name", () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9]*(-[a-z0-9]+){0,6}$/).filter((text) => text.length <= 80);
    fc.assert(
      fc.property(name, name, (a, b) => {
        expect(serviceAccountId(a)).toMatch(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/);
        expect(serviceAccountId(a) === serviceAccountId(b)).toBe(a === b);
        const user = iamDatabaseUser(serviceAccountEmail(serviceAccountId(a), `p${"r".repeat(29)}`));
        expect(user).not.toContain("gserviceaccount");
        expect(Buffer.byteLength(user)).toBeLessThanOrEqual(63 + ".iam".length);
      }),
    );
  });
});

describe("ids", () => {
  test("whatever is suggested for a bad id is a good one", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        const bad = checkTenantId(text);
        const suggestion = /^use "(.*)"$/.exec(bad?.remedy ?? "")?.[1];
        if (suggestion !== undefined) expect(checkTenantId(suggestion)).toBeUndefined();
      }),
    );
  });

  test("an id that is taken is plain: no case, space, quote, slash, dot or anything unseen", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        if (checkTenantId(text) === undefined) expect(text).toMatch(/^[a-z][a-z0-9-]{1,39}$/);
      }),
    );
  });

  test("for every reserved id another is suggested that can be used", () => {
    for (const id of RESERVED_TENANT_IDS) {
      expect(checkTenantId(id)).toMatchObject({ problem: "is a reserved id" });
      expect(checkTenantId(`${id}-tenant`)).toBeUndefined();
    }
  });
});

describe("the manifest", () => {
  test("is read as it was written", () => {
    fc.assert(
      fc.property(tenants, (list) => {
        const manifest: Manifest = { ...settings, tenants: list.toSorted((a, b) => (a.id < b.id ? -1 : 1)) };
        expect(readManifest(writeManifest(manifest).files)).toEqual(manifest);
      }),
    );
  });

  test("has a hash that does not depend on any order, and does depend on everything else", () => {
    fc.assert(
      fc.property(tenants, fc.infiniteStream(fc.nat()), (list, numbers) => {
        const { hash } = writeManifest({ ...settings, tenants: list });
        const keys = new Map(list.map(({ id }) => [id, numbers.next().value]));
        const shuffled = list
          .toSorted((a, b) => keys.get(a.id)! - keys.get(b.id)!)
          .map((entry) => Object.fromEntries(Object.entries(entry).reverse()) as unknown as Tenant);
        expect(writeManifest({ ...settings, tenants: shuffled }).hash).toBe(hash);
        if (list.length === 0) return;
        const changed = list.with(0, { ...list[0]!, labels: { ...list[0]!.labels, changed: "1" } });
        expect(writeManifest({ ...settings, tenants: changed }).hash).not.toBe(hash);
        expect(writeManifest({ ...settings, tenants: list.slice(1) }).hash).not.toBe(hash);
        expect(writeManifest({ ...settings, shards: 3, tenants: list }).hash).not.toBe(hash);
      }),
    );
  });
});

describe("changes in words", () => {
  const known: fc.Arbitrary<KnownTenant[]> = fc.uniqueArray(
    fc
      .tuple(tenant, fc.record({ retained: fc.boolean(), lastError: fc.string() }, { requiredKeys: [] }))
      .map(([entry, state]) => ({ ...entry, ...state })),
    { selector: ({ id }) => id, maxLength: 10 },
  );

  test("are said of any two states, once per tenant, by its name", () => {
    fc.assert(
      fc.property(known, tenants, (before, after) => {
        const changes = describeChanges(before, after);
        const ids = changes.map((change) => change.tenant);
        expect(ids).toEqual([...new Set(ids)].sort());
        for (const { tenant: id, words } of changes) {
          expect(words.startsWith(`${id}: `)).toBe(true);
          expect(words).not.toMatch(/undefined|null|\[object/);
        }
        const mentioned = new Set(ids);
        for (const { id } of after) {
          if (!before.some((entry) => entry.id === id)) expect(mentioned).toContain(id);
        }
      }),
    );
  });

  test("are none where nothing changed, whatever the order", () => {
    fc.assert(
      fc.property(tenants, (list) => {
        expect(describeChanges(list, list.toReversed())).toEqual([]);
      }),
    );
  });
});

describe("mistakes", () => {
  test("anything at all may stand under tenants: it is read or explained, never a crash", () => {
    const context = { cells: { eu1: { region: "europe-west1" } }, defaultCell: "eu1" };
    fc.assert(
      fc.property(fc.anything({ maxDepth: 4, withNullPrototype: true }), (raw) => {
        for (const { path, problem, remedy } of checkTenants(raw, context).mistakes) {
          expect(path).toMatch(/^bulkhead:tenants/);
          expect(problem).not.toBe("");
          expect(remedy).not.toBe("");
        }
      }),
    );
  });

  test("a value is shown on one short line, whatever it is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(renderValue(value).length).toBeLessThanOrEqual(80 * 9);
        expect(renderValue(value)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
  });

  test("two swapped letters are understood", () => {
    const words = ["isolation", "residency", "channel", "tier", "status", "accountId", "parent", "labels"];
    fc.assert(
      fc.property(fc.constantFrom(...words), fc.nat(), (word, at) => {
        const index = at % (word.length - 1);
        const swapped = word.slice(0, index) + word[index + 1] + word[index] + word.slice(index + 2);
        expect(didYouMean(swapped, words)).toBe(word);
      }),
    );
  });
});
