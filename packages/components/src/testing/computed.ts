/** What the providers would answer: the outputs that the components read. */

type Values = Readonly<Record<string, unknown>>;

/** Id and state of a new resource: its inputs, and what its provider computes. */
export function computed(type: string, name: string, inputs: Values): { id: string; state: Values } {
  const more = OUTPUTS[type]?.(inputs) ?? {};
  const state = { ...inputs, ...more };
  return { id: typeof state.id === "string" ? state.id : `${name}-id`, state };
}

/** What a look-up answers. */
export function answered(token: string, inputs: Values): Values {
  return { ...inputs, ...ANSWERS[token] };
}

const ANSWERS: Readonly<Record<string, Values>> = {
  "gcp:organizations/getProject:getProject": { number: "123456789" },
  "gcp:logging/getProjectCmekSettings:getProjectCmekSettings": {
    serviceAccountId: "cmek-p123456789@gcp-sa-logging.iam.gserviceaccount.com",
  },
};

const text = (value: unknown): string => String(value);

const OUTPUTS: Readonly<Record<string, (inputs: Values) => Values>> = {
  "gcp:alloydb/cluster:Cluster": ({ project, location, clusterId }) => ({
    name: `projects/${text(project)}/locations/${text(location)}/clusters/${text(clusterId)}`,
  }),
  "gcp:alloydb/instance:Instance": ({ cluster, instanceId }) => ({
    name: `${text(cluster)}/instances/${text(instanceId)}`,
  }),
  "gcp:compute/address:Address": ({ project, region, name }) => ({
    address: "10.16.0.2",
    selfLink: `projects/${text(project)}/regions/${text(region)}/addresses/${text(name)}`,
  }),
  "gcp:certificatemanager/dnsAuthorization:DnsAuthorization": ({ domain }) => ({
    dnsResourceRecords: [
      { name: `_acme-challenge.${text(domain)}.`, type: "CNAME", data: "one.authorize.certificatemanager.goog." },
    ],
  }),
  "gcp:compute/globalAddress:GlobalAddress": ({ address }) => ({ address: address ?? "203.0.113.1" }),
  "gcp:compute/network:Network": ({ project, name }) => ({
    id: `projects/${text(project)}/global/networks/${text(name)}`,
  }),
  "gcp:container/cluster:Cluster": () => ({
    endpoint: "172.16.0.2",
    masterAuth: { clusterCaCertificate: "Y2VydGlmaWNhdGU=" },
    controlPlaneEndpointsConfig: { dnsEndpointConfig: { endpoint: "gke-0.europe-west1.gke.goog" } },
  }),
  "gcp:logging/projectSink:ProjectSink": ({ project }) => ({
    writerIdentity: `serviceAccount:writer@${text(project)}`,
  }),
  "gcp:serviceaccount/account:Account": ({ project, accountId }) => {
    const email = `${text(accountId)}@${text(project)}.iam.gserviceaccount.com`;
    return { email, name: `projects/${text(project)}/serviceAccounts/${email}` };
  },
};
