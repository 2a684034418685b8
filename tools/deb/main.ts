/**
 * `npm run deb [folder]`: builds Debian packages of kubeadm, kubelet and kubectl, with the runtime and images that they
 * need, in `.cache/deb` by default. On a bare Debian machine, `apt-get install ./*.deb` and `kubeadm init` make a
 * cluster, without a registry.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { saveImages } from '@typernetes/machine';
import { machineImages } from '../../images/machine-images.ts';
import { buildDeb } from './deb-package.ts';
import { debPackages } from './packages.ts';

const folder = resolve(process.argv[2] ?? join(import.meta.dirname, '../../.cache/deb'));
mkdirSync(folder, { recursive: true });
const images = join(folder, 'images.tar');
try {
  await saveImages(images, await machineImages(console.log));
  for (const deb of await debPackages(images)) console.log(await buildDeb(deb, folder));
} finally {
  rmSync(images, { force: true });
}
