/** What runs is what was built: every container image is named by its digest. */
import { PLACEHOLDER_DIGEST } from "@bulkhead/config";
import { isKubernetes, podsOf } from "./pods.ts";
import type { Rule } from "./rule.ts";
import { isGiven, UNKNOWN } from "./values.ts";

const DIGEST = /^\S+@(sha256:[0-9a-f]{64})$/;
/** On this machine, where an image is never pulled: it stands for a program that is here. */
const LOCAL = "local";

export const imageDigest: Rule = {
  id: "image-digest",
  severity: "high",
  description:
    "Every container of an environment other than local runs an image named by its digest, so a tag that is moved changes nothing.",
  frameworks: ["CIS GKE 5.1.4", "NIST SP 800-190 4.1.5", "SOC 2 CC8.1"],
  remedy:
    "Run npm run pin -- <environment>: it asks the registry and writes <image>:<tag>@sha256:… into the stack file.",
  faults: (resource) => {
    if (!isKubernetes(resource) || resource.environment === LOCAL) return [];
    return podsOf(resource).flatMap((pod) =>
      pod.containers.flatMap(({ label, path, fields: { image } }) => {
        if (image === UNKNOWN) return [];
        const digest = typeof image === "string" ? DIGEST.exec(image)?.[1] : undefined;
        if (digest === undefined)
          return [
            `Container ${label} runs ${isGiven(image) ? String(image) : "no image"}, not by digest (${path}.image)`,
          ];
        // A rehearsal pulls nothing, and an environment is rehearsed before its images are built.
        return digest === PLACEHOLDER_DIGEST && process.env.BULKHEAD_CLOUD === undefined
          ? [`Container ${label} has a placeholder for its image's digest (${path}.image)`]
          : [];
      }),
    );
  },
};
