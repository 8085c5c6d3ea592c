/** Who is told of alerts. */
import type { NotificationChannelConfig, NotificationsConfig } from "@bulkhead/config";
import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";

export interface NotificationChannelsArgs {
  /** Google Cloud project id. Changing it replaces the channels. */
  readonly project: string;
  /** Channels by name. The name is for life. */
  readonly channels: NotificationsConfig;
  /** The secret of a pagerduty, slack or webhook channel, by its name. Asked for where there is such a channel only. */
  readonly secretOf: (name: string) => pulumi.Output<string>;
}

export class NotificationChannels extends pulumi.ComponentResource {
  /** `projects/…/notificationChannels/…` of each. */
  readonly names: pulumi.Output<string[]>;

  constructor(name: string, args: NotificationChannelsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bulkhead:observability:NotificationChannels", name, {}, opts);
    const names = Object.entries(args.channels).map(
      ([key, channel]) =>
        new gcp.monitoring.NotificationChannel(
          `${name}-${key}`,
          {
            project: args.project,
            displayName: `Bulkhead: ${key}`,
            ...inputsOf(channel, () => pulumi.secret(args.secretOf(key))),
          },
          { parent: this },
        ).name,
    );
    this.names = pulumi.all(names);
    this.registerOutputs({ names: this.names });
  }
}

/** Labels and secret of a channel, as the API's descriptor of its type has them. */
function inputsOf(
  { type, address = "" }: NotificationChannelConfig,
  secret: () => pulumi.Output<string>,
): Pick<gcp.monitoring.NotificationChannelArgs, "type" | "labels" | "sensitiveLabels"> {
  switch (type) {
    case "email":
      return { type, labels: { email_address: address } };
    case "pubsub":
      return { type, labels: { topic: address } };
    case "pagerduty":
      return { type, sensitiveLabels: { serviceKey: secret() } };
    case "slack":
      return { type, labels: { channel_name: address }, sensitiveLabels: { authToken: secret() } };
    case "webhook":
      return {
        type: "webhook_basicauth",
        labels: { url: address, username: "bulkhead" },
        sensitiveLabels: { password: secret() },
      };
  }
}
