import { configurationReload } from './configuration-reload.ts';
import { configuredSecurity } from './configured-security.ts';
import type { PartContext } from './part-context.ts';
import type { ApiServerParts } from './part-slots.ts';
import { reviewAnswers } from './review-answers.ts';
import type { Security } from './security.ts';

/** Authentication and authorization. Other parts need it too: they get `security`. */
export async function securityPart(
  context: PartContext,
): Promise<{ readonly security: Security; readonly parts: Partial<ApiServerParts> }> {
  const { config, material, inside, clock, log } = context;
  const { security, reloads } = await configuredSecurity(config, material, { ...context, metrics: inside.metrics });
  const { authenticate, impersonate, authorizers } = security;
  return {
    security,
    parts: {
      authenticate,
      impersonate,
      authorizers,
      answers: reviewAnswers(security, config.serviceAccounts.audiences),
      background: reloads.map((one) => configurationReload(one, { clock, log })),
    },
  };
}
