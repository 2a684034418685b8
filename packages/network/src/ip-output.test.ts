import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forwardingOf, linksOf, neighboursOf, onlyUnreachable, pathsOf } from './ip-output.ts';

// What iproute2 6.1 prints, shortened to what is read and some of what is not.
test('links, with the properties of VXLAN devices', () => {
  const printed = `[{"ifindex":1,"ifname":"lo","flags":["LOOPBACK"],"mtu":65536,"link_type":"loopback","address":"00:00:00:00:00:00","addr_info":[]},
{"ifname":"typernetes-vx4","flags":["BROADCAST","MULTICAST","UP","LOWER_UP"],"mtu":1450,"address":"0e:00:00:00:00:01","linkinfo":{"info_kind":"vxlan","info_data":{"id":1,"local":"172.30.0.2","port":8472,"learning":false,"df":"unset"}},"addr_info":[{"family":"inet","local":"10.244.0.0","prefixlen":32,"scope":"global"},{"family":"inet6","local":"fd00:10:244::","prefixlen":128,"scope":"global","nodad":true},{"family":"inet6","local":"fe80::c00:ff:fe00:1","prefixlen":64,"scope":"link"}]},
{"ifname":"typernetes-vx6","flags":[],"mtu":1430,"address":"0e:00:00:00:00:01","linkinfo":{"info_kind":"vxlan","info_data":{"id":1,"local6":"fd00:30::2","port":8472,"learning":true}}}]
`;
  assert.deepEqual(linksOf(printed), [
    { name: 'lo', mac: '00:00:00:00:00:00', mtu: 65_536, up: false, addresses: [] },
    {
      name: 'typernetes-vx4',
      mac: '0e:00:00:00:00:01',
      mtu: 1450,
      up: true,
      addresses: ['10.244.0.0/32', 'fd00:10:244::/128'],
      vxlan: { vni: 1, port: 8472, local: '172.30.0.2', learning: false },
    },
    {
      name: 'typernetes-vx6',
      mac: '0e:00:00:00:00:01',
      mtu: 1430,
      up: false,
      addresses: [],
      vxlan: { vni: 1, port: 8472, local: 'fd00:30::2', learning: true },
    },
  ]);
});

test('paths: on the link, behind a gateway, and none to an own address', () => {
  const printed = `[{"dst":"172.30.0.9","dev":"u0","prefsrc":"172.30.0.2","flags":[],"uid":0,"cache":[]}]
[{"dst":"8.8.8.8","gateway":"172.30.0.1","dev":"u0","prefsrc":"172.30.0.2","flags":[]}]
[{"dst":"8.8.4.4","via":{"family":"inet6","host":"fe80::1"},"dev":"u0","flags":[]}]
[{"dst":"fd00:30::9","from":"::","dev":"u0","protocol":"kernel","metric":256,"flags":[],"pref":"medium"}]
[{"type":"local","dst":"172.30.0.2","dev":"lo","prefsrc":"172.30.0.2","flags":[],"cache":["local"]}]
`;
  assert.deepEqual(
    [...pathsOf(printed)],
    [
      ['172.30.0.9', { device: 'u0', direct: true }],
      ['8.8.8.8', { device: 'u0', direct: false }],
      ['8.8.4.4', { device: 'u0', direct: false }],
      ['fd00:30::9', { device: 'u0', direct: true }],
    ],
  );
  assert.deepEqual([...pathsOf('')], []);
});

test('no way to an address is an answer, other failures are failures', () => {
  assert.ok(onlyUnreachable('RTNETLINK answers: Network is unreachable\nCommand failed -:2\n'));
  assert.ok(
    !onlyUnreachable('RTNETLINK answers: Network is unreachable\nCommand failed -:2\nCannot open netlink socket\n'),
  );
  assert.ok(!onlyUnreachable('Error: any valid prefix is expected rather than "x".\n'));
});

test('neighbours and the forwarding database', () => {
  assert.deepEqual(neighboursOf('[{"dst":"10.244.1.0","lladdr":"0e:00:00:00:00:02","state":["PERMANENT"]}]'), [
    { address: '10.244.1.0', mac: '0e:00:00:00:00:02' },
  ]);
  assert.deepEqual(
    forwardingOf('[{"mac":"0e:00:00:00:00:02","dst":"172.31.0.9","flags":["self"],"state":"permanent"}]'),
    [{ mac: '0e:00:00:00:00:02', remote: '172.31.0.9' }],
  );
  assert.deepEqual([neighboursOf(''), forwardingOf('[ ]\n')], [[], []]);
});
