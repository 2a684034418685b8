import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianFiles, debianInputs } from '../debian-packages.ts';
import type { ImageRecipe } from '../recipe.ts';
import { type Layer, type LayerEntry, tarLayer } from '../tar-layer.ts';

const packages = ['nginx-light', 'bash', 'dash', 'coreutils', 'grep', 'sed', 'curl', 'procps'];

const file = (name: string, path: string): LayerEntry => ({
  path,
  type: 'file',
  content: readFileSync(join(import.meta.dirname, name)),
});

let built: Promise<Layer> | undefined;

/** Built once per process, for all tags. */
function nginxLayer(): Promise<Layer> {
  built ??= makeNginxLayer();
  return built;
}

async function makeNginxLayer(): Promise<Layer> {
  return tarLayer(
    [
      ...(await debianFiles(packages)).filter(({ path }) => !/^etc\/nginx\/(sites-|modules-)|^var\/www/.test(path)),
      {
        path: 'etc/passwd',
        type: 'file',
        content: 'root:x:0:0:root:/root:/bin/sh\nnginx:x:101:101:nginx:/nonexistent:/bin/false\n',
      },
      { path: 'etc/group', type: 'file', content: 'root:x:0:\nnginx:x:101:\n' },
      file('nginx.conf', 'etc/nginx/nginx.conf'),
      file('default.conf', 'etc/nginx/conf.d/default.conf'),
      file('index.html', 'usr/share/nginx/html/index.html'),
      { path: 'var/log/nginx/access.log', type: 'symlink', target: '/dev/stdout' },
      { path: 'var/log/nginx/error.log', type: 'symlink', target: '/dev/stderr' },
      { path: 'var/lib/nginx', type: 'directory' },
      { path: 'run', type: 'directory' },
      { path: 'tmp', type: 'directory', mode: 0o1777 },
    ],
    { gzip: true },
  );
}

/**
 * One image per tag: all contain the same Debian nginx, but they are different images, so that updates are real
 * updates.
 */
export const tagged = (tag: string): ImageRecipe => ({
  name: `nginx-${tag}`,
  references: [`docker.io/library/nginx:${tag}`],
  destination: 'registry',
  inputs: () => debianInputs(packages),
  async build() {
    return {
      layers: [await nginxLayer()],
      config: {
        Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', `NGINX_VERSION=${tag}`],
        Cmd: ['nginx', '-g', 'daemon off;'],
        ExposedPorts: { '80/tcp': {} },
        Labels: { 'org.opencontainers.image.version': tag },
        StopSignal: 'SIGQUIT',
      },
    };
  },
});

export const images: readonly ImageRecipe[] = ['1.7.9', '1.8', '1.9.1', 'latest'].map(tagged);
