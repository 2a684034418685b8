import { defineCommand } from '../command.ts';
import { editFlags, editMetadata } from './edit-metadata.ts';

export const annotateCommand = defineCommand({
  use: 'annotate [--overwrite] TYPE NAME KEY_1=VAL_1 ... KEY_N=VAL_N',
  short: 'Update the annotations on a resource',
  flags: editFlags,
  run: ({ flags, positional }, session) =>
    editMetadata(positional, { map: 'annotations', done: () => 'annotated', flags, session }),
});
