import { randomUUID } from 'node:crypto';
import type { BoundObjectReference, TokenRequest } from '@typernetes/api/authentication/v1';
import type { ServiceAccount } from '@typernetes/api/core/v1';
import { type Clock, timestamp } from '@typernetes/base';
import { badRequest, conflict, invalid, invalidValue, notFound } from '@typernetes/machinery';
import type { JwtClaims } from '@typernetes/pki';
import { serviceAccountUsername } from '../identity/groups.ts';
import type { KubernetesClaims, ServiceAccountClaims } from './service-account-claims.ts';
import type { BoundObjects } from './service-account-token.ts';

export interface TokenRequestDeps extends Omit<BoundObjects, 'serviceAccounts'> {
  readonly issuer: string;
  readonly sign: (claims: JwtClaims) => Promise<string>;
  readonly apiAudiences: readonly string[];
  /** The longest life of a token that another program signs, in seconds. */
  readonly signerMaxSeconds?: number;
  /** `--service-account-max-token-expiration`, in seconds. */
  readonly maxExpirationSeconds?: number;
  /** `--service-account-extend-token-expiration`. */
  readonly extendExpiration: boolean;
  readonly clock: Pick<Clock, 'now'>;
}

const defaultExpirationSeconds = 3600;
const minExpirationSeconds = 600;
const maxExpirationSeconds = 2 ** 32;
/**
 * The lifetime that the admission plugin sets in pods' projected tokens; it marks tokens for clients that may never
 * reload them.
 */
const projectedTokenSeconds = 3607;
const extendedSeconds = 365 * 24 * 3600;

/** Fills in what the client left out and judges the rest. */
export function completeTokenRequest(request: TokenRequest, apiAudiences: readonly string[]): TokenRequest {
  const { audiences, expirationSeconds = defaultExpirationSeconds, ...rest } = request.spec ?? {};
  const field = 'spec.expirationSeconds';
  const problems = [
    ...(expirationSeconds < minExpirationSeconds
      ? [invalidValue(field, expirationSeconds, 'may not specify a duration less than 10 minutes')]
      : []),
    ...(expirationSeconds > maxExpirationSeconds
      ? [invalidValue(field, expirationSeconds, 'may not specify a duration larger than 2^32 seconds')]
      : []),
  ];
  if (problems.length > 0) throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', problems);
  return {
    ...request,
    spec: { ...rest, audiences: audiences && audiences.length > 0 ? audiences : [...apiAudiences], expirationSeconds },
  };
}

/** Signs a token for a service account: what a POST to `serviceaccounts/token` answers. */
export async function issueToken(
  account: ServiceAccount,
  asked: TokenRequest,
  deps: TokenRequestDeps,
): Promise<TokenRequest> {
  const request = completeTokenRequest(asked, deps.apiAudiences);
  const namespace = account.metadata.namespace ?? '';
  const bound = request.spec.boundObjectRef ? await boundClaims(account, request.spec.boundObjectRef, deps) : {};
  const limit = deps.maxExpirationSeconds ?? deps.signerMaxSeconds ?? maxExpirationSeconds;
  const lifetime = Math.min(request.spec.expirationSeconds ?? defaultExpirationSeconds, limit);
  const now = Math.floor(deps.clock.now() / 1000);
  const forServer = (request.spec.audiences ?? []).every((one) => deps.apiAudiences.includes(one));
  const extended = deps.extendExpiration && lifetime === projectedTokenSeconds && bound.pod !== undefined && forServer;
  const claims: ServiceAccountClaims = {
    aud: request.spec.audiences ?? [],
    exp: now + (extended ? Math.min(extendedSeconds, deps.signerMaxSeconds ?? extendedSeconds) : lifetime),
    iat: now,
    iss: deps.issuer,
    jti: randomUUID(),
    'kubernetes.io': {
      namespace,
      ...bound,
      serviceaccount: { name: account.metadata.name, uid: account.metadata.uid },
      ...(extended ? { warnafter: now + lifetime } : {}),
    },
    nbf: now,
    sub: serviceAccountUsername(namespace, account.metadata.name),
  };
  return {
    ...request,
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { ...request.metadata, name: account.metadata.name, namespace },
    spec: { ...request.spec, expirationSeconds: lifetime },
    status: {
      token: await deps.sign({ ...claims }),
      expirationTimestamp: timestamp((now + lifetime) * 1000),
    },
  };
}

type Bound = Pick<KubernetesClaims, 'pod' | 'secret' | 'node'>;

async function boundClaims(account: ServiceAccount, ref: BoundObjectReference, deps: TokenRequestDeps): Promise<Bound> {
  const name = ref.name ?? '';
  const key = `${account.metadata.namespace}/${name}`;
  const kind = ref.apiVersion === 'v1' ? ref.kind : undefined;
  switch (kind) {
    case 'Pod': {
      const pod = present(await deps.pods.get(key), 'pods', ref);
      if (pod.spec.serviceAccountName !== account.metadata.name) {
        throw badRequest(
          `cannot bind token for serviceaccount ${JSON.stringify(account.metadata.name)} to pod running with different serviceaccount name.`,
        );
      }
      const node = pod.spec.nodeName ? await deps.nodes.get(pod.spec.nodeName) : undefined;
      return {
        ...(pod.spec.nodeName ? { node: { name: pod.spec.nodeName, uid: node?.metadata.uid ?? '' } } : {}),
        pod: { name, uid: pod.metadata.uid },
      };
    }
    case 'Secret':
      return { secret: { name, uid: present(await deps.secrets.get(key), 'secrets', ref).metadata.uid } };
    case 'Node':
      return { node: { name, uid: present(await deps.nodes.get(name), 'nodes', ref).metadata.uid } };
    default:
      throw badRequest(`cannot bind token to object of type ${typeText(ref)}`);
  }
}

function present<T extends { metadata: { uid: string } }>(
  object: T | undefined,
  plural: string,
  ref: BoundObjectReference,
): T {
  const of = { group: '', plural };
  if (!object) throw notFound(of, ref.name ?? '');
  if (ref.uid && ref.uid !== object.metadata.uid) {
    const why = `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict(of, ref.name ?? '', why);
  }
  return object;
}

/** A type as Go prints it: `/v1, Kind=Pod`, `apps/v1, Kind=Deployment`. */
function typeText({ apiVersion = '', kind = '' }: { apiVersion?: string; kind?: string }): string {
  return `${apiVersion.includes('/') ? '' : '/'}${apiVersion}, Kind=${kind}`;
}
