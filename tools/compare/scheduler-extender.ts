import { createServer, type IncomingMessage } from 'node:http';

/** An extender that accepts every node and records which ones passed the scheduler's filters. */
export interface ListeningExtender {
  readonly url: string;
  /** The nodes that were feasible when the pod was last tried; undefined if none was or it was not tried. */
  feasible(pod: string): readonly string[] | undefined;
  close(): void;
}

interface Question {
  readonly pod?: { readonly metadata: { readonly name: string } };
  readonly Pod?: { readonly metadata: { readonly name: string } };
  readonly nodenames?: readonly string[];
  readonly NodeNames?: readonly string[];
}

export async function listeningExtender(): Promise<ListeningExtender> {
  const heard = new Map<string, readonly string[]>();
  const server = createServer((request, response) => {
    void bodyOf(request).then((text) => {
      const question = JSON.parse(text) as Question;
      const names = question.nodenames ?? question.NodeNames ?? [];
      heard.set((question.pod ?? question.Pod)?.metadata.name ?? '', names);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ nodenames: names }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    feasible: (pod) => heard.get(pod),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
