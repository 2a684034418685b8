import facts from '../facts/cri.json' with { type: 'json' };
import { codecsOf, describePackage, type Namespace } from './proto-facts.ts';

/** containerd's own event stream, from its api/services/events/v1 and api/events: only what is read of it. */
const containerdEvents: Namespace = {
  SubscribeRequest: { fields: { filters: { type: 'string', id: 1, rule: 'repeated' } } },
  Any: { fields: { typeUrl: { type: 'string', id: 1 }, value: { type: 'bytes', id: 2 } } },
  Envelope: {
    fields: {
      namespace: { type: 'string', id: 2 },
      topic: { type: 'string', id: 3 },
      event: { type: 'Any', id: 4 },
    },
  },
  TaskStart: { fields: { containerId: { type: 'string', id: 1 } } },
  TaskExit: { fields: { containerId: { type: 'string', id: 1 }, id: { type: 'string', id: 2 } } },
};

/** The codecs of `cri.<Message>` and `events.<Message>`. */
export const codecOf = codecsOf(() => ({ cri: describePackage(facts['runtime.v1']), events: containerdEvents }));
