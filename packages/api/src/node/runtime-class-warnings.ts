import { deprecatedLabelText } from '../core/name-warnings.ts';
import type { RuntimeClass } from './v1.gen.ts';

export function* runtimeClassWarnings({ scheduling }: RuntimeClass): Iterable<string> {
  for (const label of Object.keys(scheduling?.nodeSelector ?? {})) {
    const text = deprecatedLabelText(label);
    if (text !== undefined) yield `scheduling.nodeSelector: ${text}`;
  }
}
