import { messageOf } from '@typernetes/base';
import { applyJsonPatch, forbidden, isJsonObject, type ResourceType, StatusError } from '@typernetes/machinery';
import type { AdmissionPlugin, AdmissionRequest } from '../admission-plugin.ts';
import { type Reinvocation, reinvocationOf } from '../reinvocation.ts';
import { type AskDeps, ask } from '../webhook/ask.ts';
import type { Hook } from '../webhook/hook.ts';
import { isExempt, type MatchDeps } from '../webhook/matching.ts';
import { mutate } from '../webhook/mutation.ts';

const name = 'MutatingAdmissionWebhook';

export interface WebhookDeps extends AskDeps, MatchDeps {
  readonly hooks: () => readonly Hook[];
}

/** Hooks that were asked and what the object looked like when they were through. */
interface Round {
  readonly reinvocable: Set<string>;
  readonly due: Set<string>;
  output: string;
}

/** Calls the mutating webhooks one after the other, each with the result of those before it. */
export function mutatingWebhooks(deps: WebhookDeps): AdmissionPlugin {
  return {
    name,
    handles: (request) => deps.hooks().length > 0 && !isExempt(request),
    admit: async (request) => {
      const reinvocation = reinvocationOf(request);
      const round = roundOf(reinvocation);
      // Somebody else changed the object since: those who asked for it look again.
      if (reinvocation.again && round.output !== JSON.stringify(request.object)) makeDue(round);
      for (const [index, hook] of deps.hooks().entries()) {
        if (reinvocation.again && !round.due.has(hook.id)) continue;
        const type = await calledFor(hook, request, deps);
        if (!type) continue;
        const at = `round_${reinvocation.again ? 1 : 0}_index_${index}`;
        const changed = await askAndApply(hook, request, { ...deps, type, at });
        round.due.delete(hook.id);
        if (changed) {
          makeDue(round);
          reinvocation.wanted = true;
        }
        if (hook.reinvoked) round.reinvocable.add(hook.id);
      }
      round.output = JSON.stringify(request.object);
    },
  };
}

function roundOf(reinvocation: Reinvocation): Round {
  let round = reinvocation.states.get(name) as Round | undefined;
  if (!round) {
    round = { reinvocable: new Set(), due: new Set(), output: '' };
    reinvocation.states.set(name, round);
  }
  return round;
}

function makeDue(round: Round): void {
  for (const id of round.reinvocable) round.due.add(id);
  round.reinvocable.clear();
}

/** The resource in whose version a hook wants the object; undefined if the hook does not match. */
export async function calledFor(
  hook: Hook,
  request: AdmissionRequest,
  deps: MatchDeps,
): Promise<ResourceType<unknown> | undefined> {
  const type = await hook.matcher.wanted(request, deps);
  if (!type || !hook.conditions) return type;
  const verdict = await hook.conditions(request, type);
  if ('failed' in verdict) throw forbidden(request.resource, request.name, verdict.failed);
  return verdict.matches ? type : undefined;
}

async function askAndApply(
  hook: Hook,
  request: AdmissionRequest,
  deps: AskDeps & { type: ResourceType<unknown>; at: string },
): Promise<boolean> {
  const { configuration, name: webhook } = hook;
  const startedAt = deps.now();
  const { patch, failedOpen } = await ask(hook, request, { ...deps, mutating: true }).finally(() =>
    request.waitedOutside?.(deps.now() - startedAt),
  );
  if (failedOpen) request.annotate?.(`failed-open.mutation.webhook.admission.k8s.io/${deps.at}`, webhook);
  let changed = false;
  if (patch.length > 0) {
    if (!request.object)
      throw internal(
        `admission webhook ${JSON.stringify(webhook)} attempted to modify the object, which is not supported for this operation`,
      );
    try {
      changed = mutate(request, deps, (object) => {
        const patched = applyJsonPatch(object, patch);
        if (!isJsonObject(patched)) throw new Error('the patched object is no object');
        return patched;
      });
    } catch (error) {
      throw internal(messageOf(error));
    }
    request.annotate?.(
      `patch.webhook.admission.k8s.io/${deps.at}`,
      JSON.stringify({ configuration, webhook, patch, patchType: 'JSONPatch' }),
    );
  }
  request.annotate?.(
    `mutation.webhook.admission.k8s.io/${deps.at}`,
    JSON.stringify({ configuration, webhook, mutated: changed }),
  );
  return changed;
}

const internal = (why: string): StatusError => new StatusError('InternalError', `Internal error occurred: ${why}`);
