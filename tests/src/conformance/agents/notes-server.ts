/**
 * The program of a server by the Model Context Protocol, for `node -e`: its one tool writes a note into the work tree. By hand, for
 * a sandbox has no packages.
 */
export const NOTES_SERVER = `
const { createInterface } = require('node:readline');
const { writeFileSync } = require('node:fs');
const inputSchema = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] };
const tools = [{ name: 'note', description: 'Writes a note', inputSchema }];
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  const answer = (result) => console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
  if (method === 'initialize') {
    const { protocolVersion } = params;
    answer({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'notes', version: '1' } });
  } else if (method === 'tools/list') answer({ tools });
  else if (method === 'tools/call') {
    writeFileSync('note.txt', params.arguments.text + process.env.NOTE_END);
    answer({ content: [{ type: 'text', text: 'noted' }] });
  } else if (id !== undefined) answer({});
});`;
