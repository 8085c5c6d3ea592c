/** For tests of what is made of components: a recorder in the engine's place, and ways to look into what it recorded. */
export { all, at, below, inventory, nameOf, one, texts } from "./find.ts";
export { type Declared, type Recording, record } from "./mocks.ts";
export { type Container, containersOf, listenersOf, type Pod, podsOf } from "./pods.ts";
export { CLUSTER, cellDatabase, FOUNDATION } from "./samples.ts";
