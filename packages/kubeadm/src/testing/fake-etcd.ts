import type { HttpAnswer } from '../host.ts';

interface FakeMember {
  readonly ID: string;
  name: string;
  readonly peerURLs: readonly string[];
  isLearner: boolean;
}

/** A fake JSON gateway with the member list of an etcd cluster. A learner is in sync at the second attempt to promote it. */
export class FakeEtcd {
  readonly members: FakeMember[] = [];
  readonly asked: string[] = [];
  #inSync = false;
  /** Makes learners never catch up. */
  readonly #lags: boolean;

  constructor(first: { name: string; peerUrl: string }, { lags = false }: { lags?: boolean } = {}) {
    this.#lags = lags;
    this.members.push({ ID: '1', name: first.name, peerURLs: [first.peerUrl], isLearner: false });
  }

  readonly post = (url: string, body: string): HttpAnswer => {
    const verb = url.slice(url.lastIndexOf('/') + 1);
    this.asked.push(`${new URL(url).host} ${verb}`);
    const given = JSON.parse(body) as { ID?: string; peerURLs?: string[]; isLearner?: boolean };
    const index = this.members.findIndex(({ ID }) => ID === given.ID);
    if (verb === 'add') {
      const known = this.members.some(({ peerURLs }) => given.peerURLs?.some((url) => peerURLs.includes(url)));
      if (known) return refusal('etcdserver: Peer URLs already exists');
      const ID = String(this.members.length + 1);
      this.members.push({ ID, name: '', peerURLs: given.peerURLs ?? [], isLearner: given.isLearner ?? false });
    } else if (verb !== 'list' && index < 0) {
      return refusal('etcdserver: member not found');
    } else if (verb === 'promote') {
      if (!this.members[index]?.isLearner) return refusal('etcdserver: can only promote a learner member');
      const inSync = this.#inSync;
      this.#inSync = true;
      if (!inSync || this.#lags)
        return refusal('etcdserver: can only promote a learner member which is in sync with leader');
      (this.members[index] as FakeMember).isLearner = false;
    } else if (verb === 'remove') {
      this.members.splice(index, 1);
    }
    return { status: 200, body: JSON.stringify({ members: this.members }) };
  };
}

const refusal = (message: string): HttpAnswer => ({ status: 412, body: JSON.stringify({ error: message, message }) });
