import { resolve } from 'node:path';
import { imageRepository, imageTag } from '@typernetes/base';
import { defaultHome, type Installation } from '@typernetes/machine';

/** Where machines are kept: TYPERNETES_HOME, if it is set. */
export const homeOf = (environment: NodeJS.ProcessEnv): string => resolve(environment.TYPERNETES_HOME ?? defaultHome);

/** The installation for looking at machines and for ending them: nothing is built, so none can be made of it. */
export const bareInstallation = (): Installation => ({
  home: homeOf(process.env),
  programs: '',
  commands: [],
  images: [],
  registryImages: [],
  pauseImage: `${imageRepository}/pause:${imageTag}`,
});
