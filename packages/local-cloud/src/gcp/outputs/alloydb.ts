import { at, isObject } from "../../plugin/values.ts";
import { CREATED, given, hex, locationOf, privateAddress, publicAddress, type Shapers } from "./context.ts";

export const alloydb: Shapers = {
  "gcp:alloydb/cluster:Cluster": (c) => {
    const name = `projects/${c.project}/locations/${locationOf(c)}/clusters/${given(c, "clusterId")}`;
    return {
      id: name,
      computed: {
        name,
        uid: hex(name, 32),
        state: "READY",
        reconciling: false,
        clusterType: given(c, "clusterType", "PRIMARY"),
        databaseVersion: given(c, "databaseVersion", "POSTGRES_17"),
        deletionProtection: at(c.inputs, "deletionProtection") ?? true,
        backupSources: [],
        backupdrBackupSources: [],
        continuousBackupInfos: [],
        encryptionInfos: [],
        migrationSources: [],
        trialMetadatas: [],
      },
    };
  },
  "gcp:alloydb/instance:Instance": (c) => {
    const name = `${given(c, "cluster")}/instances/${given(c, "instanceId")}`;
    const psc = at(c.inputs, "pscInstanceConfig");
    const hasPublicIp = at(c.inputs, "networkConfig.enablePublicIp") === true;
    return {
      id: name,
      computed: {
        name,
        uid: hex(name, 32),
        state: "READY",
        reconciling: false,
        createTime: CREATED,
        updateTime: CREATED,
        ipAddress: privateAddress(name),
        publicIpAddress: hasPublicIp ? publicAddress(name) : "",
        outboundPublicIpAddresses: [],
        activationPolicy: given(c, "activationPolicy", "ALWAYS"),
        availabilityType: given(c, "availabilityType", "REGIONAL"),
        pscInstanceConfig: {
          ...(isObject(psc) ? psc : {}),
          pscDnsName: `${hex(name, 8)}.${hex(given(c, "cluster"), 8)}.${locationOf(c)}.alloydb-psc.goog.`,
          serviceAttachmentLink: `https://www.googleapis.com/compute/v1/projects/${hex(name, 12)}-tp/regions/${locationOf(c)}/serviceAttachments/alloydb-${hex(name, 8)}`,
        },
      },
    };
  },
  "gcp:alloydb/user:User": (c) => {
    const name = `${given(c, "cluster")}/users/${given(c, "userId")}`;
    return { id: name, computed: { name } };
  },
  "gcp:alloydb/backup:Backup": (c) => {
    const name = `projects/${c.project}/locations/${locationOf(c)}/backups/${given(c, "backupId")}`;
    return {
      id: name,
      computed: { name, uid: hex(name, 32), state: "READY", createTime: CREATED, updateTime: CREATED },
    };
  },
};
