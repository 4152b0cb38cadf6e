import type { AgentPlaces } from '../agent-adapter.js';

/** A program of the tool layer, or the one in PATH where there is no layer. */
export function nativeProgram(name: string, { tools }: AgentPlaces): string[] {
  return [tools === undefined ? name : installed(name, tools)];
}

/** As `nativeProgram`, of a program in JavaScript: by the given Node, since PATH inside need not have one. */
export function scriptProgram(name: string, { tools, node }: AgentPlaces): string[] {
  if (tools === undefined) return [name];
  return [...(node === undefined ? [] : [node]), installed(name, tools)];
}

function installed(name: string, tools: string): string {
  return `${tools}/node_modules/.bin/${name}`;
}
