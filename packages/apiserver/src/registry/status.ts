import type { ApiObject } from '@typernetes/machinery';

/** A resource with a status subresource. */
interface SplitObject extends ApiObject {
  spec?: unknown;
  status?: unknown;
}

/** For writes to the object itself: the status belongs to its controller. */
export function keepStatus(next: ApiObject, current: ApiObject): void {
  restore(next, current, 'status');
}

/** For writes to the status: everything but status and metadata belongs to the author. */
export function keepSpec(next: ApiObject, current: ApiObject): void {
  restore(next, current, 'spec');
}

function restore(next: SplitObject, current: SplitObject, part: 'spec' | 'status'): void {
  if (current[part] === undefined) delete next[part];
  else next[part] = current[part];
}
