/** What a container asks for, in the sizes that GKE Autopilot takes without changing them. */
import type * as k8s from "@pulumi/kubernetes";

/**
 * Memory is asked for in full, so that a neighbour's need kills nobody; of the CPU there may be more where there is some to spare.
 * A pod's containers together should make a multiple of 250m, at least 512Mi, and 1 to 6.5 GiB per CPU: Autopilot raises what does not.
 * @param cpu - such as 250m
 * @param memory - such as 512Mi
 */
export function resources(cpu: string, memory: string): k8s.types.input.core.v1.ResourceRequirements {
  return { requests: { cpu, memory }, limits: { memory } };
}
