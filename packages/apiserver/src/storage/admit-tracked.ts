import { managedFieldsProblem } from '@typernetes/machinery';
import type { AdmissionPlugin, AdmissionRequest } from '../admission/admission-plugin.ts';
import { admit } from './admit.ts';

/**
 * Mutating admission of an object whose field managers are tracked. A plugin's change of the managers is kept if it is
 * readable; else, as upstream, it is undone and the client is warned.
 */
export function admitTracked(
  plugins: readonly AdmissionPlugin[],
  request: AdmissionRequest,
  warnings: { add(text: string): void },
): void | Promise<void> {
  const before = request.object?.metadata.managedFields;
  const pending = admit(plugins, request);
  const settle = (): void => {
    const metadata = request.object?.metadata;
    if (!metadata || metadata.managedFields === before) return;
    const problem = managedFieldsProblem(metadata.managedFields ?? []);
    if (problem === undefined) return;
    if (before) metadata.managedFields = before;
    else delete metadata.managedFields;
    warnings.add(
      `.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: ${problem}`,
    );
  };
  if (pending) return pending.then(settle);
  settle();
}
