import { nodeProgramImage } from '../node-program.ts';

export const image = nodeProgramImage('dashboard');
