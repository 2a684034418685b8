import { hasProgram } from '../tools/bundle.ts';
import { image as busybox } from './busybox/image.ts';
import { image as clusterDns } from './cluster-dns/image.ts';
import { image as dashboard } from './dashboard/image.ts';
import { image as debian } from './debian/image.ts';
import { image as etcd } from './etcd/image.ts';
import { image as sample } from './geektime-sample/image.ts';
import { image as tomcat } from './geektime-tomcat/image.ts';
import { image as ingress } from './ingress/image.ts';
import { image as apiserver } from './kube-apiserver/image.ts';
import { image as controllerManager } from './kube-controller-manager/image.ts';
import { image as proxy } from './kube-proxy/image.ts';
import { image as scheduler } from './kube-scheduler/image.ts';
import { image as localStorage } from './local-storage/image.ts';
import { image as metricsServer } from './metrics-server/image.ts';
import { image as network } from './network/image.ts';
import { images as nginx } from './nginx/image.ts';
import { image as pause } from './pause/image.ts';
import type { ImageRecipe } from './recipe.ts';

/** Images of our programs, for those programs that exist. */
const programs = [
  apiserver,
  controllerManager,
  scheduler,
  proxy,
  clusterDns,
  network,
  localStorage,
  dashboard,
  metricsServer,
  ingress,
].filter(({ name }) => hasProgram(name));

/** All images that can be built, those of the machines first. */
export const catalogue: readonly ImageRecipe[] = [pause, etcd, ...programs, busybox, ...nginx, debian, sample, tomcat];
