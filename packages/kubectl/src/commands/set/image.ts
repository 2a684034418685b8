import { defineCommand } from '../../command.ts';
import { recordFlag } from '../result.ts';
import { changeObjects, ObjectProblem, setFlags } from './changed-objects.ts';
import { podSpecOf } from './pod-spec.ts';

export const setImageCommand = defineCommand({
  use: 'set image (-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N',
  short: 'Update the image of a pod template',
  formatFirst: true,
  flags: { ...setFlags, ...recordFlag },
  run({ flags, positional }, session) {
    const isPair = (arg: string): boolean => arg.indexOf('=') > 0;
    const args = positional.filter((arg) => !isPair(arg));
    const images = positional.filter(isPair).map((pair): [string, string] => {
      const [name = '', image = ''] = pair.split(/=(.*)/s, 2);
      return [name, image];
    });
    const check = (): void => {
      if (images.length === 0) throw new Error('at least one image update is required');
      if (images.length > 1 && images.some(([name]) => name === '*')) {
        throw new Error(
          'all containers are already specified by *, but saw more than one container_name=container_image pairs',
        );
      }
    };
    const failure = 'failed to patch image update to pod template:';
    return changeObjects({ args, flags, verb: 'image updated', check, failure }, session, (copy) => {
      const spec = podSpecOf(copy);
      for (const [name, image] of images) {
        const all = [...(spec.initContainers ?? []), ...spec.containers];
        const meant = name === '*' ? all : all.filter((container) => container.name === name);
        if (meant.length === 0) throw new ObjectProblem(`unable to find container named ${JSON.stringify(name)}`);
        for (const container of meant) container.image = image;
      }
    });
  },
});
