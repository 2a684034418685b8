import type { JsonObject } from '@typernetes/machinery';
import { jsonEqual } from '@typernetes/machinery';
import { defineCommand } from '../../command.ts';
import { subjectsOf } from '../create/rbac.ts';
import { changeObjects, setFlags } from './changed-objects.ts';

export const setSubjectCommand = defineCommand({
  use: 'set subject (-f FILENAME | TYPE NAME) [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]',
  short: 'Update the user, group, or service account in a role binding or cluster role binding',
  formatFirst: true,
  flags: {
    ...setFlags,
    group: { type: 'array', help: 'Groups to bind to the role', default: [] },
    serviceaccount: { type: 'array', help: 'Service accounts to bind to the role', default: [] },
    user: { type: 'array', help: 'Usernames to bind to the role', default: [] },
  } as const,
  run({ flags, positional }, session) {
    let added: Record<string, string>[] = [];
    const check = (): void => {
      if (flags.user.length + flags.group.length + flags.serviceaccount.length === 0) {
        throw new Error('you must specify at least one value of user, group or serviceaccount');
      }
      added = subjectsOf(flags);
    };
    const failure = 'failed to patch subjects to rolebinding:';
    const change = { args: positional, flags, verb: 'subjects updated', check, failure };
    return changeObjects(change, session, (copy, { type }) => {
      if (!['RoleBinding', 'ClusterRoleBinding'].includes(type.kind)) {
        throw new Error(`setting subjects is only supported for RoleBinding/ClusterRoleBinding`);
      }
      const subjects = (copy.subjects as JsonObject[] | undefined) ?? [];
      const isNew = (subject: object): boolean => !subjects.some((known) => jsonEqual(known, subject));
      copy.subjects = [...subjects, ...added.filter(isNew)];
    });
  },
});
