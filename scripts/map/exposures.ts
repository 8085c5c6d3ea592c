/** Ways in and out that are neither a network policy's nor a firewall rule's. An environment should have none; a map must not leave them out. */
import type { StateResource } from "../rehearsal/rehearsal.ts";
import { at, type Estate, list, metaName, metaNamespace, textAt } from "./estate.ts";
import { selects } from "./permits.ts";
import type { Ground } from "./requests.ts";

/** @returns sentences without their full stops */
export function exposures(ground: Ground): string[] {
  const { estate } = ground;
  const named = (object: StateResource) => `${metaNamespace(object)}/${metaName(object)}`;
  const sentences = [
    ...unsealed(ground),
    ...estate
      .of("core/v1:Service")
      .filter(({ inputs }) => /LoadBalancer|NodePort/.test(textAt(inputs, "spec.type")))
      .map((service) => `Service ${named(service)} is a ${textAt(service.inputs, "spec.type")}, beside every gateway`),
    ...estate.custom("Ingress").map((ingress) => `Ingress ${named(ingress)} leads in, beside every gateway`),
    ...otherPolicies(estate).map(
      (policy) => `${textAt(policy.inputs, "kind")} ${named(policy)} says more than this map reads`,
    ),
    ...estate
      .of("alloydb/instance:Instance")
      .filter(({ inputs }) => at(inputs, "networkConfig.enablePublicIp") === true)
      .map(({ inputs }) => `AlloyDB instance ${textAt(inputs, "instanceId")} has a public address`),
    ...["compute/forwardingRule:ForwardingRule", "compute/globalForwardingRule:GlobalForwardingRule"]
      .flatMap((kind) => estate.of(kind))
      .filter(({ inputs }) => /^EXTERNAL/.test(textAt(inputs, "loadBalancingScheme")))
      .map(({ inputs }) => `Forwarding rule ${textAt(inputs, "name")} leads in, beside every gateway`),
  ];
  return [...new Set(sentences)].sort();
}

/** Pods that no policy closes: Kubernetes lets everything through to and from them. */
function unsealed({ estate, pods }: Ground): string[] {
  const policies = estate.of("networking.k8s.io/v1:NetworkPolicy");
  return pods.flatMap((each) =>
    (["Ingress", "Egress"] as const).flatMap((type) => {
      const closed = each.labels.every((labels) =>
        policies.some(
          (policy) =>
            metaNamespace(policy) === each.namespace &&
            estate.regionOf(policy) === each.region &&
            list<string>(policy.inputs, "spec.policyTypes").includes(type) &&
            selects(at(policy.inputs, "spec.podSelector") ?? {}, labels),
        ),
      );
      const words =
        type === "Ingress" ? "may be called by every pod" : "may call everything that the firewall lets out";
      return closed ? [] : [`${each.namespace}/${each.name} ${words}: no policy closes it`];
    }),
  );
}

/** Policies by other products, such as FQDNNetworkPolicy. */
function otherPolicies(estate: Estate): StateResource[] {
  return ["FQDNNetworkPolicy", "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "AdminNetworkPolicy"].flatMap(
    (kind) => estate.custom(kind),
  );
}
