import type { Pod } from '@typernetes/api/core/v1';
import { messageOf } from '@typernetes/base';
import type { Lister } from '@typernetes/client';
import { keyOf, type ObjectKey, parseSelector, type Selector } from '@typernetes/machinery';
import { type Round, SpecError } from './round.ts';

/** Which pods an autoscaler counted in its last round. */
interface Selection {
  readonly name: string;
  readonly namespace: string;
  readonly selector: Selector;
}

/** Selects the pods of scale targets. Pods that two autoscalers count have no right number, so neither of them acts. */
export class TargetPods {
  readonly #pods: Pick<Lister<Pod>, 'inNamespace'>;
  readonly #selections = new Map<ObjectKey, Selection>();

  constructor(pods: Pick<Lister<Pod>, 'inNamespace'>) {
    this.#pods = pods;
  }

  /** The pods that `selector` matches; throws a SpecError, with a condition and an event, if the round cannot use them. */
  select(round: Round, selector: string): Pod[] {
    const { hpa, namespace } = round;
    const parsed = parsedSelector(round, selector);
    this.#selections.set(keyOf(hpa), { name: hpa.metadata.name, namespace, selector: parsed });
    const selected = this.#pods.inNamespace(namespace).filter(({ metadata }) => parsed.matches(metadata.labels));
    const counting = this.#counting(selected, namespace);
    if (counting.length > 1) {
      const names = counting.map(({ name }) => `{${name} ${namespace}}`).sort();
      const eventMessage = `pods by selector ${selector} are controlled by multiple HPAs: [${names.join(' ')}]`;
      throw refusal(round, 'AmbiguousSelector', { message: eventMessage, eventMessage });
    }
    return selected;
  }

  /** The autoscaler is gone. */
  forget(key: ObjectKey): void {
    this.#selections.delete(key);
  }

  /** The autoscalers whose last selection includes one of the pods. */
  #counting(pods: readonly Pod[], namespace: string): Selection[] {
    return [...this.#selections.values()].filter(
      (one) => one.namespace === namespace && pods.some(({ metadata }) => one.selector.matches(metadata.labels)),
    );
  }
}

function parsedSelector(round: Round, text: string): Selector {
  if (text === '') {
    const message = "the HPA target's scale is missing a selector";
    throw refusal(round, 'InvalidSelector', {
      event: 'SelectorRequired',
      message,
      eventMessage: 'selector is required',
    });
  }
  try {
    return parseSelector(text);
  } catch (error) {
    const eventMessage = `couldn't convert selector into a corresponding internal selector object: ${messageOf(error)}`;
    throw refusal(round, 'InvalidSelector', { message: eventMessage, eventMessage });
  }
}

/** Reports why the pods cannot be used, as an event and a condition; returns the error to throw. */
function refusal(
  round: Round,
  reason: string,
  {
    event = reason,
    message,
    eventMessage,
  }: { readonly event?: string; readonly message: string; readonly eventMessage: string },
): SpecError {
  round.warn(event, eventMessage);
  round.condition('ScalingActive', false, reason, message);
  return new SpecError(eventMessage);
}
