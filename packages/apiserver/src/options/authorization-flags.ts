import type { FlagSpecs, ParsedFlags } from '@typernetes/process';

/** Upstream's names and defaults. */
export const authorizationFlags = {
  'authorization-config': {
    type: 'string',
    default: '',
    help: 'File with Authorization Configuration to configure the authorizer chain. Mutually exclusive with --authorization-mode and --authorization-webhook-*.',
  },
  'authorization-mode': {
    type: 'list',
    help: 'Ordered list of plug-ins to do authorization on secure port: AlwaysAllow,AlwaysDeny,ABAC,Webhook,RBAC,Node. Defaults to AlwaysAllow.',
  },
  'authorization-policy-file': {
    type: 'string',
    default: '',
    help: 'File with authorization policy in json line by line format, used with --authorization-mode=ABAC, on the secure port.',
  },
  'authorization-webhook-cache-authorized-ttl': {
    type: 'duration',
    default: 300_000,
    help: "The duration to cache 'authorized' responses from the webhook authorizer.",
  },
  'authorization-webhook-cache-unauthorized-ttl': {
    type: 'duration',
    default: 30_000,
    help: "The duration to cache 'unauthorized' responses from the webhook authorizer.",
  },
  'authorization-webhook-config-file': {
    type: 'string',
    default: '',
    help: 'File with webhook configuration in kubeconfig format, used with --authorization-mode=Webhook.',
  },
  'authorization-webhook-version': {
    type: 'string',
    default: 'v1beta1',
    help: 'The API version of the authorization.k8s.io SubjectAccessReview to send to and expect from the webhook.',
  },
} as const satisfies FlagSpecs;

interface WebhookFlags {
  readonly configFile: string;
  readonly version: string;
  readonly authorizedTtlMs: number;
  readonly unauthorizedTtlMs: number;
}

export interface AuthorizationConfig {
  /** `--authorization-config`; it replaces the modes. */
  readonly file: string;
  readonly modesGiven: boolean;
  readonly policyFile: string;
  readonly webhook: WebhookFlags;
}

type Flags = ParsedFlags<typeof authorizationFlags>;

export function completeAuthorization(flags: Flags): AuthorizationConfig {
  return {
    file: flags['authorization-config'],
    modesGiven: flags['authorization-mode'] !== undefined,
    policyFile: flags['authorization-policy-file'],
    webhook: {
      configFile: flags['authorization-webhook-config-file'],
      version: flags['authorization-webhook-version'],
      authorizedTtlMs: flags['authorization-webhook-cache-authorized-ttl'],
      unauthorizedTtlMs: flags['authorization-webhook-cache-unauthorized-ttl'],
    },
  };
}

const knownModes = ['AlwaysAllow', 'AlwaysDeny', 'ABAC', 'Webhook', 'RBAC', 'Node'];

export function authorizationProblems(config: AuthorizationConfig, modes: readonly string[]): string[] {
  const problems: string[] = [];
  const { webhook, policyFile } = config;
  if (config.file !== '') {
    if (config.modesGiven || webhook.configFile !== '')
      problems.push(
        '--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined',
      );
    return problems;
  }
  if (modes.length === 0) problems.push('at least one authorization-mode must be passed');
  for (const mode of new Set(modes))
    if (!knownModes.includes(mode)) problems.push(`authorization-mode ${JSON.stringify(mode)} is not a valid mode`);
  if (new Set(modes).size < modes.length)
    problems.push(`authorization-mode ${JSON.stringify(modes)} has mode specified more than once`);
  if (modes.includes('ABAC') && policyFile === '')
    problems.push("authorization-mode ABAC's authorization policy file not passed");
  if (!modes.includes('ABAC') && policyFile !== '')
    problems.push('cannot specify --authorization-policy-file without mode ABAC');
  if (modes.includes('Webhook') && webhook.configFile === '')
    problems.push("authorization-mode Webhook's authorization config file not passed");
  if (!modes.includes('Webhook') && webhook.configFile !== '')
    problems.push('cannot specify --authorization-webhook-config-file without mode Webhook');
  if (!['v1', 'v1beta1'].includes(webhook.version))
    problems.push(`unsupported authorization webhook version ${JSON.stringify(webhook.version)}`);
  return problems;
}
