import type { Props, Value } from "../plugin/values.ts";

/** The manifests of the tests' pods, as a program would write them. */

export const NAMESPACE = "api";
export const APP = { app: "client-api" };

export function proxySidecar(instance: string, extra: Props = {}): Props {
  return {
    name: "auth-proxy",
    image: "gcr.io/alloydb-connectors/alloydb-auth-proxy:1.15.2-alpine",
    restartPolicy: "Always",
    args: [`${instance}?port=5432&auto-iam-authn=true`, "--health-check", "--http-address=0.0.0.0"],
    ...extra,
  };
}

export const namespace: Props = { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } };

export function serviceAccount(email: string | undefined): Props {
  const annotations: Props = email === undefined ? {} : { "iam.gke.io/gcp-service-account": email };
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "client", namespace: NAMESPACE, annotations } };
}

export function configMap(name: string, data: Record<string, string>): Props {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: NAMESPACE }, data };
}

export const service: Props = {
  ...{ apiVersion: "v1", kind: "Service", metadata: { name: "client-api", namespace: NAMESPACE } },
  spec: { selector: APP, ports: [{ name: "http", port: 80, targetPort: "http" }] },
};

export function postgrest(instance: string, user: string, env: Props = {}, spec: Props = {}): Props {
  const all: Props = {
    PGHOST: "127.0.0.1",
    PGPORT: "5432",
    PGUSER: user,
    PGDATABASE: "postgres",
    PGRST_DB_URI: "postgresql://",
    PGRST_DB_SCHEMAS: "public",
    PGRST_DB_ANON_ROLE: "alloydbiamuser",
    PGRST_JWT_SECRET: "@/etc/postgrest/keys/jwks.json",
    PGRST_SERVER_PORT: "3000",
    PGRST_ADMIN_SERVER_PORT: "3001",
    ...env,
  };
  const variables = Object.entries(all).map(
    ([name, value]): Props => (typeof value === "string" ? { name, value } : { name, valueFrom: value }),
  );
  return {
    ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "client-api", namespace: NAMESPACE } },
    spec: {
      ...{ replicas: 2, selector: { matchLabels: APP } },
      template: {
        metadata: { labels: APP },
        spec: {
          serviceAccountName: "client",
          initContainers: [proxySidecar(instance)],
          containers: [
            {
              ...{ name: "postgrest", image: "docker.io/postgrest/postgrest:v16.1" },
              env: variables,
              ports: [
                { name: "http", containerPort: 3000 },
                { name: "admin", containerPort: 3001 },
              ],
              readinessProbe: { httpGet: { path: "/ready", port: "admin" } },
              volumeMounts: [{ name: "keys", mountPath: "/etc/postgrest/keys" }],
            },
          ],
          volumes: [{ name: "keys", configMap: { name: "keys" } }],
        },
      },
      ...spec,
    },
  };
}

export function runtimeJob(
  name: string,
  args: string[],
  options: { env?: Value[]; spec?: Props; pod?: Props } = {},
): Props {
  return {
    ...{ apiVersion: "batch/v1", kind: "Job", metadata: { name, namespace: NAMESPACE } },
    spec: {
      backoffLimit: 0,
      template: {
        metadata: { labels: { app: name } },
        spec: {
          restartPolicy: "Never",
          containers: [
            {
              name: "runtime",
              image: "eu-docker.pkg.dev/p/r/bulkhead-runtime:1",
              command: ["bulkhead"],
              args,
              env: options.env ?? [],
            },
          ],
          ...options.pod,
        },
      },
      ...options.spec,
    },
  };
}

export const keyOf = (object: Props) => `kubernetes:${object.apiVersion}:${object.kind}`;
