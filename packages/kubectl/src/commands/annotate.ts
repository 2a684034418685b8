import { defineCommand } from '../command.ts';
import { annotateFlags, editMetadata } from './edit-metadata.ts';

export const annotateCommand = defineCommand({
  use: 'annotate [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]',
  short: 'Update the annotations on a resource',
  formatFirst: true,
  flags: annotateFlags,
  run: ({ flags, positional }, session) =>
    editMetadata(positional, { map: 'annotations', done: () => 'annotated', flags, session }),
});
