import { defineCommand } from '../command.ts';
import { editFlags, editMetadata } from './edit-metadata.ts';

export const labelCommand = defineCommand({
  use: 'label [--overwrite] TYPE NAME KEY_1=VAL_1 ... KEY_N=VAL_N',
  short: 'Update the labels on a resource',
  flags: editFlags,
  run: ({ flags, positional }, session) =>
    editMetadata(positional, {
      map: 'labels',
      done: ({ added, unchanged }) => (unchanged ? 'not labeled' : added ? 'labeled' : 'unlabeled'),
      flags,
      session,
    }),
});
