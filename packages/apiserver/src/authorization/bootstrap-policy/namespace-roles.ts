import type { PolicyRule, Subject } from '@typernetes/api/rbac/v1';
import { account, user } from './bindings.ts';
import { eventsRule, read, rule } from './rule.ts';

const core = '""';

interface DefaultRole {
  readonly namespace: string;
  readonly name: string;
  readonly rules: readonly PolicyRule[];
}

interface DefaultRoleBinding {
  readonly namespace: string;
  readonly name: string;
  readonly role: string;
  readonly subjects: readonly Subject[];
}

const system = 'kube-system';
const published = 'kube-public';
const signer = 'system:controller:bootstrap-signer';
const cleaner = 'system:controller:token-cleaner';
const cloud = 'system:controller:cloud-provider';
const managerLock = 'system::leader-locking-kube-controller-manager';
const schedulerLock = 'system::leader-locking-kube-scheduler';
const reader = 'extension-apiserver-authentication-reader';

const leaderLocking = ['leases', 'leasecandidates'].map((resource) =>
  rule('create get list update watch', 'coordination.k8s.io', resource),
);

export const defaultRoles: readonly DefaultRole[] = [
  { namespace: system, name: reader, rules: [rule(read, core, 'configmaps', 'extension-apiserver-authentication')] },
  { namespace: system, name: signer, rules: [rule(read, core, 'secrets')] },
  { namespace: system, name: cloud, rules: [rule(`create ${read}`, core, 'configmaps')] },
  { namespace: system, name: cleaner, rules: [rule(`delete ${read}`, core, 'secrets'), eventsRule] },
  { namespace: system, name: managerLock, rules: leaderLocking },
  { namespace: system, name: schedulerLock, rules: leaderLocking },
  {
    namespace: published,
    name: signer,
    rules: [rule(read, core, 'configmaps'), rule('update', core, 'configmaps', 'cluster-info'), eventsRule],
  },
];

const manager = 'system:kube-controller-manager';
const scheduler = 'system:kube-scheduler';

export const defaultRoleBindings: readonly DefaultRoleBinding[] = [
  { namespace: system, name: `system::${reader}`, role: reader, subjects: [user(manager), user(scheduler)] },
  {
    namespace: system,
    name: managerLock,
    role: managerLock,
    subjects: [user(manager), account('kube-controller-manager'), account('leader-election-controller')],
  },
  {
    namespace: system,
    name: schedulerLock,
    role: schedulerLock,
    subjects: [user(scheduler), account('kube-scheduler')],
  },
  { namespace: system, name: signer, role: signer, subjects: [account('bootstrap-signer')] },
  { namespace: system, name: cloud, role: cloud, subjects: [account('cloud-provider')] },
  { namespace: system, name: cleaner, role: cleaner, subjects: [account('token-cleaner')] },
  { namespace: published, name: signer, role: signer, subjects: [account('bootstrap-signer')] },
];
