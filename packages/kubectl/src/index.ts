export type { Io, Stdin } from './io.ts';
export { type KubectlDeps, runKubectl } from './main.ts';
export type { FileAccess, Session } from './session.ts';
