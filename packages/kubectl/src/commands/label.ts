import { defineCommand } from '../command.ts';
import { editMetadata, labelFlags } from './edit-metadata.ts';

export const labelCommand = defineCommand({
  use: 'label [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]',
  short: 'Update the labels on a resource',
  flags: labelFlags,
  run: ({ flags, positional }, session) =>
    editMetadata(positional, {
      map: 'labels',
      done: ({ added, removed, unchanged }) =>
        unchanged ? 'not labeled' : added && removed ? 'modified' : added ? 'labeled' : 'unlabeled',
      flags,
      session,
    }),
});
