import type { NotificationsConfig } from "@bulkhead/config";
import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { all, one } from "../testing/find.ts";
import { record } from "../testing/mocks.ts";
import { NotificationChannels } from "./notification-channels.ts";

const channels = (config: NotificationsConfig, asked: string[] = []) =>
  record(
    () =>
      new NotificationChannels("bulkhead", {
        project: "acme-dev",
        channels: config,
        secretOf: (name) => {
          asked.push(name);
          return pulumi.output("s3cret");
        },
      }),
  );

test("an e-mail address needs no secret", async () => {
  const asked: string[] = [];
  const { resources } = await channels({ team: { type: "email", address: "team@example.com" } }, asked);
  expect(one(resources, "NotificationChannel", "bulkhead-team").inputs).toMatchObject({
    type: "email",
    labels: { email_address: "team@example.com" },
  });
  expect(asked).toEqual([]);
});

test.each(["pagerduty", "slack", "webhook"] as const)("the secret of %s is marked, and in no label", async (type) => {
  const { resources } = await channels({ oncall: { type, address: "https://example.com" } });
  const { inputs } = one(resources, "NotificationChannel");
  expect(JSON.stringify(inputs.labels ?? {})).not.toContain("s3cret");
  // The engine's mark of a secret goes around the value.
  expect(JSON.stringify(inputs.sensitiveLabels)).toContain("4dabf18193072939515e22adb298388d");
});

test("without channels there are none", async () => {
  const { resources, result } = await channels({});
  expect(all(resources, "NotificationChannel")).toEqual([]);
  expect(await new Promise((done) => result.names.apply(done))).toEqual([]);
});
