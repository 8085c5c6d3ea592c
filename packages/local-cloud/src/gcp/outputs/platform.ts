import { at, isObject } from "../../plugin/values.ts";
import { CREATED, digits, given, hex, locationOf, projectNumber, publicAddress, type Shapers } from "./context.ts";

/** Base64 in PEM armour of nothing: a kubeconfig needs a certificate of the right shape, and nobody connects to it. */
function certificate(seed: string): string {
  const body = Buffer.from(hex(seed, 64)).toString("base64");
  return Buffer.from(`-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`).toString("base64");
}

export const platform: Shapers = {
  "gcp:container/cluster:Cluster": (c) => {
    const location = locationOf(c);
    const id = `projects/${c.project}/locations/${location}/clusters/${given(c, "name")}`;
    const masterAuth = at(c.inputs, "masterAuth");
    return {
      id,
      computed: {
        location,
        selfLink: `https://container.googleapis.com/v1/${id}`,
        endpoint: publicAddress(id),
        masterVersion: given(c, "minMasterVersion", "1.34.1-gke.1000000"),
        masterAuth: {
          ...(isObject(masterAuth) ? masterAuth : {}),
          clientCertificate: "",
          clientKey: "",
          clusterCaCertificate: certificate(id),
        },
        servicesIpv4Cidr: "10.250.0.0/20",
        controlPlaneEndpointsConfig: {
          dnsEndpointConfig: {
            allowExternalTraffic:
              at(c.inputs, "controlPlaneEndpointsConfig.dnsEndpointConfig.allowExternalTraffic") ?? false,
            endpoint: `gke-${hex(id, 36)}-${projectNumber(c.project)}.${location}.gke.goog`,
          },
          ipEndpointsConfig: at(c.inputs, "controlPlaneEndpointsConfig.ipEndpointsConfig") ?? { enabled: true },
        },
        labelFingerprint: hex(id, 8),
        deletionProtection: at(c.inputs, "deletionProtection") ?? true,
      },
    };
  },
  "gcp:container/nodePool:NodePool": (c) => {
    const cluster = given(c, "cluster");
    const parent = cluster.includes("/")
      ? cluster
      : `projects/${c.project}/locations/${locationOf(c)}/clusters/${cluster}`;
    return {
      id: `${parent}/nodePools/${given(c, "name")}`,
      computed: { instanceGroupUrls: [], managedInstanceGroupUrls: [] },
    };
  },
  "gcp:gkehub/membership:Membership": (c) => {
    const name = `projects/${c.project}/locations/${given(c, "location", "global")}/memberships/${given(c, "membershipId")}`;
    return { id: name, computed: { name } };
  },
  "gcp:gkehub/feature:Feature": (c) => ({
    id: `projects/${c.project}/locations/${given(c, "location", "global")}/features/${given(c, "name")}`,
    computed: { createTime: CREATED, updateTime: CREATED, resourceStates: [], states: [] },
  }),
  "gcp:servicenetworking/connection:Connection": (c) => ({
    id: `${encodeURIComponent(given(c, "network"))}:${given(c, "service")}`,
    computed: { peering: given(c, "service").replaceAll(".", "-") },
  }),
  "gcp:dns/managedZone:ManagedZone": (c) => ({
    id: `projects/${c.project}/managedZones/${given(c, "name")}`,
    computed: {
      managedZoneId: Number(digits(given(c, "name"), 15)),
      nameServers: ["a", "b", "c", "d"].map((letter) => `ns-cloud-${letter}1.googledomains.com.`),
      creationTime: CREATED,
    },
  }),
  "gcp:dns/recordSet:RecordSet": (c) => ({
    id: `projects/${c.project}/managedZones/${given(c, "managedZone")}/rrsets/${given(c, "name")}/${given(c, "type")}`,
    computed: {},
  }),
  "gcp:artifactregistry/repository:Repository": (c) => {
    const location = locationOf(c);
    const name = given(c, "repositoryId");
    const kind = given(c, "format", "DOCKER").toLowerCase();
    return {
      id: `projects/${c.project}/locations/${location}/repositories/${name}`,
      computed: {
        name,
        registryUri: `${location}-${kind}.pkg.dev/${c.project}/${name}`,
        createTime: CREATED,
        updateTime: CREATED,
      },
    };
  },
  "gcp:binaryauthorization/policy:Policy": (c) => ({ id: `projects/${c.project}`, computed: {} }),
  "gcp:certificatemanager/certificate:Certificate": (c) => ({
    id: `projects/${c.project}/locations/${given(c, "location", "global")}/certificates/${given(c, "name")}`,
    computed: { sanDnsnames: at(c.inputs, "managed.domains") ?? [] },
  }),
  "gcp:certificatemanager/certificateMap:CertificateMap": (c) => ({
    id: `projects/${c.project}/locations/global/certificateMaps/${given(c, "name")}`,
    computed: { createTime: CREATED, updateTime: CREATED, gclbTargets: [] },
  }),
  "gcp:certificatemanager/certificateMapEntry:CertificateMapEntry": (c) => ({
    id: `projects/${c.project}/locations/global/certificateMaps/${given(c, "map")}/certificateMapEntries/${given(c, "name")}`,
    computed: { state: "ACTIVE", createTime: CREATED, updateTime: CREATED },
  }),
  "gcp:certificatemanager/dnsAuthorization:DnsAuthorization": (c) => {
    const location = given(c, "location", "global");
    const id = `projects/${c.project}/locations/${location}/dnsAuthorizations/${given(c, "name")}`;
    const perProject =
      given(c, "type", location === "global" ? "FIXED_RECORD" : "PER_PROJECT_RECORD") !== "FIXED_RECORD";
    const record = {
      name: `_acme-challenge${perProject ? `_${hex(c.project, 16)}` : ""}.${given(c, "domain")}.`,
      type: "CNAME",
      data: `${hex(id, 32)}.${location === "global" ? "" : `${location}.`}authorize.certificatemanager.goog.`,
    };
    return { id, computed: { dnsResourceRecords: [record] } };
  },
  "gcp:logging/projectSink:ProjectSink": (c) => ({
    id: `projects/${c.project}/sinks/${given(c, "name")}`,
    computed: {
      writerIdentity: `serviceAccount:service-${projectNumber(c.project)}@gcp-sa-logging.iam.gserviceaccount.com`,
    },
  }),
  "gcp:logging/metric:Metric": (c) => ({ id: given(c, "name"), computed: {} }),
  "gcp:logging/projectBucketConfig:ProjectBucketConfig": (c) => {
    const name = `projects/${c.project}/locations/${given(c, "location")}/buckets/${given(c, "bucketId")}`;
    return { id: name, computed: { name, lifecycleState: "ACTIVE" } };
  },
  "gcp:storage/bucket:Bucket": (c) => {
    const name = given(c, "name");
    return {
      id: name,
      computed: {
        url: `gs://${name}`,
        selfLink: `https://www.googleapis.com/storage/v1/b/${name}`,
        projectNumber: Number(projectNumber(c.project)),
        timeCreated: CREATED,
        updated: CREATED,
      },
    };
  },
  "gcp:monitoring/alertPolicy:AlertPolicy": (c) => {
    const name = `projects/${c.project}/alertPolicies/${digits(c.urn, 19)}`;
    return { id: name, computed: { name, creationRecords: [] } };
  },
  "gcp:monitoring/dashboard:Dashboard": (c) => ({
    id: `projects/${projectNumber(c.project)}/dashboards/${hex(c.urn, 32)}`,
    computed: {},
  }),
  "gcp:monitoring/notificationChannel:NotificationChannel": (c) => {
    const name = `projects/${c.project}/notificationChannels/${digits(c.urn, 19)}`;
    return { id: name, computed: { name, verificationStatus: "" } };
  },
};
