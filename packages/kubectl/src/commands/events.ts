import { type Event as CoreEvent, events } from '@typernetes/api/core/v1';
import type { ApiObject } from '@typernetes/machinery';
import { defineCommand } from '../command.ts';
import { ageOf } from '../describe/events.ts';
import { Columns } from '../printing/columns.ts';
import { objectPrinter } from '../printing/object-printer.ts';
import type { Printable } from '../printing/printable.ts';
import { isTimeUp } from '../requests/time-up.ts';
import type { AnyResource } from '../resources/any-resource.ts';
import { isUnknownResource } from '../resources/finder.ts';
import { unknownResource } from './create/rbac.ts';
import { resultFlags } from './result.ts';
import { inUnstableOrder } from './unstable-order.ts';

export const eventsCommand = defineCommand({
  use: 'events [(-o|--output=)json|yaml|kyaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file] [--for TYPE/NAME] [--watch] [--types=Normal,Warning]',
  short: 'List events',
  flags: {
    ...resultFlags,
    'all-namespaces': {
      type: 'boolean',
      short: 'A',
      help: 'If present, list the requested object(s) across all namespaces.',
      default: false,
    },
    'chunk-size': { type: 'number', help: 'Return large lists in chunks rather than all at once.', default: 500 },
    for: { type: 'string', help: 'Filter events to only those pertaining to the specified resource.', default: '' },
    'no-headers': {
      type: 'boolean',
      help: "When using the default output format, don't print headers.",
      default: false,
    },
    types: { type: 'list', help: 'Output only events of given types.', default: [] },
    watch: {
      type: 'boolean',
      short: 'w',
      help: 'After listing the requested events, watch for more events.',
      default: false,
    },
  } as const,
  async run({ flags }, session, signal) {
    const about = flags.for ? await fieldsOf(flags.for) : '';
    const print = objectPrinter(flags.output, { showManagedFields: flags['show-managed-fields'] });
    const types = flags.types.map((type) => type.toLowerCase());
    for (const type of types) {
      if (type !== 'normal' && type !== 'warning') throw new Error('valid --types are Normal or Warning');
    }
    async function fieldsOf(target: string): Promise<string> {
      const [called = '', name = '', ...more] = target.split('/');
      if (more.length > 0) throw new Error('arguments in resource/name form may not have more than one slash');
      if (!target.includes('/')) throw new Error('--for must be in resource/name form');
      if (called === '') throw new Error('a resource must be present, got: /, Resource=');
      // An empty name after the slash means any object of any kind.
      if (name === '') return '';
      const type = await session.resources.byName(called).catch((error: unknown) => {
        throw isUnknownResource(error) ? unknownResource(called) : error;
      });
      const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
      return `involvedObject.kind=${type.kind},involvedObject.name=${name},involvedObject.apiVersion=${apiVersion}`;
    }
    const where = {
      ...(flags['all-namespaces'] ? {} : { namespace: session.namespace }),
      ...(about ? { fieldSelector: about } : {}),
    };
    const wanted = ({ type = '' }: CoreEvent): boolean => types.length === 0 || types.includes(type.toLowerCase());
    const client = session.client.resource(events);
    const list = await client.list(where);
    const found = list.items.filter(wanted);
    const columns = new Columns();
    let headed = flags['no-headers'];
    const rows = (shown: readonly CoreEvent[]): string => {
      const cells = shown.map((event) =>
        eventRow(event, { now: session.clock.now(), namespaced: flags['all-namespaces'] }),
      );
      const first = headed ? [] : [[...(flags['all-namespaces'] ? ['NAMESPACE'] : []), ...header]];
      headed = true;
      return columns.format([...first, ...cells]);
    };
    if (flags.watch) {
      let documents = 0;
      const show = async (event: CoreEvent): Promise<void> => {
        if (!wanted(event)) return;
        if (flags.output === 'yaml' && documents++ > 0) session.io.out('---\n');
        const whole = { ...event, kind: 'Event', apiVersion: 'v1' } as unknown as ApiObject;
        session.io.out(print ? columns.expand(print([await declared(whole)], false)) : rows([event]));
      };
      // Existing events keep the server's order.
      for (const event of found) await show(event);
      const resourceVersion = list.metadata.resourceVersion ?? '0';
      try {
        for await (const event of client.watch({ ...where, resourceVersion, signal }))
          if (event.type !== 'BOOKMARK' && event.type !== 'DELETED') await show(event.object);
      } catch (error) {
        // A watch that ends by its timeout is not a failure.
        if (!isTimeUp(error)) throw error;
      }
      return 0;
    }
    if (found.length === 0) {
      const where = flags['all-namespaces'] ? '' : ` in ${session.namespace} namespace`;
      session.io.err(`No events found${where}.\n`);
      return 0;
    }
    const inOrder = inUnstableOrder(found, (a, b) => lastSeen(a) < lastSeen(b));
    const listed = { kind: 'EventList', apiVersion: 'v1', metadata: {}, items: inOrder } as unknown as ApiObject;
    // Upstream prints a list here, and a list has no name.
    if (print) session.io.out(flags.output === 'name' ? '' : print([await declared(listed)], false));
    else session.io.out(rows(inOrder));
    return 0;
  },
});

const header = ['LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'];

/** Upstream decodes events into structs, so fields are printed in declaration order. */
async function declared(object: ApiObject): Promise<Printable> {
  const { typedForm } = await import('../printing/typed-form.ts');
  return { type: events as unknown as AnyResource, object: typedForm(object), typed: true };
}

function lastSeen({ series, lastTimestamp, eventTime }: CoreEvent): number {
  return Date.parse((series ? series.lastObservedTime : (lastTimestamp ?? eventTime)) ?? '') || 0;
}

/** `3m (x4 over 10m)`, type, reason, object, message. */
function eventRow(event: CoreEvent, { now, namespaced }: { now: number; namespaced: boolean }): string[] {
  const { involvedObject, type = '', reason = '', message = '', metadata } = event;
  const object = `${involvedObject.kind ?? ''}/${involvedObject.name ?? ''}`;
  return [...(namespaced ? [metadata.namespace ?? ''] : []), ageOf(event, now), type, reason, object, message.trim()];
}
