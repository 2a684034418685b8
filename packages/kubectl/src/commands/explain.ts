import { defineCommand } from '../command.ts';
import { openApiV2, openApiV3 } from '../explain/open-api.ts';
import { header, plaintext, type Subject } from '../explain/plaintext.ts';
import { plaintextV2 } from '../explain/plaintext-v2.ts';
import { PlainError } from '../io.ts';
import type { AnyResource } from '../resources/any-resource.ts';
import { findByName } from '../resources/finder.ts';
import type { Session } from '../session.ts';

export const explainCommand = defineCommand({
  use: 'explain TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] [-o|--output=plaintext|plaintext-openapiv2]',
  short: 'Get documentation for a resource',
  flags: {
    'api-version': {
      type: 'string',
      help: 'Explain the resource of this API version (group/version).',
      default: '',
    },
    output: {
      type: 'string',
      short: 'o',
      help: 'How the schema is shown (plaintext, plaintext-openapiv2)',
      default: 'plaintext',
    },
    recursive: { type: 'boolean', help: 'Show the fields of fields as well, without their texts', default: false },
  } as const,
  async run({ flags, positional }, session) {
    const [what, ...more] = positional;
    if (what === undefined) {
      throw new Error(
        'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported resources.',
      );
    }
    // Not a resource: a path has to begin with one.
    if (what.startsWith('.')) throw new Error('invalid jsonpath syntax, first node must be field node');
    if (more.length > 0) throw new Error('We accept only this format: explain RESOURCE');
    const apiVersion = flags['api-version'];
    const { type, path } = await parseSubject(what, { withGroup: apiVersion === '', session });
    const kind = await kindOf(type, { apiVersion, output: flags.output, session });
    const subject = { kind, path, recursive: flags.recursive };
    if (flags.output === 'plaintext-openapiv2') {
      const schemas = await openApiV2(session);
      session.io.out(plaintextV2({ ...subject, schemas }));
    } else if (flags.output === 'plaintext') {
      const schemas = await openApiV3(kind, session);
      if (!schemas) {
        // The server is older than 1.24.
        session.io.out(plaintextV2({ ...subject, schemas: await openApiV2(session) }));
        return 0;
      }
      // What it is stands there even if it has no such field.
      session.io.out(header(kind));
      session.io.out(found(plaintext({ ...subject, schemas }), subject));
    } else throw new Error(`unrecognized format: ${flags.output}`);
    return 0;
  },
});

function found(text: string | undefined, { path }: Pick<Subject, 'path'>): string {
  if (text === undefined) throw new Error(`field ${JSON.stringify(path.at(-1))} does not exist`);
  return text;
}

/** `pods.spec.containers`, `deployments.apps.spec`: a resource, with its group where that may be, and fields. */
async function parseSubject(
  what: string,
  { withGroup, session }: { withGroup: boolean; session: Session },
): Promise<{ type: AnyResource; path: string[] }> {
  const [name = '', ...fields] = fieldsOf(what);
  let all = await session.resources.all();
  if (!findByName(all, name)) {
    // The cached discovery may lack newer resources.
    session.resources.refresh();
    all = await session.resources.all();
  }
  const first = findByName(all, name);
  if (!first) throw new PlainError(`the server doesn't have a resource type ${JSON.stringify(name)}\n`);
  // Warns if the short name is ambiguous.
  if (first.shortNames?.includes(name)) await session.resources.byName(name);
  if (!withGroup) return { type: first, path: fields };
  // Upstream compares letter by letter, and with the first of several groups first.
  for (const type of all.filter((one) => one.plural === first.plural)) {
    const long = type.group === '' ? type.plural : `${type.plural}.${type.group}`;
    if (what.startsWith(long)) return { type, path: fieldsOf(what.slice(long.length)).filter((part) => part !== '') };
  }
  return { type: first, path: fields };
}

/** Fields as JSONPath has them, in which `\.` is no end of a name; a dot at the end is passed over. */
const fieldsOf = (path: string): string[] =>
  path
    .replace(/\.$/, '')
    .split(/(?<!\\)\./)
    .map((field) => field.replaceAll('\\', ''))
    .filter((field, i) => field !== '' || i === 0)
    .map((field) => field.trim());

async function kindOf(
  type: AnyResource,
  { apiVersion, output, session }: { apiVersion: string; output: string; session: Session },
): Promise<{ group: string; version: string; kind: string }> {
  if (apiVersion === '') return type;
  const [version = '', group = '', ...further] = apiVersion.split('/').reverse();
  if (further.length > 0) throw new Error(`unexpected GroupVersion string: ${apiVersion}`);
  let isServed = false;
  const sought = async (): Promise<AnyResource | undefined> => {
    const all = await session.resources.inVersion(group, version);
    isServed = all.length > 0;
    return all.find(({ plural }) => plural === type.plural);
  };
  let found = await sought();
  if (!found) {
    session.resources.refresh();
    found = await sought();
  }
  if (!found && output === 'plaintext-openapiv2')
    throw new Error(`couldn't find resource for "${group}/${version}, Kind=${type.kind}"`);
  if (!found && isServed) {
    if (output !== 'plaintext') throw new Error(`unrecognized format: ${output}`);
    throw new Error(`GVR (${group}/${version}, Resource=${type.plural}) not found in OpenAPI schema`);
  }
  if (!found) throw new Error(`couldn't find resource for "${group}/${version}, Resource=${type.plural}"`);
  return found;
}
