import { forbidden, groupResourceOf, type StatusError } from '@typernetes/machinery';
import type { AdmissionRequest } from './admission-plugin.ts';

/** The target of a write in messages and tables: `pods`, `deployments.apps/scale`. */
export function targetOf({ resource, subresource }: Pick<AdmissionRequest, 'resource' | 'subresource'>): string {
  // Two dozen plugins ask about the same write, one after the other.
  if (resource !== latest.resource || subresource !== latest.subresource) {
    const whole = groupResourceOf(resource);
    latest = { resource, subresource, target: subresource === '' ? whole : `${whole}/${subresource}` };
  }
  return latest.target;
}

let latest: Pick<AdmissionRequest, 'resource' | 'subresource'> & { readonly target: string } = {
  resource: {} as AdmissionRequest['resource'],
  subresource: '',
  target: '',
};

/** A refusal by a plugin, in upstream's words: `pods "web" is forbidden: why`. */
export function refusal(request: AdmissionRequest, why: string): StatusError {
  return forbidden(request.resource, nameFor(request), why);
}

/** An object that is being created may not have a name yet. */
function nameFor({ name, object }: AdmissionRequest): string {
  return name || object?.metadata.name || object?.metadata.generateName || 'Unknown';
}
