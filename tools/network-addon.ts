import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { imageRepository, imageTag } from '@typernetes/base';

const file = resolve(import.meta.dirname, '../addons/network.yaml');

/** What has to be applied before nodes become Ready, with the images of this build: it may be one under another version. */
export const networkAddon = (): string =>
  readFileSync(file, 'utf8').replaceAll(new RegExp(`(${imageRepository}/[-a-z]+):\\S+`, 'g'), `$1:${imageTag}`);
