import { jsonEqual, type ObjectMeta, type OwnerReference } from '@typernetes/machinery';

/** Removes duplicate owner references, with upstream's warning. In place. */
export function singleOwners(
  metadata: ObjectMeta | undefined,
  { warnings, isAdmitted }: { warnings: { add(text: string): void }; isAdmitted: boolean },
): void {
  const owners = metadata?.ownerReferences;
  if (!metadata || !owners || owners.length < 2) return;
  const single: OwnerReference[] = [];
  const repeated: string[] = [];
  for (const owner of owners) {
    if (single.some((other) => other.uid === owner.uid && jsonEqual(other, owner))) repeated.push(owner.uid);
    else single.push(owner);
  }
  if (repeated.length === 0) return;
  metadata.ownerReferences = single;
  const when = isAdmitted ? ' after mutating admission happens' : '';
  warnings.add(
    `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${repeated.join(', ')}`,
  );
}
