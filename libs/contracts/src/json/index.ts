import { readFileSync } from 'node:fs';
import {
  createFileRegistry,
  fromBinary,
  fromJson,
  toBinary,
  toJson,
  type DescMessage,
  type FileRegistry,
  type JsonValue,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema, type FileDescriptorSet } from '@bufbuild/protobuf/wkt';

/** The compiled descriptors of proto/ with all imports, as bytes of a google.protobuf.FileDescriptorSet. */
export function descriptorSetBytes(): Uint8Array {
  return readFileSync(new URL('../descriptors.binpb', import.meta.url));
}

let cached: { set: FileDescriptorSet; registry: FileRegistry } | undefined;

function load(): { set: FileDescriptorSet; registry: FileRegistry } {
  if (cached === undefined) {
    const set = fromBinary(FileDescriptorSetSchema, descriptorSetBytes());
    cached = { set, registry: createFileRegistry(set) };
  }
  return cached;
}

export function descriptorRegistry(): FileRegistry {
  return load().registry;
}

export function messageDescriptor(typeName: string): DescMessage {
  const descriptor = load().registry.getMessage(typeName);
  if (descriptor === undefined) throw new Error(`No message ${typeName} in the descriptor set`);
  return descriptor;
}

/** A generated codec (ts-proto) of the same message. */
export interface Codec<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

/**
 * Canonical proto3 JSON of a message: plain fields always, what can be missing is absent.
 * @param typeName full name, for example `heddle.v1.Attempt`
 */
export function toCanonicalJson<T>(typeName: string, codec: Codec<T>, message: T): JsonValue {
  return binaryToJson(typeName, codec.encode(message).finish());
}

/** Any proto3 JSON form; an unknown key or enum word throws. */
export function fromCanonicalJson<T>(typeName: string, codec: Codec<T>, json: JsonValue): T {
  return codec.decode(jsonToBinary(typeName, json));
}

export function binaryToJson(typeName: string, bytes: Uint8Array): JsonValue {
  const registry = load().registry;
  return toJson(messageDescriptor(typeName), fromBinary(messageDescriptor(typeName), bytes), {
    registry,
    alwaysEmitImplicit: true,
  });
}

export function jsonToBinary(typeName: string, json: JsonValue): Uint8Array {
  const registry = load().registry;
  const descriptor = messageDescriptor(typeName);
  return toBinary(descriptor, fromJson(descriptor, json, { registry }));
}

export type { JsonValue };
