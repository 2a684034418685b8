import { readFileSync } from 'node:fs';
import type { JWTAuthenticator } from '@typernetes/api/apiserver.config/v1';
import type { Clock } from '@typernetes/base';
import type { Dial } from '@typernetes/client';
import { publicKeyAlgorithms } from '@typernetes/pki';
import type { TokenAuthenticator } from '../authentication/bearer-token.ts';
import type { JwtMetrics } from '../authentication/oidc/jwt-metrics.ts';
import { decodeTokenFile, staticTokenAuthenticator } from '../authentication/static-token.ts';
import { tokenWebhookAuthenticator } from '../authentication/token-webhook.ts';
import type { Egress } from '../egress/egress.ts';
import type { EgressName } from '../egress/egress-configuration.ts';
import type { AuthenticationConfig } from '../options/authentication-flags.ts';
import { kubeconfigWebhook } from '../webhook/kubeconfig-webhook.ts';

/** The ways to recognise senders that files and flags describe, besides the cluster's own. */
interface ConfiguredTokens {
  readonly staticTokens: readonly TokenAuthenticator[];
  readonly foreignTokens: readonly TokenAuthenticator[];
  anonymous(path: string): boolean;
  /** Reads `--authentication-config` again. Rejects, and changes nothing, when it is wrong. */
  reload(): Promise<void>;
}

interface FromFile {
  readonly issuers: readonly TokenAuthenticator[];
  readonly anonymous: ((path: string) => boolean) | undefined;
}

/** `ownIssuers` are those of service accounts. What concerns OpenID Connect is loaded only where it is configured: start-up time counts. */
export async function configuredTokens(
  config: AuthenticationConfig,
  {
    anonymous,
    ownIssuers,
    clock,
    egress,
    observer,
  }: {
    anonymous: boolean;
    ownIssuers: readonly string[];
    clock: Clock;
    egress: Egress | undefined;
    observer?: JwtMetrics | undefined;
  },
): Promise<ConfiguredTokens> {
  const { file, tokenFile, webhook, oidc } = config;
  let fromFile: FromFile =
    file === ''
      ? { issuers: [], anonymous: undefined }
      : await readConfiguration(file, { disallowed: ownIssuers, clock, egress, observer });
  const foreignTokens: TokenAuthenticator[] = [];
  if (oidc) {
    const { jwt, caFile, signingAlgorithms } = oidc;
    const issuer = caFile === '' ? jwt.issuer : { ...jwt.issuer, certificateAuthority: readFileSync(caFile, 'utf8') };
    const { jwtAuthenticator } = await import('../authentication/oidc/jwt-authenticator.ts');
    foreignTokens.push(jwtAuthenticator({ config: { ...jwt, issuer }, signingAlgorithms, clock, observer }));
  }
  if (file !== '') foreignTokens.push(firstOf(() => fromFile.issuers));
  if (webhook.configFile !== '') {
    const { version, ttlMs } = webhook;
    const connection = kubeconfigWebhook(webhook.configFile, { clock, dial: egress?.dial('controlplane') });
    foreignTokens.push(tokenWebhookAuthenticator({ webhook: connection, version, ttlMs, clock }));
  }
  return {
    staticTokens: tokenFile === '' ? [] : [staticTokenAuthenticator(decodeTokenFile(readFileSync(tokenFile, 'utf8')))],
    foreignTokens,
    anonymous: (path) => (fromFile.anonymous ? fromFile.anonymous(path) : anonymous),
    reload: async () => {
      if (file !== '') fromFile = await readConfiguration(file, { disallowed: ownIssuers, clock, egress, observer });
    },
  };
}

async function readConfiguration(
  file: string,
  {
    disallowed,
    clock,
    egress,
    observer,
  }: {
    disallowed: readonly string[];
    clock: Clock;
    egress: Egress | undefined;
    observer: JwtMetrics | undefined;
  },
): Promise<FromFile> {
  const { decodeAuthenticationConfiguration } = await import('../authentication/configuration.ts');
  const { jwtAuthenticator } = await import('../authentication/oidc/jwt-authenticator.ts');
  let decoded: ReturnType<typeof decodeAuthenticationConfiguration>;
  try {
    decoded = decodeAuthenticationConfiguration(readFileSync(file, 'utf8'), disallowed);
  } catch (cause) {
    throw new Error(`failed to load authentication configuration from file ${JSON.stringify(file)}`, { cause });
  }
  const { jwt, anonymous } = decoded;
  return {
    issuers: jwt.map((config: JWTAuthenticator) =>
      jwtAuthenticator({
        config,
        signingAlgorithms: publicKeyAlgorithms,
        clock,
        observer,
        dial: dialTo(config, egress),
      }),
    ),
    anonymous:
      anonymous &&
      ((path) =>
        anonymous.enabled && (!anonymous.conditions?.length || anonymous.conditions.some((one) => one.path === path))),
  };
}

/** The connection to an issuer, if the configuration names an egress. */
function dialTo({ issuer }: JWTAuthenticator, egress: Egress | undefined): Dial | undefined {
  const { egressSelectorType } = issuer;
  if (!egressSelectorType) return undefined;
  if (!egress) throw new Error('oidc: egress lookup required if egress selector type is set');
  return egress.dial(egressSelectorType as EgressName);
}

/** Combines several replaceable kinds into one. If none accepts, the first error counts. */
function firstOf(kinds: () => readonly TokenAuthenticator[]): TokenAuthenticator {
  return {
    name: 'jwt',
    authenticateToken: async (token, audiences) => {
      let refusal: unknown;
      for (const kind of kinds()) {
        try {
          const owner = await kind.authenticateToken(token, audiences);
          if (owner) return owner;
        } catch (error) {
          refusal ??= error;
        }
      }
      if (refusal !== undefined) throw refusal;
      return undefined;
    },
  };
}
