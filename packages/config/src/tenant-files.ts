/** The folder that `bulkhead:tenantsFrom` names: one file per tenant, and what all of them share in `defaults.yaml`. */
import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { check } from "./check.ts";
import { joinPath, type Mistake } from "./mistakes.ts";
import { tenantSchema } from "./schema/tenants.ts";
import { isMap, readYaml } from "./yaml-file.ts";

const DEFAULTS = "defaults.yaml";

export interface TenantFiles {
  /** Raw entries by tenant id, defaults filled in. */
  readonly entries: Readonly<Record<string, unknown>>;
  readonly mistakes: readonly Mistake[];
}

/**
 * @param stackFolder - what `written` is relative to
 * @param written - the folder as the config names it
 */
export function readTenantFiles(stackFolder: string, written: string): TenantFiles {
  const folder = resolve(stackFolder, written);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    return {
      entries: {},
      mistakes: [
        {
          path: "bulkhead:tenantsFrom",
          value: written,
          problem: "is not a folder",
          remedy: "give a folder that exists, relative to the stack's folder",
        },
      ],
    };
  }
  const mistakes: Mistake[] = [];
  const files = readdirSync(folder).sort();
  const read = (file: string): unknown => {
    const { value, mistakes: own } = readYaml(join(folder, file), shownPath(written, file));
    mistakes.push(...own);
    return own.length > 0 ? {} : (value ?? {});
  };
  const defaults = files.includes(DEFAULTS)
    ? checkDefaults(read(DEFAULTS), shownPath(written, DEFAULTS), mistakes)
    : {};
  const entries: [string, unknown][] = [];
  for (const file of files) {
    if (file.endsWith(".yaml")) {
      if (file === DEFAULTS) continue;
      const value = read(file);
      entries.push([file.slice(0, -".yaml".length), isMap(value) ? { ...defaults, ...value } : value]);
    } else if (/\.ya?ml$/i.test(file)) {
      // Passed over in silence, such a tenant would be taken for a removed one.
      const remedy = `rename it to ${file.replace(/\.[^.]*$/, ".yaml")}`;
      mistakes.push({ path: shownPath(written, file), value: file, problem: "does not end in .yaml", remedy });
    }
  }
  // fromEntries defines its keys, so that a file named __proto__.yaml is an entry and not a prototype.
  return { entries: Object.fromEntries(entries), mistakes };
}

/** Mistakes of an entry, at the file that holds it rather than in the tenants map. */
export function inTenantFile(mistake: Mistake, base: string, written: string, ids: Iterable<string>): Mistake {
  for (const id of ids) {
    const prefix = joinPath(base, id);
    if (mistake.path === prefix) return { ...mistake, path: shownPath(written, `${id}.yaml`) };
    if (mistake.path.startsWith(`${prefix}.`)) {
      const rest = mistake.path.slice(prefix.length + 1);
      return { ...mistake, path: `${shownPath(written, `${id}.yaml`)} ${rest}` };
    }
  }
  return mistake;
}

function checkDefaults(value: unknown, shown: string, mistakes: Mistake[]): Record<string, unknown> {
  const own = check(tenantSchema, value, shown).mistakes;
  mistakes.push(...own.map((mistake) => ({ ...mistake, path: mistake.path.replace(`${shown}.`, `${shown} `) })));
  return own.length === 0 && isMap(value) ? value : {};
}

function shownPath(written: string, file: string): string {
  return `${written.replace(/\/+$/, "")}/${file}`;
}
