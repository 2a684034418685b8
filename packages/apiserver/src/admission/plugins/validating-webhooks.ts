import type { AdmissionPlugin } from '../admission-plugin.ts';
import { ask } from '../webhook/ask.ts';
import { isExempt } from '../webhook/matching.ts';
import { calledFor, type WebhookDeps } from './mutating-webhooks.ts';

/** Asks all validating hooks at once; the first refusal counts, in the order of their names. */
export function validatingWebhooks(deps: WebhookDeps): AdmissionPlugin {
  return {
    name: 'ValidatingAdmissionWebhook',
    handles: (request) => deps.hooks().length > 0 && !isExempt(request),
    validate: async (request) => {
      const relevant = [];
      for (const [index, hook] of deps.hooks().entries()) {
        const type = await calledFor(hook, request, deps);
        if (type) relevant.push({ hook, type, index });
      }
      const startedAt = deps.now();
      const results = await Promise.allSettled(
        relevant.map(async ({ hook, type, index }) => {
          const { failedOpen } = await ask(hook, request, { ...deps, type, mutating: false });
          if (failedOpen)
            request.annotate?.(`failed-open.validating.webhook.admission.k8s.io/round_0_index_${index}`, hook.name);
        }),
      );
      if (relevant.length > 0) request.waitedOutside?.(deps.now() - startedAt);
      const refused = results.find((result) => result.status === 'rejected');
      if (refused) throw refused.reason;
    },
  };
}
