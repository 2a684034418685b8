import type { SelfSubjectReview } from '@typernetes/api/authentication/v1';
import { type ApiObject, isNotFound } from '@typernetes/machinery';
import { defineCommand } from '../../command.ts';
import { Columns } from '../../printing/columns.ts';
import { objectPrinter } from '../../printing/object-printer.ts';
import type { AnyResource } from '../../resources/any-resource.ts';
import type { Session } from '../../session.ts';
import { resultFlags } from '../result.ts';

const type: AnyResource = {
  group: 'authentication.k8s.io',
  version: 'v1',
  plural: 'selfsubjectreviews',
  singular: 'selfsubjectreview',
  kind: 'SelfSubjectReview',
  listKind: 'SelfSubjectReviewList',
  namespaced: false,
};

const head = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };

async function asked({ client }: Session): Promise<SelfSubjectReview> {
  try {
    return await client.json<SelfSubjectReview>('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', head);
  } catch (error) {
    if (isNotFound(error)) throw new Error('the selfsubjectreviews API is not enabled in the cluster');
    throw error;
  }
}

export const whoamiCommand = defineCommand({
  use: 'auth whoami',
  short: 'Experimental: Check self subject attributes',
  flags: resultFlags,
  async run({ flags }, session) {
    const review = await asked(session);
    const print = objectPrinter(flags.output, { strict: !flags['allow-missing-template-keys'] });
    if (print) {
      const { typedForm } = await import('../../printing/typed-form.ts');
      const object = typedForm({ ...review, ...head } as unknown as ApiObject);
      session.io.out(print([{ type, object, typed: true }], false));
    } else {
      const { username = '', uid = '', groups = [], extra = {} } = review.status?.userInfo ?? {};
      const rows = [
        ...(username ? [['Username', username]] : []),
        ...(uid ? [['UID', uid]] : []),
        ...(groups.length > 0 ? [['Groups', `[${groups.join(' ')}]`]] : []),
        ...Object.entries(extra)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, values]) => [`Extra: ${key}`, `[${values.join(' ')}]`]),
      ];
      session.io.out(new Columns().format([['ATTRIBUTE', 'VALUE'], ...rows]));
    }
    return 0;
  },
});
