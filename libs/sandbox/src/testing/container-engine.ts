import { accessSync, constants } from 'node:fs';

const SOCKETS = ['/run/podman/podman.sock', '/var/run/docker.sock'];

/** The socket of an engine for tests: the one that HEDDLE_TEST_CONTAINER_HOST names, or a usual one. */
export function engineForTests(): { readonly socket?: string; readonly absent: string | undefined } {
  if (process.getuid?.() !== 0) return { absent: 'needs root' };
  const named = process.env['HEDDLE_TEST_CONTAINER_HOST']?.replace(/^unix:\/\//, '');
  const places = named === undefined ? SOCKETS : [named];
  const socket = places.find(isThere);
  if (socket !== undefined) return { socket, absent: undefined };
  return { absent: `no container engine at ${places.join(' or ')}; HEDDLE_TEST_CONTAINER_HOST names another` };
}

function isThere(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
