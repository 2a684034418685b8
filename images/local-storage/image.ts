import { statSync } from 'node:fs';
import { programsWithLibraries } from '../host-files.ts';
import { nodeProgramImage } from '../node-program.ts';

const programs = ['/usr/bin/mount', '/usr/bin/umount'];

export const image = nodeProgramImage('local-storage', {
  inputs: () => programs.map((file) => `${file} ${statSync(file).size} ${statSync(file).mtimeMs}`),
  entries: () => programsWithLibraries(programs),
});
