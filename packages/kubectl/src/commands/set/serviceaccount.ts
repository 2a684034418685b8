import { defineCommand } from '../../command.ts';
import { recordFlag } from '../result.ts';
import { noResources } from '../selected-objects.ts';
import { changeObjects, setFlags } from './changed-objects.ts';
import { podSpecOf } from './pod-spec.ts';

const { selector: _none, ...flags } = setFlags;

export const setServiceAccountCommand = defineCommand({
  use: 'set serviceaccount (-f FILENAME | TYPE NAME) SERVICE_ACCOUNT',
  short: 'Update the service account of a resource',
  formatFirst: true,
  flags: { ...flags, ...recordFlag },
  run({ flags, positional }, session) {
    const account = positional.at(-1);
    if (account === undefined) throw new Error('serviceaccount is required');
    const args = positional.slice(0, -1);
    const selection = { ...flags, selector: '' };
    const failure = 'failed to patch ServiceAccountName';
    return changeObjects(
      { args, flags: selection, verb: 'serviceaccount updated', failure, nothingLocal: noResources, always: true },
      session,
      (copy) => {
        const spec = podSpecOf(copy);
        spec.serviceAccountName = account;
      },
    );
  },
});
