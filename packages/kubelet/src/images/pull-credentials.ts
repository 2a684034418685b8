import type { Pod, ServiceAccount } from '@typernetes/api/core/v1';
import type { CredentialProvider as Settings } from '@typernetes/api/kubelet.config/v1';
import type { Clock, Logger } from '@typernetes/base';
import type { PluginObserver } from '../metrics/plugin-observer.ts';
import { observedPlugin, pluginIn } from './credential-plugin.ts';
import { CredentialProvider } from './credential-provider.ts';
import { NodeCredentials, type NodeCredentialsOptions } from './node-credentials.ts';
import type { PullCredential } from './pulled-images.ts';

/** The machine's own credentials. */
export interface ImageCredentials {
  /** As {@link readCredentialProviders} returns them. */
  readonly providers: readonly Settings[];
  /** The hash of their configuration, if there is one. */
  readonly hash?: string;
  /** The folder with their programs. */
  readonly binDir: string;
  readonly directories: NodeCredentialsOptions['directories'];
}

/** The API objects that credentials come from. */
export interface CredentialObjects {
  /** The credentials for an image in the pod's imagePullSecrets. */
  pullCredentials(pod: Pod, image: string): Promise<readonly PullCredential[]>;
  serviceAccount(namespace: string, name: string): Promise<ServiceAccount>;
  token(pod: Pod, audience: string | undefined, expirationSeconds: number): Promise<{ readonly token: string }>;
}

interface PullCredentialsDeps {
  readonly objects: CredentialObjects;
  readonly own: ImageCredentials | undefined;
  readonly observer?: PluginObserver;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The lifetime that the API server gives to tokens by default. */
const tokenSeconds = 3600;

/** All credentials that fit an image: the pod's secrets' before those of plugins and of the machine's own files. */
export function pullCredentials(deps: PullCredentialsDeps): (pod: Pod, image: string) => Promise<PullCredential[]> {
  const { objects, own, observer, clock, log } = deps;
  if (!own) return async (pod, image) => [...(await objects.pullCredentials(pod, image))];
  const plugin = pluginIn(own.binDir);
  const ask = observer ? observedPlugin(plugin, observer, () => clock.monotonic()) : plugin;
  const token = async (pod: Pod, audience: string) => (await objects.token(pod, audience, tokenSeconds)).token;
  const serviceAccount = (namespace: string, name: string) => objects.serviceAccount(namespace, name);
  const providers = own.providers.map(
    (settings) => new CredentialProvider(settings, { ask, clock, log, serviceAccount, token }),
  );
  const node = new NodeCredentials({ directories: own.directories, clock, log });
  return async (pod, image) => {
    const secrets = await objects.pullCredentials(pod, image);
    const provided = await Promise.all(providers.map((provider) => provider.credentials(pod, image)));
    return [...secrets, ...provided.flat(), ...(await node.credentials(image))];
  };
}
