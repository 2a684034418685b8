/** Identifies one object including its uid. */
export interface ClaimedObject {
  readonly name: string;
  readonly uid: string;
}

/** The private claims of service account tokens. */
export interface KubernetesClaims {
  readonly namespace: string;
  readonly serviceaccount: ClaimedObject;
  readonly pod?: ClaimedObject;
  readonly secret?: ClaimedObject;
  readonly node?: ClaimedObject;
  /** Seconds since the epoch from which use of the token is worth a warning: it lives on only for clients that do not reload it. */
  readonly warnafter?: number;
}

export interface ServiceAccountClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: readonly string[];
  /** Seconds since the epoch. */
  readonly exp: number;
  readonly nbf: number;
  readonly iat: number;
  readonly jti: string;
  readonly 'kubernetes.io': KubernetesClaims;
}

/** The issuer of tokens that live in secrets and never expire. */
export const legacyIssuer = 'kubernetes/serviceaccount';

/** Reads claims that someone signed; undefined when they are not of a service account. */
export function readServiceAccountClaims(claims: Readonly<Record<string, unknown>>): ServiceAccountClaims | undefined {
  const own = claims['kubernetes.io'];
  if (typeof own !== 'object' || own === null) return undefined;
  const { namespace, serviceaccount } = own as Partial<KubernetesClaims>;
  if (!namespace || !serviceaccount?.name || typeof claims.exp !== 'number') return undefined;
  const audience = claims.aud === undefined ? [] : [claims.aud].flat();
  return { ...(claims as unknown as ServiceAccountClaims), aud: audience as string[] };
}
