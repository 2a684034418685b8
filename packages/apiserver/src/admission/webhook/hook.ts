import type { MutatingWebhook, ValidatingWebhook, WebhookClientConfig } from '@typernetes/api/admissionregistration/v1';
import type { ConditionCheck } from './conditions.ts';
import { Matcher } from './matching.ts';

/** One webhook of a configuration, ready to be called. */
export interface Hook {
  /** Unique among all hooks, even if several configurations have hooks of the same name. */
  readonly id: string;
  readonly name: string;
  readonly configuration: string;
  readonly matcher: Matcher;
  readonly conditions: ConditionCheck | undefined;
  readonly client: WebhookClientConfig;
  readonly failsOpen: boolean;
  readonly sideEffects: string | undefined;
  readonly timeoutMs: number;
  readonly versions: readonly string[];
  readonly reinvoked: boolean;
}

interface Configuration<W> {
  readonly metadata: { readonly name: string };
  readonly webhooks?: readonly W[] | undefined;
}

export type CompileConditions = (hook: MutatingWebhook | ValidatingWebhook) => ConditionCheck | undefined;

/** All hooks of configurations, in the order of the configurations' names. */
export function hooksOf<W extends MutatingWebhook | ValidatingWebhook>(
  configurations: readonly Configuration<W>[],
  compileConditions: CompileConditions,
): Hook[] {
  const byName = [...configurations].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  return byName.flatMap(({ metadata, webhooks = [] }) => {
    const seen = new Map<string, number>();
    return webhooks.map((webhook): Hook => {
      const count = seen.get(webhook.name) ?? 0;
      seen.set(webhook.name, count + 1);
      return {
        id: `${metadata.name}/${webhook.name}/${count}`,
        name: webhook.name,
        configuration: metadata.name,
        matcher: new Matcher({
          rules: webhook.rules ?? [],
          excluded: [],
          namespaceSelector: webhook.namespaceSelector,
          objectSelector: webhook.objectSelector,
          matchPolicy: webhook.matchPolicy,
        }),
        conditions: webhook.matchConditions?.length ? compileConditions(webhook) : undefined,
        client: webhook.clientConfig,
        failsOpen: webhook.failurePolicy === 'Ignore',
        sideEffects: webhook.sideEffects,
        timeoutMs: (webhook.timeoutSeconds ?? 10) * 1000,
        versions: webhook.admissionReviewVersions ?? [],
        reinvoked: 'reinvocationPolicy' in webhook && webhook.reinvocationPolicy === 'IfNeeded',
      };
    });
  });
}
