import { forbidden, groupResourceOf, type StatusError } from '@typernetes/machinery';
import type { AdmissionRequest } from './admission-plugin.ts';

/** What a write is about, as messages and tables name it: `pods`, `deployments.apps/scale`. */
export function targetOf({ resource, subresource }: Pick<AdmissionRequest, 'resource' | 'subresource'>): string {
  const whole = groupResourceOf(resource);
  return subresource === '' ? whole : `${whole}/${subresource}`;
}

/** A refusal by a plugin, in upstream's words: `pods "web" is forbidden: why`. */
export function refusal(request: AdmissionRequest, why: string): StatusError {
  return forbidden(request.resource, nameFor(request), why);
}

/** An object that is being created may not have its name yet. */
function nameFor({ name, object }: AdmissionRequest): string {
  return name || object?.metadata.name || object?.metadata.generateName || 'Unknown';
}
