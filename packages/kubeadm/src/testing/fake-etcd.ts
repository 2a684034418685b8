import type { HttpAnswer } from '../host.ts';

interface FakeMember {
  readonly ID: string;
  name: string;
  readonly peerURLs: readonly string[];
  isLearner: boolean;
}

/** The member list of an etcd cluster behind its JSON gateway. A learner is in sync the second time it is asked. */
export class FakeEtcd {
  readonly members: FakeMember[] = [];
  readonly asked: string[] = [];
  #inSync = false;

  constructor(first: { name: string; peerUrl: string }) {
    this.members.push({ ID: '1', name: first.name, peerURLs: [first.peerUrl], isLearner: false });
  }

  readonly post = (url: string, body: string): HttpAnswer => {
    const verb = url.slice(url.lastIndexOf('/') + 1);
    this.asked.push(`${new URL(url).host} ${verb}`);
    const given = JSON.parse(body) as { ID?: string; peerURLs?: string[]; isLearner?: boolean };
    const index = this.members.findIndex(({ ID }) => ID === given.ID);
    if (verb === 'add') {
      const ID = String(this.members.length + 1);
      this.members.push({ ID, name: '', peerURLs: given.peerURLs ?? [], isLearner: given.isLearner ?? false });
    } else if (verb === 'promote') {
      const inSync = this.#inSync;
      this.#inSync = true;
      if (!inSync) return refusal('etcdserver: can only promote a learner member which is in sync with leader');
      (this.members[index] as FakeMember).isLearner = false;
    } else if (verb === 'remove') {
      this.members.splice(index, 1);
    }
    return { status: 200, body: JSON.stringify({ members: this.members }) };
  };
}

const refusal = (message: string): HttpAnswer => ({ status: 412, body: JSON.stringify({ error: message, message }) });
