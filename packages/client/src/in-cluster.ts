import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HttpTransportOptions } from './http-transport.ts';

/** Where the kubelet mounts a pod's service account. */
const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The API server's address in a cluster is virtual: until this node has the rules for it, packets to it vanish, and so
 * do their retransmissions, even once the rules exist, because the kernel assigns them to the same connection. Only a
 * new attempt gets through.
 */
const connectTimeoutMs = 1000;

/**
 * The connection of a pod to its own cluster: the address from the environment, token and CA from its service account's
 * mount.
 */
export function inClusterOptions(
  env: Readonly<Record<string, string | undefined>>,
  directory = serviceAccountDirectory,
): HttpTransportOptions {
  const host = env.KUBERNETES_SERVICE_HOST;
  const port = env.KUBERNETES_SERVICE_PORT;
  if (!host || !port)
    throw new Error(
      'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined',
    );
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    tls: { ca: readFileSync(join(directory, 'ca.crt'), 'utf8') },
    tokenFile: join(directory, 'token'),
    connectTimeoutMs,
  };
}
