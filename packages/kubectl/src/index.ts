export type { Io, Stdin } from './io.ts';
export { runKubectl } from './main.ts';
export type { FileAccess, Session, Surroundings } from './session.ts';
