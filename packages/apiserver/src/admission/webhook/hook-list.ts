import type { MutatingWebhook, ValidatingWebhook } from '@typernetes/api/admissionregistration/v1';
import type { Informer } from '@typernetes/client';
import type { ApiObject } from '@typernetes/machinery';
import { type Hook, hooksOf } from './hook.ts';

interface Configuration extends ApiObject {
  webhooks?: (MutatingWebhook | ValidatingWebhook)[];
}

/** The hooks of all current configurations: compiled when one changes, not on each write. */
export function followHooks(
  informer: Pick<Informer<Configuration>, 'lister' | 'onEvent'>,
  compileConditions: Parameters<typeof hooksOf>[1],
): () => readonly Hook[] {
  let hooks: readonly Hook[] | undefined;
  const forget = (): void => {
    hooks = undefined;
  };
  informer.onEvent({ added: forget, updated: forget, deleted: forget });
  return () => {
    hooks ??= hooksOf(informer.lister.list(), compileConditions);
    return hooks;
  };
}
