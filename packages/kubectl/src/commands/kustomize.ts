import { defineCommand } from '../command.ts';

export const kustomizeCommand = defineCommand({
  use: 'kustomize DIR',
  short: 'Build a kustomization target from a directory or URL',
  flags: {
    output: { type: 'string', short: 'o', help: 'If specified, write output to this path.', default: '' },
  } as const,
  run() {
    throw new Error(
      'this build has no kustomize of its own: run the program "kustomize", as in "kustomize build DIR | kubectl apply -f -"',
    );
  },
});
