import { createLeaf } from '@typernetes/pki';

/**
 * A server in front of a machine's API server with a certificate of other dates, as a client with a wrong clock would
 * see it: the files to write into the machine, and the command that runs it until stopped.
 */
export async function falseServer(of: {
  /** The cluster's CA. */
  readonly ca: { readonly certificate: string; readonly privateKey: string };
  readonly address: string;
  readonly port: number;
  readonly notBefore: number;
  readonly notAfter: number;
}): Promise<{ readonly files: Readonly<Record<string, string>>; readonly command: string }> {
  const { certificate, privateKey } = await createLeaf(of.ca, {
    commonName: 'kube-apiserver',
    ipAddresses: [of.address],
    usages: ['digital signature', 'key encipherment', 'server auth'],
    notBefore: of.notBefore,
    notAfter: of.notAfter,
  });
  const program = `
const { readFileSync } = require('fs');
const https = require('https');
const [cert, key] = ['crt', 'key'].map((end) => readFileSync('/root/false.' + end));
https.createServer({ cert, key }, (request, response) => {
  const { url, headers } = request;
  https.get('https://127.0.0.1:6443' + url, { headers, rejectUnauthorized: false }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
}).listen(${of.port});
`;
  return {
    files: { '/root/false.crt': certificate, '/root/false.key': privateKey, '/root/false.js': program },
    command: 'exec /usr/local/lib/typernetes/node /root/false.js',
  };
}
