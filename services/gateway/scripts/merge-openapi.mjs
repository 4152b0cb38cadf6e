/** What a stream looks like over REST: not the wrapped JSON that the generator assumes. */
const STREAM_CONTENT = {
  'heddle.v1.EventService/StreamEvents': {
    'text/event-stream': { schema: { $ref: '#/components/schemas/heddle.v1.Event' } },
  },
  'heddle.v1.EventService/StreamLogs': {
    'text/plain': { schema: { type: 'string' } },
    'text/event-stream': { schema: { $ref: '#/components/schemas/heddle.v1.LogLine' } },
  },
  'heddle.v1.ChangeService/DownloadPatch': { 'text/x-patch': { schema: { type: 'string' } } },
};

/** What the generator can't know: the answer of these is no document. */
const UPGRADES = {
  'heddle.v1.AttemptService/OpenTerminal': {
    101: {
      description:
        'A WebSocket: binary frames are input and output, text frames are the other messages of OpenTerminalRequest and OpenTerminalResponse as JSON. The first message is the path and the query (start.command, start.columns, start.rows). The end is a text frame with exitCode and close code 1000, or one with a google.rpc.Status and close code 4000.',
    },
  },
};

/**
 * One document of the whole API from the generator's one per proto file.
 * @param documents in a stable order
 * @param methods the gateway's catalog of rpcs
 */
export function mergeOpenapi(documents, methods) {
  const byId = new Map(methods.map((method) => [`${method.service.split('.').at(-1)}_${method.name}`, method]));
  const paths = {};
  const schemas = {};
  const tags = [];
  for (const document of documents) {
    for (const [path, operations] of Object.entries(document.paths ?? {})) {
      const target = (paths[withPlainVariables(path)] ??= {});
      for (const [verb, operation] of Object.entries(operations)) target[verb] = finished(operation, byId);
    }
    Object.assign(schemas, document.components?.schemas);
    tags.push(...(document.tags ?? []));
  }
  for (const [name, schema] of Object.entries(schemas))
    if (Array.isArray(schema.enum)) schemas[name] = openEnum(schema);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Heddle',
      version: 'v1',
      description:
        'Launches coding-agent tasks, reviews and lands their changes. Errors are google.rpc.Status with one ErrorInfo; its reason is stable, its text is not.',
    },
    security: [{ bearer: [] }],
    paths: sorted(paths),
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } }, schemas: sorted(schemas) },
    tags: tags.sort((a, b) => a.name.localeCompare(b.name)),
  };
}

function finished(operation, byId) {
  // The generator numbers further bindings of one rpc: StreamLogs, StreamLogs2.
  const method = byId.get(operation.operationId) ?? byId.get(operation.operationId.replace(/_?\d+$/, ''));
  if (method === undefined) throw new Error(`No rpc for the operation ${operation.operationId}`);
  const result = { ...operation, 'x-heddle-rpc': method.fullName };
  if (method.open) result.security = [];
  else result['x-heddle-role'] = method.role;
  if (method.planned) result['x-heddle-available'] = false;
  if (operation.parameters) {
    result.parameters = operation.parameters.map((parameter) =>
      parameter.in === 'path' ? { ...parameter, name: parameter.name.split('.').at(-1) } : parameter,
    );
  }
  const upgrade = UPGRADES[method.fullName];
  const { 200: _, ...others } = operation.responses ?? {};
  if (upgrade) result.responses = { ...upgrade, ...others };
  const stream = STREAM_CONTENT[method.fullName];
  if (stream) result.responses = { ...operation.responses, 200: { description: 'The stream.', content: stream } };
  return result;
}

/** `/x/{x.id}` beside `/x/{id}` would be the same path twice. */
function withPlainVariables(path) {
  return path.replaceAll(/\{[^}]*\.([^}.]+)\}/g, '{$1}');
}

/** Clients bear words that they don't know: v1 only grows. */
function openEnum({ enum: words, ...schema }) {
  const known = words.filter((word) => !String(word).endsWith('_UNSPECIFIED'));
  return { ...schema, anyOf: [{ type: 'string', enum: known }, { type: 'string' }] };
}

function sorted(object) {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
