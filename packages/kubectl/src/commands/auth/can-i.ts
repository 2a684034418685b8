import type { SelfSubjectAccessReview, SelfSubjectRulesReview } from '@typernetes/api/authorization/v1';
import { defineCommand } from '../../command.ts';
import { Columns } from '../../printing/columns.ts';
import { warningText } from '../../requests/warning-text.ts';
import type { AnyResource } from '../../resources/any-resource.ts';
import { isUnknownResource } from '../../resources/finder.ts';
import type { Session } from '../../session.ts';
import { type CompactRule, compactedRules } from './rules.ts';

const reviews = '/apis/authorization.k8s.io/v1';
const knownVerbs =
  'get list watch create update patch delete deletecollection use bind impersonate * approve sign escalate attest'.split(
    ' ',
  );

export const canICommand = defineCommand({
  use: 'auth can-i VERB [TYPE | TYPE/NAME | NONRESOURCEURL]',
  short: 'Check whether an action is allowed',
  flags: {
    'all-namespaces': {
      type: 'boolean',
      short: 'A',
      help: 'If true, check the specified action in all namespaces.',
      default: false,
    },
    list: { type: 'boolean', help: 'If true, prints all allowed actions.', default: false },
    'no-headers': { type: 'boolean', help: 'If true, prints allowed actions without headers', default: false },
    quiet: {
      type: 'boolean',
      short: 'q',
      help: 'If true, suppress output and just return the exit code.',
      default: false,
    },
    subresource: { type: 'string', help: 'SubResource such as pod/log or deployment/scale', default: '' },
  } as const,
  async run({ flags, positional }, session) {
    if (flags.list) {
      if (positional.length > 0) throw new Error('list option must be specified with no arguments');
      if (flags.quiet || flags['all-namespaces'] || flags.subresource !== '')
        throw new Error("list option can't be specified with neither quiet, all-namespaces nor subresource options");
      await listRules(session, flags['no-headers']);
      return 0;
    }
    const [verb, what, ...more] = positional;
    if (verb === undefined || what === undefined || more.length > 0) {
      throw new Error(
        "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
      );
    }
    const attributes = await attributesOf(verb, { what, flags, session });
    if (flags['no-headers']) throw new Error('--no-headers cannot be set without --list specified');
    const review = await session.client.json<SelfSubjectAccessReview>('POST', `${reviews}/selfsubjectaccessreviews`, {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: attributes,
    });
    const { allowed = false, reason = '', evaluationError = '' } = review.status ?? {};
    if (!flags.quiet) {
      const why = `${reason ? ` - ${reason}` : ''}${evaluationError ? ` - ${evaluationError}` : ''}`;
      session.io.out(allowed ? `yes\n` : `no${why}\n`);
    }
    return allowed ? 0 : 1;
  },
});

interface Question {
  readonly what: string;
  readonly flags: { readonly 'all-namespaces': boolean; readonly subresource: string; readonly quiet: boolean };
  readonly session: Session;
}

async function attributesOf(verb: string, { what, flags, session }: Question): Promise<object> {
  const warn = (text: string): void => session.io.err(warningText(`${text}\n`, session));
  if (what.startsWith('/')) {
    if (flags.subresource !== '') throw new Error('--subresource can not be used with NonResourceURL');
    if (!['get', 'put', 'post', 'head', 'options', 'delete', 'patch', '*'].includes(verb)) {
      warn(`verb '${verb}' is not a known verb`);
    }
    return { nonResourceAttributes: { path: what, verb } };
  }
  const [resource = '', name = ''] = what.split('/', 2);
  const { plural, group, version, namespaced } = await resourceNamed(resource, session, warn);
  // Upstream prints no such warning for all namespaces.
  const doubt = flags['all-namespaces'] ? () => undefined : warn;
  if (!knownVerbs.includes(verb)) doubt(`verb '${verb}' is not a known verb`);
  if (!namespaced && plural !== '*') {
    const subject = group === '' ? plural : `${plural}' is not namespace scoped in group '${group}`;
    doubt(group === '' ? `resource '${plural}' is not namespace scoped` : `resource '${subject}'`);
  }
  return {
    resourceAttributes: {
      verb,
      group,
      version,
      resource: plural,
      ...(flags.subresource ? { subresource: flags.subresource } : {}),
      ...(name ? { name } : {}),
      ...(flags['all-namespaces'] ? {} : { namespace: session.namespace }),
    },
  };
}

async function resourceNamed(
  name: string,
  session: Session,
  warn: (text: string) => void,
): Promise<Pick<AnyResource, 'plural' | 'group' | 'namespaced'> & { version?: string }> {
  if (name === '*') return { plural: '*', group: '*', namespaced: true };
  try {
    const { plural, group, namespaced } = await session.resources.byName(name);
    return { plural, group, namespaced };
  } catch (error) {
    if (!isUnknownResource(error)) throw error;
    const [plural = '', ...group] = name.split('.');
    // No server has these as resources, but impersonation is authorized by them.
    if (name !== 'users' && name !== 'groups')
      warn(
        group.length === 0
          ? `the server doesn't have a resource type '${name}'`
          : `the server doesn't have a resource type '${plural}' in group '${group.join('.')}'`,
      );
    return { plural, group: group.join('.'), namespaced: true };
  }
}

async function listRules(session: Session, noHeaders: boolean): Promise<void> {
  const review = await session.client.json<SelfSubjectRulesReview>('POST', `${reviews}/selfsubjectrulesreviews`, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectRulesReview',
    spec: { namespace: session.namespace },
  });
  const { resourceRules = [], nonResourceRules = [], incomplete, evaluationError = '' } = review.status ?? {};
  if (incomplete && evaluationError) session.io.err(`warning: the list may be incomplete: ${evaluationError}\n`);
  const listed = (words: readonly string[] = []): string => `[${words.join(' ')}]`;
  const rows = [
    ...compactedRules(resourceRules),
    ...nonResourceRules.flatMap(({ nonResourceURLs = [], verbs }) => nonResourceURLs.map((url) => ({ verbs, url }))),
  ]
    .map((rule) => ({ rule, key: sortKey(rule) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ rule }) =>
      'url' in rule
        ? ['', `[${rule.url}]`, '[]', listed(rule.verbs)]
        : [rule.resource, '[]', listed(rule.resourceNames), listed(rule.verbs)],
    );
  const header = ['Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs'];
  session.io.out(new Columns().format(noHeaders ? rows : [header, ...rows]));
}

/** Upstream's order: by verbs, group, resource and names, with URLs last. */
function sortKey(rule: CompactRule | { readonly verbs: readonly string[]; readonly url: string }): string {
  const verbs = `[${rule.verbs.join(' ')}]`;
  if ('url' in rule) return `${verbs},[],[],[],[${rule.url}]`;
  const [plural = '', ...group] = rule.resource.split('.');
  return `${verbs},[${group.join('.')}],[${plural}],[${rule.resourceNames.join(' ')}],[]`;
}
