import { type Context, digits, given, hex, projectNumber, type Shape, type Shapers } from "./context.ts";

/** Members and bindings have no name of their own: what they bind is their identity. */
function binding(c: Context, target: string): Shape {
  const id = [target, given(c, "role"), given(c, "member"), given(c, "condition.title")].filter(Boolean).join("/");
  return { id, computed: { etag: hex(id, 11) } };
}

export const identity: Shapers = {
  "gcp:serviceaccount/account:Account": (c) => {
    const email = `${given(c, "accountId")}@${c.project}.iam.gserviceaccount.com`;
    const name = `projects/${c.project}/serviceAccounts/${email}`;
    return {
      id: name,
      computed: { name, email, member: `serviceAccount:${email}`, uniqueId: `1${digits(email, 20)}` },
    };
  },
  "gcp:serviceaccount/iAMMember:IAMMember": (c) => binding(c, given(c, "serviceAccountId")),
  "gcp:serviceaccount/iAMBinding:IAMBinding": (c) => binding(c, given(c, "serviceAccountId")),
  "gcp:projects/iAMMember:IAMMember": (c) => binding(c, c.project),
  "gcp:projects/iAMBinding:IAMBinding": (c) => binding(c, c.project),
  "gcp:projects/iAMAuditConfig:IAMAuditConfig": (c) => {
    const id = `${c.project}/audit_config/${given(c, "service")}`;
    return { id, computed: { etag: hex(id, 11) } };
  },
  "gcp:projects/service:Service": (c) => ({ id: `${c.project}/${given(c, "service")}`, computed: {} }),
  "gcp:projects/serviceIdentity:ServiceIdentity": (c) => {
    const service = given(c, "service");
    const email = `service-${projectNumber(c.project)}@gcp-sa-${service.split(".")[0]}.iam.gserviceaccount.com`;
    const id = `projects/${c.project}/services/${service}`;
    return { id, computed: { email, member: `serviceAccount:${email}` } };
  },
  "gcp:kms/keyRing:KeyRing": (c) => ({
    id: `projects/${c.project}/locations/${given(c, "location")}/keyRings/${given(c, "name")}`,
    computed: {},
  }),
  "gcp:kms/cryptoKey:CryptoKey": (c) => {
    const id = `${given(c, "keyRing")}/cryptoKeys/${given(c, "name")}`;
    return { id, computed: { primaries: [{ name: `${id}/cryptoKeyVersions/1`, state: "ENABLED" }] } };
  },
  "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": (c) => binding(c, given(c, "cryptoKeyId")),
  "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": (c) =>
    binding(c, `projects/${c.project}/locations/${given(c, "location")}/repositories/${given(c, "repository")}`),
  "gcp:storage/bucketIAMMember:BucketIAMMember": (c) => binding(c, `b/${given(c, "bucket")}`),
  "gcp:secretmanager/secretIamMember:SecretIamMember": (c) => binding(c, given(c, "secretId")),
  "gcp:secretmanager/secret:Secret": (c) => {
    const id = `projects/${c.project}/secrets/${given(c, "secretId")}`;
    return { id, computed: { name: `projects/${projectNumber(c.project)}/secrets/${given(c, "secretId")}` } };
  },
  "gcp:secretmanager/secretVersion:SecretVersion": (c) => {
    const id = `${given(c, "secret")}/versions/1`;
    return { id, computed: { name: id, version: "1" } };
  },
};
