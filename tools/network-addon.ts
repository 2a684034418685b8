import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { imageRepository, imageTag } from '@typernetes/base';

const file = resolve(import.meta.dirname, '../addons/network.yaml');

/** The manifest to apply before nodes become Ready, with the images of this build, whose version may differ. */
export const networkAddon = (): string =>
  readFileSync(file, 'utf8').replaceAll(new RegExp(`(${imageRepository}/[-a-z]+):\\S+`, 'g'), `$1:${imageTag}`);
