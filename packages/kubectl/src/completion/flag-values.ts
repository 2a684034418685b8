import type { Session } from '../session.ts';
import type { Completion, Typed } from './completion.ts';
import { containerNames, namesOfType } from './objects.ts';

const formats = [
  'json',
  'yaml',
  'kyaml',
  'name',
  'go-template',
  'go-template-file',
  'template',
  'templatefile',
  'jsonpath',
  'jsonpath-as-json',
  'jsonpath-file',
];
const tableFormats = ['custom-columns', 'custom-columns-file', 'wide'];

/** The values of flags with fixed choices; other flags are completed with files. */
export async function completeFlagValue(
  flag: string,
  { typed, session }: { typed: Typed; session: Session },
): Promise<Completion> {
  switch (flag) {
    case 'namespace':
      return { words: await namesOfType('namespaces', session) };
    case 'context':
      return { words: Object.keys(session.kubeconfig.contexts).sort() };
    case 'cluster':
      return { words: Object.keys(session.kubeconfig.clusters).sort() };
    case 'user':
      return { words: Object.keys(session.kubeconfig.users).sort() };
    case 'output':
      if (typed.name === 'version') return { words: ['json', 'yaml'] };
      if (typed.name === 'api-resources') return { words: ['json', 'yaml', 'kyaml', 'name', 'wide'] };
      return { words: typed.name === 'get' ? [...formats, ...tableFormats] : formats };
    case 'dry-run':
      return { words: ['none', 'server', 'client'] };
    case 'container': {
      const [pod] = typed.positional;
      return { words: pod === undefined ? [] : await containerNames(pod, session) };
    }
    case 'subresource':
      return { words: typed.name === 'auth can-i' ? [] : ['status', 'scale', 'resize'] };
    case 'clusterrole':
      if (typed.name !== 'create clusterrolebinding') return { words: [], files: true };
      return { words: await namesOfType('clusterroles', session) };
    case 'filename':
      return { words: ['json', 'yaml', 'yml'], endings: true };
    default:
      return { words: [], files: true };
  }
}
