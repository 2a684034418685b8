import { type Logger, messageOf } from '@typernetes/base';
import {
  badRequest,
  type JsonPatchOperation,
  parseExactJson,
  parseJsonPatch,
  qualifiedNameProblems,
  type ResourceType,
  StatusError,
} from '@typernetes/machinery';
import type { AdmissionRequest } from '../admission-plugin.ts';
import { CallError, callFailure, NoClientError, type WebhookCaller } from './caller.ts';
import type { Hook } from './hook.ts';
import type { EquivalentResources } from './matching.ts';
import { denial, reviewOf, reviewVersion, verdictOf } from './review.ts';
import type { WebhookMetrics } from './webhook-metrics.ts';

export interface AskDeps {
  readonly caller: Pick<WebhookCaller, 'post'>;
  readonly equivalents: EquivalentResources;
  readonly metrics: WebhookMetrics;
  readonly log: Pick<Logger, 'warn'>;
  readonly now: () => number;
}

/** The result of one call. `failedOpen`: the hook could not be called and its failure policy ignores that. */
interface Answer {
  readonly patch: readonly JsonPatchOperation[];
  readonly failedOpen: boolean;
}

/**
 * Calls a hook about a write, in the version of `type`. Passes on warnings and audit annotations. Rejects with the
 * hook's refusal, or when the call failed and that must not be ignored.
 */
export async function ask(
  hook: Hook,
  request: AdmissionRequest,
  { type, mutating, ...deps }: AskDeps & { type: ResourceType<unknown>; mutating: boolean },
): Promise<Answer> {
  const startedAt = deps.now();
  const kind = mutating ? 'admit' : 'validating';
  const done = (code: number, rejected?: 'calling_webhook_error' | 'no_error' | 'apiserver_internal_error'): void => {
    deps.metrics.asked({
      hook: hook.name,
      type: kind,
      operation: request.operation,
      code,
      seconds: (deps.now() - startedAt) / 1000,
      rejected,
    });
  };
  try {
    const response = await question(hook, request, { type, mutating, ...deps });
    for (const [key, value] of Object.entries(response.auditAnnotations ?? {})) {
      const name = `${hook.name}/${key}`;
      const isName = !key.includes('/') && qualifiedNameProblems(name).length === 0;
      if (isName) request.annotate?.(name, value);
      else deps.log.warn('Failed to set admission audit annotation', { webhook: hook.name, key });
    }
    for (const warning of response.warnings ?? []) request.warn(warning);
    if (!response.allowed) {
      const refused = denial(hook.name, response.status);
      done(refused.code, 'no_error');
      throw refused;
    }
    const patch = mutating && response.patch ? patchOf(response.patch) : [];
    done(200);
    return { patch, failedOpen: false };
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    deps.log.warn(`Failed calling webhook, failing ${hook.failsOpen ? 'open' : 'closed'}`, {
      webhook: hook.name,
      err: error.message,
    });
    if (!hook.failsOpen) {
      done(500, 'calling_webhook_error');
      throw callFailure(hook.name, error.message);
    }
    if (request.signal.aborted || leftOf(request) <= 0)
      throw new StatusError('Timeout', 'Timeout: request did not complete within requested timeout');
    done(500);
    deps.metrics.failedOpen(hook.name, kind);
    return { patch: [], failedOpen: true };
  }
}

async function question(
  hook: Hook,
  request: AdmissionRequest,
  { type, mutating, caller, equivalents }: AskDeps & { type: ResourceType<unknown>; mutating: boolean },
) {
  if (request.dryRun && hook.sideEffects !== 'None' && hook.sideEffects !== 'NoneOnDryRun')
    throw badRequest(`admission webhook ${JSON.stringify(hook.name)} does not support dry run`);
  const version = reviewVersion(hook.versions);
  if (!version)
    throw new CallError(
      'could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)',
    );
  const review = reviewOf(request, { type, version, equivalents });
  const { client } = hook;
  // Nobody waits for an answer that comes after the request's own time: the object must not be written then.
  const timeoutMs = Math.max(Math.min(hook.timeoutMs, leftOf(request)), 0);
  let answer: unknown;
  try {
    answer = await caller.post(client, review, {
      timeoutMs,
      signal: request.signal,
      span: () => {
        const { group, version: resourceVersion, plural } = request.resource;
        return {
          name: `Call ${mutating ? 'mutating' : 'validating'} webhook`,
          attributes: {
            configuration: hook.configuration,
            webhook: hook.name,
            resource: `${group}/${resourceVersion}, Resource=${plural}`,
            subresource: request.subresource,
            operation: request.operation,
            UID: review.request.uid,
          },
        };
      },
    });
  } catch (error) {
    const what = error instanceof NoClientError ? 'could not get REST client' : 'failed to call webhook';
    throw new CallError(`${what}: ${messageOf(error)}`, { cause: error });
  }
  try {
    return verdictOf(answer, { uid: review.request.uid, version, mutating });
  } catch (error) {
    throw new CallError(`received invalid webhook response: ${messageOf(error)}`, { cause: error });
  }
}

const leftOf = (request: AdmissionRequest): number => request.timeLeftMs?.() ?? Number.POSITIVE_INFINITY;

function patchOf(encoded: string): readonly JsonPatchOperation[] {
  try {
    return parseJsonPatch(parseExactJson(Buffer.from(encoded, 'base64').toString()));
  } catch (error) {
    throw new CallError(`received undecodable patch in webhook response: ${messageOf(error)}`, { cause: error });
  }
}
