import type { Abuse, Outcome } from '../abuse.js';

const SENDS = `
sends() { timeout 5 bash -c "echo x > /dev/$1/$2/$3"; }
`;

const ALLOW_LIST: Abuse['network'] = { setup: [], agent: [{ host: 'allowed.example', ports: [443] }] };

/** Its egress, by perl: what bash has is one connection at a time. */
const CONNECTS = `
use Socket;
my ($host, $port) = $ENV{http_proxy} =~ m{//([^:]+):(\\d+)} or exit 9;
sub to_egress { socket(my $s, PF_INET, SOCK_STREAM, 0) or return; connect($s, sockaddr_in($port, inet_aton($host))) or return; $s }
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
  {
    id: '14',
    title: 'has an allow-list and goes around it: directly, by address, by another host, port or spelling',
    network: ALLOW_LIST,
    script: ({ loopbackPort }) => `${SENDS}
refused sends tcp 1.1.1.1 443
refused sends udp 1.1.1.1 53
refused sends tcp 169.254.169.254 80
refused sends tcp 127.0.0.1 ${String(loopbackPort)}
refused getent hosts refused.example
ask() { curl -sS --max-time 10 -f -o /dev/null "$@"; }
refused ask http://refused.example/
refused ask https://refused.example/
refused ask https://allowed.example:8443/
refused ask https://1.1.1.1/
refused ask http://[::1]:${String(loopbackPort)}/
refused ask http://127.0.0.1:${String(loopbackPort)}/
refused ask http://169.254.169.254/
refused ask https://allowed.example@refused.example/
refused ask https://allowed.example.refused.example/
refused ask https://REFUSED.example./
refused ask https://xn--allowed-9za.example/
refused ask http://0x7f000001:${String(loopbackPort)}/
refused ask http://2130706433:${String(loopbackPort)}/
refused ask --resolve refused.example:443:127.0.0.1 --noproxy '*' https://refused.example/
exit 42`,
    judge: (outcome) => [
      ...(outcome.attempt.exitCode === 42 ? [] : [`the script ended with ${String(outcome.attempt.exitCode)}`]),
      ...outcome.requests.flatMap(({ verdict, host, port }) =>
        verdict === 'REFUSED' ? [] : [`${host}:${String(port)} was ${verdict}`],
      ),
      ...onRecord(outcome, 'refused.example', 443),
      ...onRecord(outcome, 'allowed.example', 8443),
      ...(outcome.requests.filter(({ reason }) => reason === 'IP_LITERAL').length >= 2
        ? []
        : [
            `no record of the addresses: ${outcome.requests.map(({ host, reason }) => `${host} ${reason}`).join(', ')}`,
          ]),
    ],
    gaps: { 'rootless-weak': 'network allow-list' },
  },
  {
    id: '15',
    title: 'floods its egress: silent and half-open connections, tunnels and headers without end',
    network: ALLOW_LIST,
    script: () => `
exec perl -e '${CONNECTS}
  $SIG{PIPE} = "IGNORE";
  my @silent; for (1..1500) { my $s = to_egress() or next; shutdown($s, 1) if $_ % 2; push @silent, $s }
  @silent = ();
  my ($answered, $answer) = (0, "");
  for (1..400) { my $s = to_egress() or next; syswrite($s, "CONNECT none$_.example:443 HTTP/1.1\\r\\n\\r\\n"); $answered++ if sysread($s, $answer, 4096) and $answer =~ m{ 403 } }
  my $sent = 0;
  if (my $s = to_egress()) { syswrite($s, "GET http://none.example/ HTTP/1.1\\r\\n"); while ($sent < 1e9) { my $n = syswrite($s, "X-Long: " . ("x" x 65000) . "\\r\\n") or last; $sent += $n } }
  print "answered $answered, sent $sent\\n";
  exit($answered > 0 && $sent < 1e8 ? 0 : 1)'`,
    judge: (outcome) => [
      ...(outcome.attempt.exitCode === 0 ? [] : [`the script ended with ${String(outcome.attempt.exitCode)}`]),
      ...(outcome.requests.some(({ reason }) => reason === 'CONNECTION_LIMIT') ? [] : ['no connection was refused']),
      ...(outcome.requests.some(({ verdict }) => verdict === 'ALLOWED') ? ['something was let through'] : []),
    ],
    gaps: { 'rootless-weak': 'network allow-list' },
  },
];

/** The refusal, with the rule that would allow it. */
function onRecord({ requests }: Outcome, host: string, port: number): string[] {
  const request = requests.find((each) => each.host === host && each.port === port);
  if (request === undefined) return [`no record of ${host}:${String(port)}`];
  const { suggestion } = request;
  return suggestion?.host === host ? [] : [`${host} would be allowed by ${JSON.stringify(suggestion)}`];
}
