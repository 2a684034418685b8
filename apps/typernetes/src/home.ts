import { resolve } from 'node:path';
import { imageRepository, imageTag } from '@typernetes/base';
import { defaultHome, type Installation } from '@typernetes/machine';

/** The directory in which machines are kept: TYPERNETES_HOME, if set. */
export const homeOf = (environment: NodeJS.ProcessEnv): string => resolve(environment.TYPERNETES_HOME ?? defaultHome);

/** An installation for commands that inspect or delete machines: nothing is built, so it cannot create any. */
export const bareInstallation = (): Installation => ({
  home: homeOf(process.env),
  programs: '',
  commands: [],
  images: [],
  registryImages: [],
  pauseImage: `${imageRepository}/pause:${imageTag}`,
});
