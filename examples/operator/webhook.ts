/** A validating webhook that rejects images without a tag or with the tag `latest`. */
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';

interface Review {
  readonly request: { readonly uid: string; readonly object: { readonly spec: { readonly image: string } } };
}

export function judge({ request }: Review): object {
  const { image } = request.object.spec;
  const allowed = /:(?!latest$)[\w.-]+$/.test(image);
  const status = { message: `image "${image}" must name a version`, code: 422 };
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid: request.uid, allowed, ...(allowed ? {} : { status }) },
  };
}

/** Listens on a free port of this machine. */
export function startWebhook(tls: { cert: string; key: string }): Promise<{ url: string; server: Server }> {
  const server = createServer(tls, (incoming, response) => {
    let text = '';
    incoming.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    incoming.on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(judge(JSON.parse(text) as Review)));
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve({ url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`, server });
    });
  });
}
