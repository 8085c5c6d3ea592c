/** Labels of everything the platform puts into Kubernetes. */
export const PART_OF = "bulkhead";

/** `app` selects; the `app.kubernetes.io` ones are for people and policies. */
export function labelsOf(app: string, component: string): Record<string, string> {
  return {
    app,
    "app.kubernetes.io/name": app,
    "app.kubernetes.io/component": component,
    "app.kubernetes.io/part-of": PART_OF,
  };
}
