import type { Node, Pod, Secret, ServiceAccount } from '@typernetes/api/core/v1';
import { type Clock, timestamp } from '@typernetes/base';
import type { ApiObject } from '@typernetes/machinery';
import { decodeJwt, type JwtClaims, verifyJwt } from '@typernetes/pki';
import { serviceAccountGroups, serviceAccountUsername } from '../identity/groups.ts';
import { auditNotes } from '../identity/user-info.ts';
import type { ObjectSource } from '../object-source.ts';
import type { TokenAuthenticator, TokenOwner } from './bearer-token.ts';
import {
  type ClaimedObject,
  legacyIssuer,
  readServiceAccountClaims,
  type ServiceAccountClaims,
} from './service-account-claims.ts';
import type { ServiceAccountKeys } from './service-account-keys.ts';
import type { TokenUses } from './service-account-token-metrics.ts';

/** The objects to which a token is bound. */
export interface BoundObjects {
  readonly serviceAccounts: ObjectSource<ServiceAccount>;
  readonly pods: ObjectSource<Pod>;
  readonly secrets: ObjectSource<Secret>;
  readonly nodes: ObjectSource<Node>;
}

interface ServiceAccountTokenDeps extends BoundObjects {
  /** The first signs new tokens; tokens of the others are still good. */
  readonly issuers: readonly string[];
  readonly keys: Omit<ServiceAccountKeys, 'sign' | 'published'>;
  /** The audiences of a token that names none. */
  readonly apiAudiences: readonly string[];
  readonly clock: Pick<Clock, 'now'>;
  readonly uses?: TokenUses;
  /** Called on the first use of a legacy token on a day (`2026-01-31`). */
  readonly noteLegacyUse?: (secret: Secret, day: string) => void;
}

/** The day on which a legacy token was used last. */
export const lastUsedLabel = 'kubernetes.io/legacy-token-last-used';
/** Since when a legacy token that nobody used is not good any more. */
const invalidSinceLabel = 'kubernetes.io/legacy-token-invalid-since';

/** How long tokens stay valid after the deletion of the bound object has begun: its shutdown may need them. */
const deletionLeewayMs = 60_000;

/** The number of tokens whose verified signatures are cached: verifying one costs more than the rest of a request. */
const rememberedTokens = 4096;

export function serviceAccountTokenAuthenticator(deps: ServiceAccountTokenDeps): TokenAuthenticator {
  const { keys } = deps;
  const verified = new Map<string, JwtClaims>();
  let verifiedBy = keys.verifying();
  const claimsOf = (token: string): JwtClaims | undefined => {
    if (verifiedBy !== keys.verifying()) {
      verifiedBy = keys.verifying();
      verified.clear();
    }
    const before = verified.get(token);
    if (before) return before;
    const claims = verifyJwt(token, verifiedBy);
    if (claims) {
      if (verified.size >= rememberedTokens) verified.delete(verified.keys().next().value as string);
      verified.set(token, claims);
    }
    return claims;
  };
  return {
    name: 'service-account',
    authenticateToken: async (token, audiences) => {
      const issuer = decodeJwt(token)?.claims.iss;
      const isLegacy = issuer === legacyIssuer;
      if (!isLegacy && !deps.issuers.includes(String(issuer))) return undefined;
      if (keys.fresh) await keys.fresh();
      let claims = claimsOf(token);
      if (!claims && (await keys.renew?.())) claims = claimsOf(token);
      if (!claims) throw new Error('invalid bearer token: no key verifies its signature');
      if (isLegacy) return legacyOwner(token, claims, deps);
      const bound = readServiceAccountClaims(claims);
      if (!bound) throw new Error('service account token has no claims of a service account');
      return ownerOf(bound, audiences, deps);
    },
  };
}

async function ownerOf(
  claims: ServiceAccountClaims,
  audiences: readonly string[],
  deps: ServiceAccountTokenDeps,
): Promise<TokenOwner> {
  const nowSeconds = deps.clock.now() / 1000;
  if (nowSeconds >= claims.exp) throw new Error('service account token has expired');
  if (claims.nbf !== undefined && nowSeconds < claims.nbf) throw new Error('service account token is not valid yet');
  const meant = claims.aud.length > 0 ? claims.aud : deps.apiAudiences;
  const common = meant.filter((one) => audiences.includes(one));
  if (common.length === 0) {
    throw new Error(
      `token audiences [${meant.join(' ')}] is invalid for the target audiences [${audiences.join(' ')}]`,
    );
  }
  const { namespace, serviceaccount, pod, secret, node } = claims['kubernetes.io'];
  const inNamespace = (of: ClaimedObject): string => `${namespace}/${of.name}`;
  const now = deps.clock.now();
  checkBound('service account', await deps.serviceAccounts.get(inNamespace(serviceaccount)), serviceaccount, now);
  if (secret) checkBound('secret', await deps.secrets.get(inNamespace(secret)), secret, now);
  if (pod) checkBound('pod', await deps.pods.get(inNamespace(pod)), pod, now);
  // A pod's token names its node only for information: the pod may outlive the node's registration.
  if (node && !pod) checkBound('node', await deps.nodes.get(node.name), node, now);
  const extra: Record<string, string[]> = { 'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`] };
  if (pod) {
    extra['authentication.kubernetes.io/pod-name'] = [pod.name];
    extra['authentication.kubernetes.io/pod-uid'] = [pod.uid];
  }
  if (node) {
    extra['authentication.kubernetes.io/node-name'] = [node.name];
    if (node.uid) extra['authentication.kubernetes.io/node-uid'] = [node.uid];
  }
  const { warnafter } = claims['kubernetes.io'];
  const user = userOf(namespace, serviceaccount, extra);
  if (warnafter === undefined || nowSeconds <= warnafter) {
    deps.uses?.valid();
    return { user, audiences: common };
  }
  deps.uses?.stale();
  const late = Math.floor(nowSeconds) - warnafter;
  const note = `subject: ${user.username}, seconds after warning threshold: ${late}`;
  return { user: { ...user, [auditNotes]: { 'authentication.k8s.io/stale-token': note } }, audiences: common };
}

async function legacyOwner(token: string, claims: JwtClaims, deps: ServiceAccountTokenDeps): Promise<TokenOwner> {
  const claim = (name: string): string => String(claims[`kubernetes.io/serviceaccount/${name}`] ?? '');
  const namespace = claim('namespace');
  const account = { name: claim('service-account.name'), uid: claim('service-account.uid') };
  if (!namespace || !account.name || !account.uid) throw new Error('service account token lacks a claim');
  const owner = await deps.serviceAccounts.get(`${namespace}/${account.name}`);
  checkBound('service account', owner, account, deps.clock.now());
  const secret = await deps.secrets.get(`${namespace}/${claim('secret.name')}`);
  if (!secret || secret.metadata.deletionTimestamp) throw new Error('service account token has been invalidated');
  const current = Buffer.from(secret.data?.token ?? '', 'base64').toString('utf8');
  if (current !== token) throw new Error('service account token does not match server');
  const labels = secret.metadata.labels ?? {};
  // The account lists the secrets that were made for it.
  const isAuto = owner?.secrets?.some(({ name }) => name === secret.metadata.name) ?? false;
  if (labels[invalidSinceLabel] !== undefined) {
    if (isAuto) deps.uses?.invalid();
    throw new Error(
      `the token in secret ${namespace}/${secret.metadata.name} for service account ${namespace}/${account.name} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${invalidSinceLabel}' label from the secret to temporarily allow use of this token`,
    );
  }
  const today = timestamp(deps.clock.now()).slice(0, 10);
  if (labels[lastUsedLabel] !== today) deps.noteLegacyUse?.(secret, today);
  deps.uses?.legacy(isAuto ? 'auto' : 'manual');
  const user = userOf(namespace, account);
  const notes = { 'authentication.k8s.io/legacy-token': user.username };
  return { user: { ...user, [auditNotes]: notes }, audiences: deps.apiAudiences };
}

function userOf(namespace: string, account: ClaimedObject, extra?: Record<string, string[]>): TokenOwner['user'] {
  return {
    username: serviceAccountUsername(namespace, account.name),
    uid: account.uid,
    groups: serviceAccountGroups(namespace),
    ...(extra ? { extra } : {}),
  };
}

function checkBound(what: string, object: ApiObject | undefined, claimed: ClaimedObject, now: number): void {
  if (!object) throw new Error(`service account token refers to a ${what} that does not exist: ${claimed.name}`);
  if (object.metadata.uid !== claimed.uid) {
    throw new Error(`The ${what} UID (${object.metadata.uid}) does not match the claim in token (${claimed.uid})`);
  }
  const { deletionTimestamp } = object.metadata;
  if (deletionTimestamp && Date.parse(deletionTimestamp) + deletionLeewayMs < now) {
    throw new Error(`service account token has been invalidated: the ${what} ${claimed.name} is being deleted`);
  }
}
