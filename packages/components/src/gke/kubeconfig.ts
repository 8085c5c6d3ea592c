/** How a Kubernetes provider reaches a cluster. Holds no credential: the login is gcloud's plugin. */
import type * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";

/** `dns`: by the name of the control plane, whose certificate is one of Google's public ones. */
export function kubeconfigOf(
  cluster: gcp.container.Cluster,
  where: { readonly project: string; readonly region: string; readonly access: "ip" | "dns" },
): pulumi.Output<string> {
  const context = (name: string) => `gke_${where.project}_${where.region}_${name}`;
  if (where.access === "dns") {
    return pulumi
      .all([cluster.name, cluster.controlPlaneEndpointsConfig])
      .apply(([name, endpoints]) =>
        kubeconfig(context(name), { server: `https://${endpoints.dnsEndpointConfig?.endpoint ?? ""}` }),
      );
  }
  return pulumi.all([cluster.name, cluster.endpoint, cluster.masterAuth]).apply(([name, endpoint, auth]) =>
    kubeconfig(context(name), {
      server: `https://${endpoint}`,
      "certificate-authority-data": auth.clusterCaCertificate ?? "",
    }),
  );
}

function kubeconfig(context: string, cluster: Readonly<Record<string, string>>): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": context,
    contexts: [{ name: context, context: { cluster: context, user: context } }],
    clusters: [{ name: context, cluster }],
    users: [
      {
        name: context,
        user: {
          exec: {
            apiVersion: "client.authentication.k8s.io/v1beta1",
            command: "gke-gcloud-auth-plugin",
            installHint: "gcloud components install gke-gcloud-auth-plugin",
            provideClusterInfo: true,
          },
        },
      },
    ],
  });
}
