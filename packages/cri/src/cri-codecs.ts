import facts from '../facts/cri.json' with { type: 'json' };
import { codecsOf } from './message-codec.ts';
import type { FactPackage } from './message-table.ts';

/** containerd's event stream, from its api/services/events/v1 and api/events; only the fields that are read. */
const containerdEvents: FactPackage = {
  enums: {},
  messages: {
    SubscribeRequest: { fields: { filters: { t: 'string', n: 1, l: 'rep' } } },
    Any: { fields: { type_url: { t: 'string', n: 1 }, value: { t: 'bytes', n: 2 } } },
    Envelope: {
      fields: {
        namespace: { t: 'string', n: 2 },
        topic: { t: 'string', n: 3 },
        event: { t: 'Any', n: 4 },
      },
    },
    TaskStart: { fields: { container_id: { t: 'string', n: 1 } } },
    TaskExit: { fields: { container_id: { t: 'string', n: 1 }, id: { t: 'string', n: 2 } } },
  },
};

const mounts = { mounts: { t: 'Mount', n: 1, l: 'rep' } };
const snapshot = { snapshotter: { t: 'string', n: 1 }, key: { t: 'string', n: 2 } };

/**
 * containerd's snapshot service, from its api/services/snapshots/v1 and api/types/mount.proto; only the calls that are
 * used.
 */
const containerdSnapshots: FactPackage = {
  enums: {},
  messages: {
    Mount: {
      fields: { type: { t: 'string', n: 1 }, source: { t: 'string', n: 2 }, options: { t: 'string', n: 4, l: 'rep' } },
    },
    ViewRequest: {
      fields: { ...snapshot, parent: { t: 'string', n: 3 }, labels: { t: 'map<string,string>', n: 4, l: 'map' } },
    },
    ViewResponse: { fields: mounts },
    MountsRequest: { fields: snapshot },
    MountsResponse: { fields: mounts },
    RemoveRequest: { fields: snapshot },
    RemoveResponse: { fields: {} },
  },
};

/** The codecs of `cri.<Message>`, `events.<Message>` and `snapshots.<Message>`. */
export const codecOf = codecsOf({ cri: facts['runtime.v1'], events: containerdEvents, snapshots: containerdSnapshots });
