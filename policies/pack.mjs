// JavaScript, because Pulumi hands a TypeScript entry to a compiler of its own that is older than this code; Node runs the rest as it is.
import "./index.ts";
