export { aliases, commandTable } from './commands/command-table.ts';
export type { Io, Stdin } from './io.ts';
export { localFiles } from './local-files.ts';
export { interrupted, runKubectl } from './main.ts';
export type { FileAccess, Session, Surroundings } from './session.ts';
