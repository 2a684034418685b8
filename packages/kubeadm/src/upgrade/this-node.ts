import { X509Certificate } from 'node:crypto';
import type { Pod } from '@typernetes/api/core/v1';
import type { KubeletConfiguration } from '@typernetes/api/kubelet.config/v1beta1';
import { parseKubeconfig, resolveContext } from '@typernetes/client';
import { inspectCertificate } from '@typernetes/pki';
import { decodeDocument } from '@typernetes/process';
import type { ApiEndpoint } from '../config/internal.ts';
import type { Files } from '../host.ts';
import { advertiseAddressAnnotation } from '../manifests/api-server.ts';
import { splitHostPort } from '../network-address.ts';
import {
  defaultCriSocket,
  instanceConfigFile,
  kubeletEnvironmentFile,
  kubeletKubeconfig,
  manifestsFolder,
} from '../paths.ts';

/** What the files of a machine say of the node that it is. */
export interface ThisNode {
  readonly name: string;
  readonly criSocket: string;
  /** Where its API server listens; undefined on a worker. */
  readonly localEndpoint: ApiEndpoint | undefined;
}

/** Throws when the machine is no node of a cluster. */
export async function thisNode(files: Pick<Files, 'read'>): Promise<ThisNode> {
  return {
    name: await nodeName(files),
    criSocket: await criSocket(files),
    localEndpoint: await localEndpoint(files),
  };
}

/** Where this release writes it down, or where earlier ones did. */
async function criSocket(files: Pick<Files, 'read'>): Promise<string> {
  const instance = await files.read(instanceConfigFile);
  const own = instance === undefined ? {} : (decodeDocument(instance) as Partial<KubeletConfiguration>);
  if (own.containerRuntimeEndpoint) return own.containerRuntimeEndpoint;
  const environment = (await files.read(kubeletEnvironmentFile)) ?? '';
  return /--container-runtime-endpoint=([^\s"]+)/.exec(environment)?.[1] ?? defaultCriSocket;
}

/** The common name of the kubelet's certificate, `system:node:NAME`. */
async function nodeName(files: Pick<Files, 'read'>): Promise<string> {
  const text = await files.read(kubeletKubeconfig);
  if (text === undefined) {
    throw new Error(`couldn't get the node name: open ${kubeletKubeconfig}: no such file or directory`);
  }
  const { user } = resolveContext(parseKubeconfig(text));
  const file = user['client-certificate'];
  const data = user['client-certificate-data'];
  const pem = data === undefined ? await files.read(file ?? '') : Buffer.from(data, 'base64').toString('utf8');
  if (pem === undefined) throw new Error(`couldn't get the node name: "${kubeletKubeconfig}" names no certificate`);
  const { commonName } = inspectCertificate(new X509Certificate(pem));
  const name = /^system:node:(.+)$/.exec(commonName)?.[1];
  if (name === undefined) {
    throw new Error(`couldn't get the node name: "${commonName}" in "${kubeletKubeconfig}" is no node's name`);
  }
  return name;
}

/** A machine that has it is a control plane. */
export const apiServerManifest = `${manifestsFolder}/kube-apiserver.yaml`;

async function localEndpoint(files: Pick<Files, 'read'>): Promise<ApiEndpoint | undefined> {
  const text = await files.read(apiServerManifest);
  if (text === undefined) return undefined;
  const { metadata } = decodeDocument(text) as Pod;
  const endpoint = metadata.annotations?.[advertiseAddressAnnotation];
  if (endpoint === undefined) {
    throw new Error(`the manifest of kube-apiserver has no annotation "${advertiseAddressAnnotation}"`);
  }
  const { host, port } = splitHostPort(endpoint);
  return { advertiseAddress: host, bindPort: port ?? 6443 };
}
