/**
 * Strict schemas of custom resources that GKE manages and no package carries, from their documentation and Google's published
 * definitions (GoogleCloudPlatform/gke-gateway-api, GoogleCloudPlatform/prometheus-engine): the fields in use here and their neighbours.
 */
import type { CustomResourceDefinition } from "./sources.ts";

type Schema = Record<string, unknown>;

const text: Schema = { type: "string", minLength: 1 };
const flag: Schema = { type: "boolean" };
const int = (minimum: number, maximum: number): Schema => ({ type: "integer", minimum, maximum });
const choice = (...values: string[]): Schema => ({ type: "string", enum: values });
const list = (items: Schema, minItems = 0): Schema => ({ type: "array", items, minItems });
const map = (properties: Record<string, Schema>, required: readonly string[] = []): Schema => ({
  type: "object",
  properties,
  required,
});

const targetRef = map(
  {
    group: { type: "string", pattern: "^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$" },
    kind: { type: "string", pattern: "^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$" },
    name: text,
    namespace: text,
  },
  ["group", "kind", "name"],
);

const policy = (fields: Record<string, Schema>) => map({ default: map(fields), targetRef }, ["targetRef"]);

const backendPolicy = policy({
  backendPreference: choice("DEFAULT", "PREFERRED"),
  connectionDraining: map({ drainingTimeoutSec: int(0, 3600) }),
  iap: map({ clientID: text, enabled: flag, oauth2ClientSecret: map({ name: text }) }),
  logging: map({ enabled: flag, sampleRate: int(0, 1_000_000) }),
  maxRatePerEndpoint: int(1, 1_000_000_000),
  securityPolicy: text,
  sessionAffinity: map({
    cookieTtlSec: int(0, 1_209_600),
    type: choice(
      "CLIENT_IP",
      "CLIENT_IP_PORT_PROTO",
      "CLIENT_IP_PROTO",
      "GENERATED_COOKIE",
      "HEADER_FIELD",
      "HTTP_COOKIE",
      "NONE",
    ),
  }),
  timeoutSec: int(1, 2_147_483_647),
});

const port = {
  port: int(1, 65_535),
  portName: text,
  portSpecification: choice("USE_FIXED_PORT", "USE_NAMED_PORT", "USE_SERVING_PORT"),
};
const http = map({
  ...port,
  host: text,
  proxyHeader: choice("NONE", "PROXY_V1"),
  requestPath: { type: "string", pattern: "^/[A-Za-z0-9/\\-._~%!?$&'()*+,;=:]*$" },
  response: text,
});
const healthCheckPolicy = policy({
  checkIntervalSec: int(1, 300),
  timeoutSec: int(1, 300),
  healthyThreshold: int(1, 10),
  unhealthyThreshold: int(1, 10),
  logConfig: map({ enabled: flag }),
  config: {
    // The type, and the one block that goes with it.
    ...map({
      type: choice("TCP", "HTTP", "HTTPS", "HTTP2", "GRPC"),
      httpHealthCheck: http,
      httpsHealthCheck: http,
      http2HealthCheck: http,
      grpcHealthCheck: map({ ...port, grpcServiceName: text }),
      tcpHealthCheck: map({ ...port, proxyHeader: choice("NONE", "PROXY_V1"), request: text, response: text }),
    }),
    minProperties: 2,
    maxProperties: 2,
  },
});

const gatewayPolicy = policy({ allowGlobalAccess: flag, region: text, sslPolicy: text });

const duration: Schema = { type: "string", pattern: "^([0-9]+(ms|s|m|h|d|w|y))+$" };
const intOrText: Schema = { "x-kubernetes-int-or-string": true };
const selector = map({
  matchLabels: { type: "object", additionalProperties: { type: "string" } },
  matchExpressions: list(
    map({ key: text, operator: choice("In", "NotIn", "Exists", "DoesNotExist"), values: list({ type: "string" }) }, [
      "key",
      "operator",
    ]),
  ),
});
const relabelling = map({
  action: choice(
    "replace",
    "lowercase",
    "uppercase",
    "keep",
    "drop",
    "keepequal",
    "dropequal",
    "hashmod",
    "labeldrop",
    "labelkeep",
  ),
  sourceLabels: list(text),
  separator: { type: "string" },
  targetLabel: text,
  regex: { type: "string", maxLength: 10_000 },
  modulus: int(0, Number.MAX_SAFE_INTEGER),
  replacement: { type: "string" },
});
const monitoring = (metadata: readonly string[]) =>
  map(
    {
      selector,
      endpoints: list(
        map(
          {
            port: intOrText,
            path: text,
            scheme: choice("http", "https"),
            interval: duration,
            timeout: duration,
            params: { type: "object", additionalProperties: list({ type: "string" }) },
            proxyUrl: text,
            metricRelabeling: list(relabelling),
          },
          ["port", "interval"],
        ),
        1,
      ),
      filterRunning: flag,
      limits: map(
        Object.fromEntries(
          ["samples", "labels", "labelNameLength", "labelValueLength"].map((key) => [
            key,
            int(0, Number.MAX_SAFE_INTEGER),
          ]),
        ),
      ),
      targetLabels: map({
        metadata: list(choice(...metadata)),
        fromPod: list(map({ from: text, to: text }, ["from"])),
      }),
    },
    ["selector", "endpoints"],
  );
const POD_METADATA = ["pod", "container", "node", "top_level_controller_name", "top_level_controller_type"];

const serviceImport = map(
  {
    ports: list(
      map({ name: text, protocol: choice("TCP", "UDP", "SCTP"), port: int(1, 65_535), appProtocol: text }, ["port"]),
    ),
    ips: list(text),
    type: choice("ClusterSetIP", "Headless"),
    sessionAffinity: choice("None", "ClientIP"),
    sessionAffinityConfig: { type: "object" },
  },
  ["ports", "type"],
);

export const GKE_CRDS: readonly CustomResourceDefinition[] = [
  crd("networking.gke.io", "v1", "GCPBackendPolicy", { spec: backendPolicy }, ["spec"]),
  crd("networking.gke.io", "v1", "HealthCheckPolicy", { spec: healthCheckPolicy }, ["spec"]),
  crd("networking.gke.io", "v1", "GCPGatewayPolicy", { spec: gatewayPolicy }, ["spec"]),
  crd("net.gke.io", "v1", "ServiceExport", {}),
  crd("net.gke.io", "v1", "ServiceImport", { spec: serviceImport }),
  crd("monitoring.googleapis.com", "v1", "PodMonitoring", { spec: monitoring(POD_METADATA) }, ["spec"]),
  crd(
    "monitoring.googleapis.com",
    "v1",
    "ClusterPodMonitoring",
    { spec: monitoring(["namespace", ...POD_METADATA]) },
    ["spec"],
    "Cluster",
  ),
];

function crd(
  group: string,
  version: string,
  kind: string,
  fields: Record<string, Schema>,
  required: readonly string[] = [],
  scope: "Namespaced" | "Cluster" = "Namespaced",
): CustomResourceDefinition {
  const head = { apiVersion: { type: "string" }, kind: { type: "string" }, metadata: { type: "object" } };
  const openAPIV3Schema = map({ ...head, ...fields }, required);
  return {
    spec: { group, names: { kind }, scope, versions: [{ name: version, served: true, schema: { openAPIV3Schema } }] },
  };
}
