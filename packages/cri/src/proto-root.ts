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

const mounts = { mounts: { type: 'Mount', id: 1, rule: 'repeated' } };
const snapshot = { snapshotter: { type: 'string', id: 1 }, key: { type: 'string', id: 2 } };

/** containerd's snapshots, from its api/services/snapshots/v1 and api/types/mount.proto: only what is asked of them. */
const containerdSnapshots: Namespace = {
  Mount: {
    fields: {
      type: { type: 'string', id: 1 },
      source: { type: 'string', id: 2 },
      options: { type: 'string', id: 4, rule: 'repeated' },
    },
  },
  ViewRequest: {
    fields: {
      ...snapshot,
      parent: { type: 'string', id: 3 },
      labels: { keyType: 'string', type: 'string', id: 4 },
    },
  },
  ViewResponse: { fields: mounts },
  MountsRequest: { fields: snapshot },
  MountsResponse: { fields: mounts },
  RemoveRequest: { fields: snapshot },
  RemoveResponse: { fields: {} },
};

/** The codecs of `cri.<Message>`, `events.<Message>` and `snapshots.<Message>`. */
export const codecOf = codecsOf(() => ({
  cri: describePackage(facts['runtime.v1']),
  events: containerdEvents,
  snapshots: containerdSnapshots,
}));
