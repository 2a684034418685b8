// Requests the URLs it is given, several at a time, each request on a new connection, until its standard input ends;
// then reports by URL how many were answered, and the errors. Runs on a machine, with the machine's Node.
import { request } from 'node:http';

const urls = process.argv.slice(2);
const answered = Object.fromEntries(urls.map((url) => [url, 0]));
const failed = [];
const servers = {};
let stopped = false;
process.stdin.on('end', () => (stopped = true)).resume();

const ask = (url) =>
  new Promise((settle) => {
    const begun = Date.now();
    const end = (problem) => {
      if (problem === undefined) answered[url]++;
      else failed.push(`${new Date(begun).toISOString()} +${Date.now() - begun} ms ${url}: ${problem}`);
      settle();
    };
    const asked = request(url, { agent: false, timeout: 5000 }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('error', (error) => end(error.code ?? error.message));
      response.on('end', () => {
        servers[text.trim()] = (servers[text.trim()] ?? 0) + 1;
        end(response.statusCode === 200 ? undefined : `status ${response.statusCode}`);
      });
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer within 5 s')));
    asked.on('error', (error) => end(error.code ?? error.message));
    asked.end();
  });

await Promise.all(
  urls.flatMap((url) =>
    [1, 2].map(async () => {
      while (!stopped) {
        await ask(url);
        await new Promise((settle) => setTimeout(settle, 5));
      }
    }),
  ),
);
process.stdout.write(JSON.stringify({ answered, failed, servers: Object.keys(servers).length }));
