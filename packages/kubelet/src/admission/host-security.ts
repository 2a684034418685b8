import { readFile, stat } from 'node:fs/promises';
import type { Pod, PodSecurityContext, SecurityContext } from '@typernetes/api/core/v1';
import { codeOf } from '@typernetes/base';
import type { Refusal } from './node-fit.ts';

/** Which of the kernel's security modules the host has. */
export interface HostSecurity {
  /** Whether the runtime gives processes none but the groups that the pod names. */
  readonly strictGroups?: boolean;
  readonly appArmor: boolean;
  readonly seLinux: boolean;
}

export async function detectHostSecurity(sys = '/sys'): Promise<HostSecurity> {
  const [enabled, selinuxfs] = await Promise.all([
    orMissing(readFile(`${sys}/module/apparmor/parameters/enabled`, 'utf8')),
    orMissing(stat(`${sys}/fs/selinux/enforce`)),
  ]);
  return { appArmor: enabled?.startsWith('Y') ?? false, seLinux: selinuxfs !== undefined };
}

/** Why the pod's profiles and groups cannot be enforced here; undefined when they can. SELinux' options mean nothing to hosts without it. */
export function profileRefusal(pod: Pod, host: HostSecurity): Refusal | undefined {
  const contexts = contextsOf(pod);
  if (!host.strictGroups && pod.spec?.securityContext?.supplementalGroupsPolicy === 'Strict') {
    const message = 'SupplementalGroupsPolicy=Strict is not supported in this node';
    return { reason: 'SupplementalGroupsPolicyNotSupported', message };
  }
  if (!host.appArmor && contexts.some(({ appArmorProfile: profile }) => profile && profile.type !== 'Unconfined'))
    return { reason: 'AppArmor', message: 'Cannot enforce AppArmor: AppArmor is not enabled on the host' };
  return undefined;
}

function contextsOf({ spec }: Pod): readonly (SecurityContext | PodSecurityContext)[] {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  return [spec?.securityContext, ...containers.map(({ securityContext }) => securityContext)].filter(
    (context) => context !== undefined,
  );
}

async function orMissing<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
