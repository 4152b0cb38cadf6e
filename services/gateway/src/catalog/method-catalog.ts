import type { DescMessage, DescMethod } from '@bufbuild/protobuf';
import { descriptorRegistry } from '@heddle/contracts/json';
import { httpBindings, methodAccess, type HttpBinding, type MethodAccess } from './method-options.js';

/** An rpc of the public API, as the descriptors tell it. */
export interface RpcMethod extends MethodAccess {
  /** For example `heddle.v1.BatchService/CreateBatch`. */
  readonly fullName: string;
  /** For example `heddle.v1.BatchService`. */
  readonly service: string;
  readonly name: string;
  readonly input: DescMessage;
  readonly output: DescMessage;
  readonly clientStreaming: boolean;
  readonly serverStreaming: boolean;
  readonly bindings: readonly HttpBinding[];
}

const PUBLIC_PACKAGE = 'heddle.v1';

/** Everything that the two doors know of the API: they are driven by this table and name no rpc themselves. */
export class MethodCatalog {
  private readonly byName: ReadonlyMap<string, RpcMethod>;

  constructor(readonly methods: readonly RpcMethod[] = readMethods()) {
    this.byName = new Map(methods.map((method) => [method.fullName, method]));
  }

  /** @throws Error for a name that the API does not have */
  get(fullName: string): RpcMethod {
    const method = this.byName.get(fullName);
    if (method === undefined) throw new Error(`No rpc ${fullName} in the descriptor set`);
    return method;
  }

  /** The public services with their methods. */
  services(): Map<string, RpcMethod[]> {
    const services = new Map<string, RpcMethod[]>();
    for (const method of this.methods) services.set(method.service, [...(services.get(method.service) ?? []), method]);
    return services;
  }
}

function readMethods(): RpcMethod[] {
  const registry = descriptorRegistry();
  const toRpc = (method: DescMethod): RpcMethod => ({
    ...methodAccess(method, registry),
    fullName: `${method.parent.typeName}/${method.name}`,
    service: method.parent.typeName,
    name: method.name,
    input: method.input,
    output: method.output,
    clientStreaming: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    serverStreaming: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    bindings: httpBindings(method, registry),
  });
  return [...registry]
    .filter((desc) => desc.kind === 'service')
    .filter((service) => service.file.proto.package === PUBLIC_PACKAGE)
    .flatMap((service) => service.methods.map(toRpc));
}
