import { type Props, text } from "../plugin/values.ts";
import { projectNumber } from "./outputs/context.ts";

/** The few look-ups a program may make. Others fail by name: an invented answer would be believed. */
export function invoke(token: string, args: Props, config: { project: string; region: string }): Props {
  switch (token) {
    case "gcp:organizations/getProject:getProject": {
      const projectId = text(args.projectId) ?? config.project;
      const number = projectNumber(projectId);
      return { id: `projects/${projectId}`, projectId, name: projectId, number, labels: {}, effectiveLabels: {} };
    }
    case "gcp:logging/getProjectCmekSettings:getProjectCmekSettings": {
      const project = text(args.project) ?? config.project;
      const name = `projects/${project}/cmekSettings`;
      const serviceAccountId = `cmek-p${projectNumber(project)}@gcp-sa-logging.iam.gserviceaccount.com`;
      return { id: name, name, project, serviceAccountId, kmsKeyVersionName: "" };
    }
    case "gcp:organizations/getClientConfig:getClientConfig": {
      const { project, region } = config;
      const id = `projects/${project}/regions/${region}/zones/`;
      return { id, project, region, zone: "", accessToken: "local-cloud-has-no-token", defaultLabels: {} };
    }
    case "gcp:compute/getZones:getZones": {
      const region = text(args.region) ?? config.region;
      return { id: region, region, project: config.project, names: ["a", "b", "c"].map((zone) => `${region}-${zone}`) };
    }
    default:
      throw new Error(`${token} has no stand-in: add an answer to packages/local-cloud/src/gcp/invoke.ts`);
  }
}
