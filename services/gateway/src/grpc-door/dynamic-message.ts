import { binaryToJson, jsonToBinary, type JsonValue } from '@heddle/contracts/json';

export type JsonObject = Record<string, JsonValue>;

export interface DynamicMessage {
  readonly serialize: (json: JsonObject) => Buffer;
  readonly deserialize: (bytes: Buffer) => JsonObject;
}

/** Serializers of a message by its descriptor, as canonical JSON objects: for the few protocols that are not generated. */
export function dynamicMessage(typeName: string): DynamicMessage {
  return {
    serialize: (json) => Buffer.from(jsonToBinary(typeName, json)),
    deserialize: (bytes) => binaryToJson(typeName, bytes) as JsonObject,
  };
}
