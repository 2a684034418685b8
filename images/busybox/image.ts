import type { ImageRecipe } from '../recipe.ts';
import { busyboxInputs, busyboxLayer } from './layer.ts';

export const image: ImageRecipe = {
  name: 'busybox',
  references: ['docker.io/library/busybox:latest', 'docker.io/library/busybox:1.35', 'k8s.gcr.io/busybox:latest'],
  destination: 'registry',
  inputs: busyboxInputs,
  async build() {
    return {
      layers: [await busyboxLayer()],
      config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['sh'] },
    };
  },
};
