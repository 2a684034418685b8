import { writeFileSync } from 'node:fs';
import { defineCommand } from '../command.ts';
import { builtKustomization } from '../programs/kustomize.ts';

export const kustomizeCommand = defineCommand({
  use: 'kustomize DIR [flags]',
  short: 'Build a kustomization target from a directory or URL',
  flags: {
    output: { type: 'string', short: 'o', help: 'File to write to instead of standard output.', default: '' },
  } as const,
  async run({ flags, positional }, { io, environment }) {
    const [folder = '.', ...more] = positional;
    if (more.length > 0) throw new Error('specify one path to kustomization.yaml');
    const text = await builtKustomization(folder, environment);
    if (flags.output === '') io.out(text);
    else writeFileSync(flags.output, text);
    return 0;
  },
});
