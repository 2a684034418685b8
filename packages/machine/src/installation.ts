import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** An OCI image layout with one image, and what the image is called. */
export interface ImageLayout {
  readonly layout: string;
  readonly references: readonly string[];
}

/** What machines are made from, and where they are kept. */
export interface Installation {
  /** The folder that holds everything about the machines of this installation. It must not lie on an overlay filesystem. */
  readonly home: string;
  /** Node and our bundled programs; machines see it, read-only, as /usr/local/lib/typernetes. */
  readonly programs: string;
  /** Names of programs in `programs` that go on the PATH of every machine. */
  readonly commands: readonly string[];
  /** Images that every machine has from the start. */
  readonly images: readonly ImageLayout[];
  /** Images that the registry of the fabric serves. */
  readonly registryImages: readonly ImageLayout[];
  /** The image of the first process of each pod; one of `images`. */
  readonly pauseImage: string;
}

export const defaultHome = '/var/lib/typernetes';

/** What sets the names of this installation's namespaces and cgroups apart from those of others on the same host. */
export function instanceName(home: string): string {
  return home === defaultHome
    ? 'typernetes'
    : `typernetes-${createHash('sha256').update(home).digest('hex').slice(0, 8)}`;
}

/** The one lock under which machines and the fabric come and go. */
export const installationLock = (home: string): string => `${instanceName(home)}-lock`;

/** Where things lie below the home. */
export const homePaths = (home: string) => ({
  machines: join(home, 'machines'),
  clusters: join(home, 'clusters'),
  templates: join(home, 'templates'),
  registry: join(home, 'registry'),
  trash: join(home, 'trash'),
  runc: join(home, 'runc'),
});
