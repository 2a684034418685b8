import { readFileSync } from 'node:fs';
import { persistentvolumes, pods } from '@typernetes/api/core/v1';
import { resourceslices } from '@typernetes/api/resource/v1';
import { volumeattachments } from '@typernetes/api/storage/v1';
import type { Clock, Logger } from '@typernetes/base';
import type { Dial, Informers } from '@typernetes/client';
import type { Metrics } from '@typernetes/process';
import { abacAuthorizer, decodeAbacPolicies } from '../authorization/abac.ts';
import { authorizerDecisions } from '../authorization/authorization-metrics.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { AuthorizerChoice } from '../authorization/authorizer-choice.ts';
import { defaultPolicy } from '../authorization/bootstrap-policy/default-objects.ts';
import { alwaysAllow, alwaysDeny } from '../authorization/constant.ts';
import { nodeAuthorizer } from '../authorization/node.ts';
import { addNodeReferenceIndexes } from '../authorization/node-references.ts';
import { type RbacReads, rbacAuthorizer } from '../authorization/rbac.ts';
import { unionAuthorizer } from '../authorization/union.ts';
import { webhookAuthorizer } from '../authorization/webhook.ts';
import { authorizationWebhookMetrics } from '../observers/authorization-webhook-metrics.ts';
import type { AuthorizationConfig } from '../options/authorization-flags.ts';
import { kubeconfigWebhook } from '../webhook/kubeconfig-webhook.ts';

interface AuthorizersDeps {
  readonly reads: RbacReads;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly log: Logger;
  /** Tells which default-off features are on. */
  readonly gateIsOn: (gate: string) => boolean;
  readonly metrics: Metrics;
  /** Connects to webhooks; default: TCP. */
  readonly dial?: Dial | undefined;
}

/** The authorizers that a file or the flags choose, in order. */
export async function authorizerChoices(
  config: AuthorizationConfig,
  modes: readonly string[],
): Promise<AuthorizerChoice[]> {
  if (config.file !== '') return await readChoices(config.file);
  return modes.map((type) => ({
    type,
    // Upstream's names in its metrics.
    name: type === 'Webhook' ? 'default' : type.toLowerCase(),
    ...(type === 'Webhook'
      ? {
          webhook: {
            ...config.webhook,
            kubeconfigFile: config.webhook.configFile,
            timeoutMs: 30_000,
            onFailure: 'no-opinion' as const,
          },
        }
      : {}),
  }));
}

/** Expressions are loaded only where there may be some: start-up time counts. */
export async function readChoices(file: string): Promise<AuthorizerChoice[]> {
  const { decodeAuthorizationConfiguration } = await import('../authorization/configuration.ts');
  try {
    return decodeAuthorizationConfiguration(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`failed to load authorization configuration from file ${JSON.stringify(file)}`, { cause });
  }
}

/** Authorizers that may be exchanged while requests are judged. */
export interface ExchangeableAuthorizers {
  readonly authorizer: Authorizer;
  /** Throws, and changes nothing, when the new ones cannot be built. */
  exchange(choices: readonly AuthorizerChoice[]): void;
}

export function exchangeableAuthorizers(
  choices: readonly AuthorizerChoice[],
  policyFile: string,
  deps: AuthorizersDeps,
): ExchangeableAuthorizers {
  const counted = authorizerDecisions(deps.metrics);
  const ofWebhook = authorizationWebhookMetrics(deps.metrics);
  const build = (wanted: readonly AuthorizerChoice[]) =>
    unionAuthorizer(wanted.map((choice) => counted(choice, authorizerOf(choice, policyFile, { ...deps, ofWebhook }))));
  let current = build(choices);
  return {
    authorizer: { name: 'configured', authorize: (access) => current(access) },
    exchange: (wanted) => {
      current = build(wanted);
    },
  };
}

function authorizerOf(
  { type, name, webhook }: AuthorizerChoice,
  policyFile: string,
  {
    reads,
    informers,
    clock,
    log,
    gateIsOn,
    ofWebhook,
    dial,
  }: AuthorizersDeps & { readonly ofWebhook: ReturnType<typeof authorizationWebhookMetrics> },
): Authorizer {
  switch (type) {
    case 'RBAC':
      return rbacAuthorizer(reads);
    case 'AlwaysAllow':
      return alwaysAllow;
    case 'AlwaysDeny':
      return alwaysDeny;
    case 'ABAC':
      return abacAuthorizer(decodeAbacPolicies(readFileSync(policyFile, 'utf8')));
    case 'Node':
      return nodeAuthorizerOver(informers, gateIsOn);
    case 'Webhook': {
      if (!webhook) throw new Error('an authorizer of type Webhook needs a webhook');
      const { kubeconfigFile, timeoutMs, ...rest } = webhook;
      const connection = kubeconfigWebhook(kubeconfigFile, { clock, timeoutMs, dial });
      return webhookAuthorizer({ ...rest, name, webhook: connection, clock, log, observer: ofWebhook(name) });
    }
    default:
      throw new Error(`unknown authorization mode ${type} specified`);
  }
}

function nodeAuthorizerOver(informers: Informers, gateIsOn: (gate: string) => boolean): Authorizer {
  const [podInformer, volumes] = [informers.for(pods), informers.for(persistentvolumes)];
  addNodeReferenceIndexes(podInformer, volumes);
  const rules =
    defaultPolicy(gateIsOn).clusterRoles.find(({ metadata }) => metadata.name === 'system:node')?.rules ?? [];
  return nodeAuthorizer(
    {
      pods: podInformer.lister,
      persistentVolumes: volumes.lister,
      volumeAttachments: informers.for(volumeattachments).lister,
      resourceSlices: informers.for(resourceslices).lister,
    },
    rules,
  );
}
