/** What is looked for in the project's logs, in the language of Cloud Logging. */

/** Everything that Cloud Audit Logs write, and each request of an administrator (04_request.sql raises the line). */
export const ADMINISTRATOR_REQUEST =
  'resource.type="alloydb.googleapis.com/Instance" AND textPayload:"bulkhead audit: administrator"';

export const AUDIT_LOGS = [
  'log_id("cloudaudit.googleapis.com/activity")',
  'log_id("cloudaudit.googleapis.com/data_access")',
  'log_id("cloudaudit.googleapis.com/system_event")',
  'log_id("cloudaudit.googleapis.com/policy")',
  'log_id("cloudaudit.googleapis.com/access_transparency")',
  `(${ADMINISTRATOR_REQUEST})`,
].join(" OR ");

const ACTIVITY = 'log_id("cloudaudit.googleapis.com/activity")';
/** What pgAudit wrote: statements of DDL and on roles, with the login that sent them. */
const PGAUDIT =
  'log_id("cloudaudit.googleapis.com/data_access") AND protoPayload.request.@type="type.googleapis.com/google.cloud.alloydb.audit.v1.PgAuditEntry"';

/** Only what went through: a refusal changes nothing. Operations that take long write a first and a last entry; the first says who. */
const DONE = "NOT protoPayload.status.code>0 AND NOT (operation.last=true AND NOT operation.first=true)";

/** By kind, which is part of the alert's name for life. */
export const CHANGES = {
  iam: `${ACTIVITY} AND protoPayload.methodName=~"(?i)(setiampolicy|setiampermissions|createserviceaccountkey|uploadserviceaccountkey)$" AND ${DONE}`,
  "audit-config": `${ACTIVITY} AND (protoPayload.serviceData.policyDelta.auditConfigDeltas:* OR protoPayload.metadata.policyDelta.auditConfigDeltas:* OR protoPayload.methodName=~"ConfigServiceV2\\.(Update|Delete)(Sink|Bucket|Exclusion)|ConfigServiceV2\\.CreateExclusion") AND ${DONE}`,
  "database-flags": `${ACTIVITY} AND protoPayload.methodName=~"AlloyDBAdmin\\.UpdateInstance$" AND (protoPayload.request.updateMask:"databaseFlags" OR protoPayload.request.updateMask:"database_flags" OR protoPayload.request.instance.databaseFlags:*) AND ${DONE}`,
  "key-destroyed": `${ACTIVITY} AND protoPayload.serviceName="cloudkms.googleapis.com" AND protoPayload.methodName=~"(DestroyCryptoKeyVersion|UpdateCryptoKeyVersion)$" AND ${DONE}`,
  "data-deleted": `${ACTIVITY} AND protoPayload.methodName=~"(AlloyDBAdmin\\.Delete(Cluster|Instance|Backup)|ClusterManager\\.DeleteCluster)$" AND ${DONE}`,
  // Whoever acts as an administrator is a member of admin_authenticator; the platform's own identities and Vault make members.
  "administrator-granted": `${PGAUDIT} AND (protoPayload.request.user="postgres" OR (protoPayload.request.auditClass="ROLE" AND protoPayload.request.statement=~"admin_user|admin_authenticator|auditor|bulkhead_owner|alloydbsuperuser" AND NOT protoPayload.request.user=~"^(bh-|vault)"))`,
} as const;

export type Change = keyof typeof CHANGES;
