import type { ApiObject } from '@typernetes/machinery';
import { valuesAt } from '@typernetes/machinery';
import { defineCommand } from '../command.ts';
import { parseTargets, printedName } from '../resources/arguments.ts';
import { watchObject } from '../resources/watch-object.ts';

type Predicate = (object: ApiObject | undefined) => boolean;

export const waitCommand = defineCommand({
  use: "wait ([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]]",
  short: 'Wait for a specific condition on one or many resources',
  flags: {
    all: {
      type: 'boolean',
      help: 'Select all resources in the namespace of the specified resource types',
      default: false,
    },
    for: {
      type: 'string',
      help: 'The condition to wait on: [create|delete|condition=condition-name[=condition-value]|jsonpath=...]',
      default: '',
    },
    selector: { type: 'string', short: 'l', help: 'Selector (label query) to filter on.', default: '' },
    timeout: { type: 'duration', help: 'The length of time to wait before giving up.', default: 30_000 },
  } as const,
  async run({ flags, positional }, session, signal) {
    const { holds, done } = condition(flags.for);
    let code = 0;
    for (const { type, names } of await parseTargets(positional, session.resources)) {
      const namespace = type.namespaced ? session.namespace : undefined;
      const where = {
        ...(namespace ? { namespace } : {}),
        ...(flags.selector ? { labelSelector: flags.selector } : {}),
      };
      const listed =
        names ?? (await session.client.resource(type).list(where)).items.map(({ metadata }) => metadata.name);
      if (listed.length === 0) throw new Error('no matching resources found');
      for (const name of listed) {
        if (flags.for !== 'create' && flags.for !== 'delete')
          await session.client.resource(type).get({ name, ...(namespace ? { namespace } : {}) });
        const ref = { name, ...(namespace ? { namespace } : {}) };
        const met = await watchObject({ type, ref }, { session, signal, timeoutMs: flags.timeout }, holds);
        if (met) session.io.out(`${printedName(type, name)} ${done}\n`);
        else {
          session.io.err(`error: timed out waiting for the condition on ${type.plural}/${name}\n`);
          code = 1;
        }
      }
    }
    return code;
  },
});

/** What `--for` means, and what is said once it holds. */
function condition(text: string): { holds: Predicate; done: string } {
  if (text === 'delete') return { holds: (object) => object === undefined, done: 'condition met' };
  if (text === 'create') return { holds: (object) => object !== undefined, done: 'condition met' };
  const [, type, wanted = 'true'] = /^condition=([^=]+)(?:=(.*))?$/.exec(text) ?? [];
  if (type !== undefined) {
    return {
      holds: (object) => conditionStatus(object, type)?.toLowerCase() === wanted.toLowerCase(),
      done: 'condition met',
    };
  }
  const path = /^jsonpath=\{?(.*?)\}?(?:=([^=]*))?$/.exec(text);
  if (path) {
    const [, expression = '', value] = path;
    const unquoted = value?.replace(/^["']|["']$/g, '');
    return {
      holds: (object) => {
        const found = object === undefined ? [] : valuesAt(expression, object);
        return found.length > 0 && (unquoted === undefined || String(found[0]) === unquoted);
      },
      done: 'condition met',
    };
  }
  throw new Error(`unrecognized condition: ${JSON.stringify(text)}`);
}

function conditionStatus(object: ApiObject | undefined, type: string): string | undefined {
  const { status } = (object ?? {}) as { status?: { conditions?: { type: string; status: string }[] } };
  return status?.conditions?.find((c) => c.type.toLowerCase() === type.toLowerCase())?.status;
}
