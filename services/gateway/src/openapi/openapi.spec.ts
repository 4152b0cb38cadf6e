import type { DescMessage } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { descriptorRegistry } from '@heddle/contracts/json';
import { MethodCatalog, type RpcMethod } from '../catalog/method-catalog.js';
import { openapiDocument } from './openapi-document.js';

interface Operation {
  readonly operationId: string;
  readonly 'x-heddle-rpc': string;
  readonly 'x-heddle-available'?: boolean;
  readonly 'x-heddle-role'?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly security?: unknown[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<
      Record<
        string,
        { readonly properties?: object; readonly anyOf?: readonly { readonly enum?: readonly string[] }[] }
      >
    >;
  };
}

// When one of these fails: node services/gateway/scripts/generate-openapi.mjs
describe('openapi.json', () => {
  const document = JSON.parse(openapiDocument().toString()) as Document;
  const catalog = new MethodCatalog();
  const routes = catalog.methods.flatMap((method) => method.bindings.map((binding) => ({ method, binding })));

  it('is OpenAPI 3.1 without a path or an operation twice', () => {
    expect(document.openapi).toBe('3.1.0');
    const shapes = Object.keys(document.paths).map((path) => path.replaceAll(/\{[^}]+\}/g, '{}'));
    expect(new Set(shapes).size).toBe(shapes.length);
    const ids = operations().map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has every route, and no other', () => {
    const documented = Object.entries(document.paths).flatMap(([path, verbs]) =>
      Object.entries(verbs).map(([verb, operation]) => `${verb.toUpperCase()} ${path} ${operation['x-heddle-rpc']}`),
    );
    const declared = routes.map(
      ({ method, binding }) => `${binding.verb} ${plain(binding.template)} ${method.fullName}`,
    );
    expect(documented.sort()).toEqual(declared.sort());
  });

  it('has every query parameter of every route', () => {
    for (const { method, binding } of routes) {
      const operation = document.paths[plain(binding.template)]?.[binding.verb.toLowerCase()];
      const documented = (operation?.parameters ?? [])
        .filter((parameter) => parameter.in === 'query')
        .map(({ name }) => name.split('.')[0]);
      expect([binding.template, new Set(documented)]).toEqual([
        binding.template,
        new Set(queryFields(method, binding.template, binding.body)),
      ]);
    }
  });

  it('has every field of every message of an answer, and every enum word', () => {
    for (const message of reachable()) {
      const schema = document.components.schemas[message.typeName];
      expect([message.typeName, Object.keys(schema?.properties ?? {}).sort()]).toEqual([
        message.typeName,
        message.fields.map(({ jsonName }) => jsonName).sort(),
      ]);
      for (const field of message.fields) {
        if (field.enum === undefined || !field.enum.typeName.startsWith('heddle.')) continue;
        const known = document.components.schemas[field.enum.typeName]?.anyOf?.[0]?.enum;
        expect(known).toEqual(field.enum.values.filter(({ number }) => number !== 0).map(({ name }) => name));
      }
    }
  });

  it('says of each operation who may call it, and whether it is built', () => {
    for (const operation of operations()) {
      const method = catalog.get(operation['x-heddle-rpc']);
      expect(operation['x-heddle-role']).toBe(method.open ? undefined : method.role);
      expect(operation.security).toEqual(method.open ? [] : undefined);
      expect(operation['x-heddle-available']).toBe(method.planned ? false : undefined);
      if (method.planned) expect(`${operation.summary} ${operation.description}`).toContain('NOT_AVAILABLE');
    }
  });

  function operations(): Operation[] {
    return Object.values(document.paths).flatMap((verbs) => Object.values(verbs));
  }

  function plain(template: string): string {
    return template.replaceAll(/\{[^}]*\.([^}.]+)\}/g, '{$1}');
  }

  function queryFields(method: RpcMethod, template: string, body: string): string[] {
    if (body === '*') return [];
    return method.input.fields
      .filter((field) => field.name !== body && !template.includes(`{${field.name}}`))
      .map(({ jsonName }) => jsonName);
  }

  /** Messages that unary answers are made of. */
  function reachable(): DescMessage[] {
    const found = new Map<string, DescMessage>();
    const visit = (message: DescMessage | undefined): void => {
      if (message === undefined || !message.typeName.startsWith('heddle.v1.') || found.has(message.typeName)) return;
      found.set(message.typeName, message);
      message.fields.forEach((field) => visit(field.message));
    };
    catalog.methods
      .filter((method) => !method.serverStreaming)
      .forEach((method) => visit(descriptorRegistry().getMessage(method.output.typeName)));
    return [...found.values()];
  }
});
