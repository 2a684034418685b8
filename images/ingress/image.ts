import { debianFiles, debianInputs } from '../debian-packages.ts';
import { nodeProgramImage } from '../node-program.ts';
import type { LayerEntry } from '../tar-layer.ts';

const packages = ['nginx-light'];
/** nginx and the libraries it is linked with; the C library is in the base layer. */
const needed = /^(usr\/)?(sbin\/nginx$|lib\/[^/]+\/lib(pcre2-8|ssl|crypto|z|crypt)\.so)/;

export const image = nodeProgramImage('ingress', {
  inputs: () => debianInputs(packages),
  entries: async (): Promise<LayerEntry[]> => [
    ...(await debianFiles(packages)).filter(({ path }) => needed.test(path)),
    { path: 'var/lib/nginx', type: 'directory' },
    { path: 'var/log/nginx', type: 'directory' },
  ],
});
