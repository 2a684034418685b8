import { networkTools } from '../network-tools.ts';
import { nodeProgramImage } from '../node-program.ts';

export const image = nodeProgramImage('kube-proxy', networkTools);
