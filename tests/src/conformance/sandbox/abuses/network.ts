import type { Abuse } from '../abuse.js';

const SENDS = `
sends() { timeout 5 bash -c "echo x > /dev/$1/$2/$3"; }
`;

/** Reaching out without a rule that allows it. */
export const NETWORK_ABUSES: readonly Abuse[] = [
  {
    id: '12',
    title: 'opens connections: TCP, UDP, ICMP, raw packets, name resolution',
    script: () => `${SENDS}
[ "$(tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ')" = lo ] || [ -z "$(tail -n +3 /proc/net/dev)" ]
refused sends tcp 1.1.1.1 443
refused sends udp 1.1.1.1 53
refused getent hosts example.com
refused socket_of 2 3 1
refused socket_of 17 3 768
refused socket_of 40 1 0
refused socket_of 38 5 0`,
  },
  {
    id: '13',
    title: 'reaches the cloud’s metadata, a port of the host’s loopback, an abstract socket of the host',
    script: ({ loopbackPort, abstractSocket }) => `${SENDS}
refused sends tcp 169.254.169.254 80
refused sends tcp 127.0.0.1 ${String(loopbackPort)}
refused sends tcp localhost ${String(loopbackPort)}
refused node -e 'require("net").connect("\\0${abstractSocket}").on("connect", () => process.exit(0)).on("error", () => process.exit(1))'`,
  },
];
