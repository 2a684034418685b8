import type { JWTAuthenticator } from '@typernetes/api/apiserver.config/v1';
import { isPublicKeyAlgorithm } from '@typernetes/pki';
import type { FlagSpecs, ParsedFlags } from '@typernetes/process';

/** Upstream's names and defaults. */
export const authenticationFlags = {
  'authentication-config': {
    type: 'string',
    default: '',
    help: 'File with Authentication Configuration to configure the JWT Token authenticator or the anonymous authenticator.',
  },
  'authentication-token-webhook-cache-ttl': {
    type: 'duration',
    default: 120_000,
    help: 'The duration to cache responses from the webhook token authenticator.',
  },
  'authentication-token-webhook-config-file': {
    type: 'string',
    default: '',
    help: 'File with webhook configuration for token authentication in kubeconfig format.',
  },
  'authentication-token-webhook-version': {
    type: 'string',
    default: 'v1beta1',
    help: 'The API version of the authentication.k8s.io TokenReview to send to and expect from the webhook.',
  },
  'oidc-ca-file': {
    type: 'string',
    default: '',
    help: "If set, the OpenID server's certificate will be verified by one of the authorities in this file, otherwise the host's root CA set will be used.",
  },
  'oidc-client-id': {
    type: 'string',
    default: '',
    help: 'The client ID for the OpenID Connect client, must be set if oidc-issuer-url is set.',
  },
  'oidc-groups-claim': {
    type: 'string',
    default: '',
    help: 'If provided, the name of a custom OpenID Connect claim for specifying user groups.',
  },
  'oidc-groups-prefix': {
    type: 'string',
    default: '',
    help: 'If provided, all groups will be prefixed with this value.',
  },
  'oidc-issuer-url': {
    type: 'string',
    default: '',
    help: 'The URL of the OpenID issuer, only HTTPS scheme will be accepted.',
  },
  'oidc-required-claim': {
    type: 'map',
    default: {},
    help: 'A key=value pair that describes a required claim in the ID Token. Repeat this flag to specify multiple claims.',
  },
  'oidc-signing-algs': {
    type: 'list',
    default: ['RS256'],
    help: 'Comma-separated list of allowed JOSE asymmetric signing algorithms.',
  },
  'oidc-username-claim': {
    type: 'string',
    default: 'sub',
    help: 'The OpenID claim to use as the user name.',
  },
  'oidc-username-prefix': {
    type: 'string',
    default: '',
    help: "If provided, all usernames will be prefixed with this value. '-' turns prefixes off.",
  },
  'token-auth-file': {
    type: 'string',
    default: '',
    help: 'If set, the file that will be used to secure the secure port of the API server via token authentication.',
  },
} as const satisfies FlagSpecs;

export interface AuthenticationConfig {
  /** `--authentication-config` */
  readonly file: string;
  readonly tokenFile: string;
  readonly webhook: { readonly configFile: string; readonly version: string; readonly ttlMs: number };
  /** The `--oidc-*` flags; `caFile` is not read yet. */
  readonly oidc:
    | { readonly jwt: JWTAuthenticator; readonly caFile: string; readonly signingAlgorithms: readonly string[] }
    | undefined;
  readonly oidcClientId: string;
}

type Flags = ParsedFlags<typeof authenticationFlags>;

export function completeAuthentication(flags: Flags): AuthenticationConfig {
  return {
    file: flags['authentication-config'],
    tokenFile: flags['token-auth-file'],
    webhook: {
      configFile: flags['authentication-token-webhook-config-file'],
      version: flags['authentication-token-webhook-version'],
      ttlMs: flags['authentication-token-webhook-cache-ttl'],
    },
    oidcClientId: flags['oidc-client-id'],
    oidc: flags['oidc-issuer-url'] === '' ? undefined : oidcOf(flags),
  };
}

function oidcOf(flags: Flags): NonNullable<AuthenticationConfig['oidc']> {
  const url = flags['oidc-issuer-url'];
  const claim = flags['oidc-username-claim'];
  const given = flags['oidc-username-prefix'];
  // Claims other than email could collide with other names, so by default they get the issuer as prefix.
  const prefix = given === '-' ? '' : given === '' && claim !== 'email' ? `${url}#` : given;
  const groups = flags['oidc-groups-claim'];
  return {
    jwt: {
      issuer: { url, audiences: [flags['oidc-client-id']] },
      claimMappings: {
        username: { claim, prefix },
        ...(groups === '' ? {} : { groups: { claim: groups, prefix: flags['oidc-groups-prefix'] } }),
      } as JWTAuthenticator['claimMappings'],
      claimValidationRules: Object.entries(flags['oidc-required-claim']).map(([name, requiredValue]) => ({
        claim: name,
        requiredValue,
      })),
    } as JWTAuthenticator,
    caFile: flags['oidc-ca-file'],
    signingAlgorithms: flags['oidc-signing-algs'],
  };
}

export function authenticationProblems(config: AuthenticationConfig): string[] {
  const problems: string[] = [];
  const { oidc, webhook } = config;
  if ((oidc === undefined) !== (config.oidcClientId === ''))
    problems.push('oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set');
  if (oidc && !oidc.jwt.issuer.url.startsWith('https://')) problems.push('oidc-issuer-url: URL scheme must be https');
  for (const algorithm of oidc?.signingAlgorithms ?? [])
    if (!isPublicKeyAlgorithm(algorithm))
      problems.push(`oidc-signing-algs: unsupported signing algorithm ${JSON.stringify(algorithm)}`);
  if (oidc && config.file !== '') problems.push('authentication-config file and oidc-* flags are mutually exclusive');
  if (webhook.configFile !== '' && !['v1', 'v1beta1'].includes(webhook.version))
    problems.push(
      `unsupported authentication webhook version ${JSON.stringify(webhook.version)}, supported versions are "v1", "v1beta1"`,
    );
  return problems;
}
