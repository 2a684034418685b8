import { debianFiles, debianInputs } from '../debian-packages.ts';
import type { ImageRecipe } from '../recipe.ts';
import { tarLayer } from '../tar-layer.ts';

const packages = [
  'base-files',
  'bash',
  'coreutils',
  'curl',
  'dash',
  'findutils',
  'grep',
  'gzip',
  'hostname',
  'iproute2',
  'iputils-ping',
  'libc-bin',
  'mawk',
  'procps',
  'sed',
  'tar',
  'util-linux',
];

export const image: ImageRecipe = {
  name: 'debian',
  references: ['docker.io/library/debian:latest', 'docker.io/library/debian:12', 'docker.io/library/debian:bookworm'],
  destination: 'registry',
  inputs: () => debianInputs(packages),
  async build() {
    const layer = await tarLayer(
      [
        ...(await debianFiles(packages)),
        {
          path: 'etc/passwd',
          type: 'file',
          content:
            'root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
        },
        { path: 'etc/group', type: 'file', content: 'root:x:0:\ndaemon:x:1:\nwww-data:x:33:\nnogroup:x:65534:\n' },
        { path: 'usr/bin/awk', type: 'symlink', target: 'mawk' },
        { path: 'root', type: 'directory', mode: 0o700 },
        { path: 'tmp', type: 'directory', mode: 0o1777 },
      ],
      { gzip: true },
    );
    return {
      layers: [layer],
      config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['bash'] },
    };
  },
};
