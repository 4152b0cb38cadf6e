import type { McpServer } from '@heddle/contracts';
import type { FieldViolation } from '@heddle/domain';

const MAX_SERVERS = 20;
const MAX_WORDS = 100;
const MAX_BYTES = 8 * 1024;
/** Programs make names of tools of it, with underscores around. */
const NAME = /^[a-z][a-z0-9-]{0,31}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** What is wrong with the servers that an agent is to use, without asking where they can be reached. */
export function mcpServerFaults(servers: readonly McpServer[], takesThem: boolean): FieldViolation[] {
  const field = 'agent.mcp_servers';
  if (servers.length === 0) return [];
  if (!takesThem) return [{ field, description: 'can not be told to an agent of this kind' }];
  if (servers.length > MAX_SERVERS) return [{ field, description: `must be at most ${String(MAX_SERVERS)}` }];
  const names = servers.map(({ name }) => name);
  return servers.flatMap((server, index) => {
    const at = `${field}[${String(index)}]`;
    const faults = serverFaults(server, at);
    if (names.indexOf(server.name) < index)
      faults.push({ field: `${at}.name`, description: `is used twice: ${server.name}` });
    return faults;
  });
}

function serverFaults({ name, command, variables, url }: McpServer, at: string): FieldViolation[] {
  const faults: FieldViolation[] = [];
  const refuse = (field: string, description: string): unknown => faults.push({ field: at + field, description });
  if (!NAME.test(name)) refuse('.name', 'must be a lower-case letter, then letters, digits and dashes, 32 in all');
  if ((command.length === 0) === (url === '')) refuse('', 'must have either a command or a url');
  if (url !== '') {
    const fault = urlFault(url);
    if (fault !== undefined) refuse('.url', fault);
    if (Object.keys(variables).length > 0) refuse('.variables', 'are for a server with a command');
    return faults;
  }
  if (command[0] === '') refuse('.command', 'names the program to run and its arguments');
  if (command.length > MAX_WORDS || !command.every(isShort))
    refuse('.command', 'must be at most 100 words, each of at most 8 KiB without a NUL');
  for (const [key, value] of Object.entries(variables).slice(0, MAX_WORDS)) {
    if (!VARIABLE.test(key) || key.startsWith('HEDDLE_'))
      refuse(`.variables.${key.slice(0, 60)}`, 'must be a name of a variable that does not begin with HEDDLE_');
    else if (!isShort(value)) refuse(`.variables.${key}`, 'must be at most 8 KiB without a NUL');
  }
  if (Object.keys(variables).length > MAX_WORDS) refuse('.variables', `must be at most ${String(MAX_WORDS)}`);
  return faults;
}

function isShort(text: string): boolean {
  return Buffer.byteLength(text) <= MAX_BYTES && !text.includes('\0');
}

/** A query is where keys are put, and an address in words of its own would go around the rules for hosts. */
function urlFault(text: string): string | undefined {
  if (text.length > 1024 || !URL.canParse(text)) return 'must be an absolute URL';
  const { protocol, username, password } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') return 'must begin with https:// (or http://)';
  if (username !== '' || password !== '') return 'must be without a user name and a password';
  return /[?#]/.test(text) ? 'must be without a query and a fragment' : undefined;
}
