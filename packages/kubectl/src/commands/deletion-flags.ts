/** The flags of commands that delete as a side effect; `when` names the flags with which they do. */
export function deletionFlags(when: string) {
  return {
    cascade: {
      type: 'string',
      help: `${when}: what happens to dependents, "background", "orphan" or "foreground".`,
      default: 'background',
      valueWhenBare: 'background',
    },
    force: { type: 'boolean', help: 'Delete the objects and create them again.', default: false },
    'grace-period': { type: 'number', help: `${when}: seconds that objects have to end.`, default: -1 },
    timeout: { type: 'duration', help: `${when}: how long to wait until they are gone; 0: ever.`, default: 0 },
    wait: { type: 'boolean', help: `${when}: wait until they are gone.`, default: false },
  } as const;
}

export type PropagationPolicy = 'Background' | 'Orphan' | 'Foreground';

/** The propagation policy of `--cascade`. Throws on unknown values. */
export function propagationOf(cascade: string): PropagationPolicy {
  switch (cascade) {
    case 'orphan':
    case 'false':
      return 'Orphan';
    case 'foreground':
      return 'Foreground';
    case 'background':
    case 'true':
      return 'Background';
    default:
      throw new Error(`invalid cascade value (${cascade}). Must be "background", "foreground", or "orphan"`);
  }
}
