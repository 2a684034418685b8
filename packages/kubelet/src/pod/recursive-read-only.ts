import type { VolumeMount } from '@typernetes/api/core/v1';
import type { RuntimeHandler } from '@typernetes/cri';

/**
 * Whether the volume's submounts are read-only too. Throws, in upstream's words, if that is required and not supported.
 */
export function recursiveReadOnly(mount: VolumeMount, supported: boolean): boolean {
  const mode = mount.recursiveReadOnly ?? 'Disabled';
  if (mode === 'Disabled') return false;
  const asked = `volume "${mount.name}" requested recursive read-only mode, but it is not`;
  if (!mount.readOnly) throw new Error(`${asked} read-only`);
  if ((mount.mountPropagation ?? 'None') !== 'None')
    throw new Error(`${asked} compatible with propagation "${mount.mountPropagation}"`);
  if (mode === 'Enabled' && !supported) throw new Error(`${asked} supported by the runtime`);
  return supported;
}

/** Whether the runtime's handler can do it. */
export function mountsRecursively(handlers: readonly RuntimeHandler[], handler: string): boolean {
  return handlers.find(({ name }) => name === handler)?.features?.recursiveReadOnlyMounts ?? false;
}
