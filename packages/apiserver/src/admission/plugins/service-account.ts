import type { Container, Pod, ServiceAccount, Volume } from '@typernetes/api/core/v1';
import { type Clock, nameSuffix, type Random } from '@typernetes/base';
import { type ObjectSource, whenFound } from '../../object-source.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission-plugin.ts';
import { referencesOf } from '../pod-references.ts';
import { refusal, targetOf } from '../request-target.ts';

/** The folder in which client libraries look for the pod's credentials. */
export const tokenMountPath = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Marks tokens that no user asked for explicitly, so that the token signer may extend them for old clients. */
const tokenExpirationSeconds = 3607;

const volumePrefix = 'kube-api-access-';
const mirrorAnnotation = 'kubernetes.io/config.mirror';

/** Every pod runs as a service account that exists, with the account's token where client libraries look for it. */
export function serviceAccount(deps: {
  readonly serviceAccounts: ObjectSource<ServiceAccount>;
  readonly random: Random;
  readonly clock: Clock;
}): AdmissionPlugin {
  return {
    name: 'ServiceAccount',
    concerns: (request) => request.operation === 'CREATE' && targetOf(request) === 'pods',
    admit: (request) => {
      const pod = request.object as Pod;
      // A mirror pod is already running: it must not be changed.
      if (isMirror(pod)) return refuseClaims(request, pod);
      const name = pod.spec.serviceAccountName || 'default';
      pod.spec.serviceAccountName = name;
      pod.spec.serviceAccount = name;
      return whenFound(accountOf(deps, { namespace: request.namespace, name }), (account) => {
        if (!account) {
          const why = `error looking up service account ${request.namespace}/${name}: serviceaccount "${name}" not found`;
          throw refusal(request, why);
        }
        if (pod.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) {
          mountToken(pod, deps.random);
        }
        if (!pod.spec.imagePullSecrets?.length && account.imagePullSecrets?.length) {
          pod.spec.imagePullSecrets = account.imagePullSecrets.map((secret) => ({ ...secret }));
        }
      });
    },
    validate: (request) => {
      const pod = request.object as Pod;
      if (isMirror(pod)) refuseClaims(request, pod);
    },
  };
}

/** Throws for what no mirror pod may claim: it is not known to the server before it runs. */
function refuseClaims(request: AdmissionRequest, { spec }: Pod): void {
  if (spec.serviceAccountName) throw refusal(request, 'a mirror pod may not reference service accounts');
  if (referencesOf(spec).secrets) throw refusal(request, 'a mirror pod may not reference secrets');
  const projects = (volume: Volume): boolean =>
    volume.projected?.sources?.some((source) => source.serviceAccountToken) ?? false;
  if (spec.volumes?.some(projects)) {
    throw refusal(request, 'a mirror pod may not use ServiceAccountToken volume projections');
  }
}

/** How often to look for the default account: its controller creates it shortly after the namespace. */
const defaultAttempts = 10;

/** The service account; waits a second or two for the default account of a new namespace. */
function accountOf(
  deps: Parameters<typeof serviceAccount>[0],
  { namespace, name }: { namespace: string; name: string },
): ReturnType<ObjectSource<ServiceAccount>['get']> {
  const find = () => deps.serviceAccounts.get(`${namespace}/${name}`);
  const found = find();
  if (name !== 'default' || (found && !(found instanceof Promise))) return found;
  return (async () => {
    const intervalMs = 100 + Math.floor(deps.random.next() * 100);
    let account = await found;
    for (let attempt = 1; !account && attempt < defaultAttempts; attempt++) {
      await deps.clock.sleep(intervalMs);
      account = await find();
    }
    return account;
  })();
}

export function isMirror(pod: Pod): boolean {
  return pod.metadata.annotations?.[mirrorAnnotation] !== undefined;
}

function mountToken(pod: Pod, random: Random): void {
  const containers: Container[] = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const lacking = containers.filter((one) => !one.volumeMounts?.some((mount) => mount.mountPath === tokenMountPath));
  if (lacking.length === 0) return;
  const taken = new Set((pod.spec.volumes ?? []).map((volume) => volume.name));
  let name = volumePrefix + nameSuffix(5, random);
  while (taken.has(name)) name = volumePrefix + nameSuffix(5, random);
  for (const container of lacking) {
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: tokenMountPath }];
  }
  pod.spec.volumes = [...(pod.spec.volumes ?? []), tokenVolume(name)];
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: tokenExpirationSeconds, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode: 0o644,
    },
  };
}
