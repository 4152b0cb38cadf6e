import { status, type Server, type ServerDuplexStream } from '@grpc/grpc-js';
import { dynamicMessage, type JsonObject } from './dynamic-message.js';
import { ReflectedFiles } from './reflected-files.js';

type Call = ServerDuplexStream<JsonObject, JsonObject>;

const VERSIONS = ['grpc.reflection.v1', 'grpc.reflection.v1alpha'];
const OWN_SERVICES = ['grpc.health.v1.Health', ...VERSIONS.map((version) => `${version}.ServerReflection`)];

/** Server reflection (v1 and v1alpha) over the compiled descriptor set, as it was compiled, with all imports. */
export class GrpcReflection {
  private readonly files: ReflectedFiles;
  private readonly services: readonly string[];

  constructor(publicServices: readonly string[]) {
    this.services = [...publicServices, ...OWN_SERVICES].sort();
    this.files = new ReflectedFiles(this.services);
  }

  addTo(server: Server): void {
    for (const version of VERSIONS) {
      const request = dynamicMessage(`${version}.ServerReflectionRequest`);
      const response = dynamicMessage(`${version}.ServerReflectionResponse`);
      server.addService(
        {
          ServerReflectionInfo: {
            path: `/${version}.ServerReflection/ServerReflectionInfo`,
            requestStream: true,
            responseStream: true,
            requestSerialize: request.serialize,
            requestDeserialize: request.deserialize,
            responseSerialize: response.serialize,
            responseDeserialize: response.deserialize,
          },
        },
        {
          ServerReflectionInfo: (call: Call) => {
            call.on('data', (question: JsonObject) =>
              call.write({ validHost: question['host'] ?? '', originalRequest: question, ...this.answer(question) }),
            );
            call.on('end', () => call.end());
          },
        },
      );
    }
  }

  private answer(question: JsonObject): JsonObject {
    const { fileByFilename, fileContainingSymbol, fileContainingExtension, allExtensionNumbersOfType } = question;
    if (typeof fileByFilename === 'string') return filesOr(this.files.byName(fileByFilename), fileByFilename);
    if (typeof fileContainingSymbol === 'string')
      return filesOr(this.files.bySymbol(fileContainingSymbol), fileContainingSymbol);
    if (isObject(fileContainingExtension)) {
      const { containingType, extensionNumber } = fileContainingExtension;
      if (typeof containingType !== 'string' || typeof extensionNumber !== 'number')
        return filesOr(undefined, 'an extension');
      return filesOr(
        this.files.byExtension(containingType, extensionNumber),
        `extension ${extensionNumber} of ${containingType}`,
      );
    }
    if (typeof allExtensionNumbersOfType === 'string') {
      const extensionNumber = this.files.extensionNumbers(allExtensionNumbersOfType);
      return { allExtensionNumbersResponse: { baseTypeName: allExtensionNumbersOfType, extensionNumber } };
    }
    return { listServicesResponse: { service: this.services.map((name) => ({ name })) } };
  }
}

function filesOr(files: readonly Uint8Array[] | undefined, sought: string): JsonObject {
  if (files === undefined)
    return { errorResponse: { errorCode: status.NOT_FOUND, errorMessage: `${sought} is not known here` } };
  return { fileDescriptorResponse: { fileDescriptorProto: files.map((file) => Buffer.from(file).toString('base64')) } };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
