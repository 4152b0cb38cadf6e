import { toBinary, type DescEnum, type DescFile, type DescMessage } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { descriptorRegistry } from '@heddle/contracts/json';

/** google.rpc.Status and its details travel as bytes that no service's file imports; clients want to read them too. */
const EXTRA_FILES = ['google/rpc/error_details', 'google/rpc/status'];

/** The files that served services are declared in, and all that they import; never the internal ones. */
export class ReflectedFiles {
  private readonly files = new Map<string, DescFile>();
  private readonly symbols = new Map<string, DescFile>();
  private readonly extensions = new Map<string, DescFile>();

  constructor(services: readonly string[]) {
    const registry = descriptorRegistry();
    for (const name of services) {
      const service = registry.getService(name);
      if (service !== undefined) this.add(service.file);
    }
    for (const file of registry.files) if (EXTRA_FILES.includes(file.name)) this.add(file);
  }

  /** The file and what it imports, directly or not, each as a binary FileDescriptorProto. */
  byName(name: string): Uint8Array[] | undefined {
    return closure(this.files.get(name));
  }

  /** A message, enum, service, method or extension by its full name. */
  bySymbol(symbol: string): Uint8Array[] | undefined {
    return closure(this.symbols.get(symbol));
  }

  byExtension(extendee: string, number: number): Uint8Array[] | undefined {
    return closure(this.extensions.get(`${extendee} ${number}`));
  }

  extensionNumbers(extendee: string): number[] {
    return [...this.extensions.keys()]
      .filter((key) => key.startsWith(`${extendee} `))
      .map((key) => Number(key.split(' ')[1]));
  }

  private add(file: DescFile): void {
    const name = file.proto.name;
    if (this.files.has(name)) return;
    this.files.set(name, file);
    for (const message of file.messages) this.addMessage(message);
    for (const item of file.enums) this.addEnum(item);
    for (const extension of file.extensions) {
      this.symbols.set(extension.typeName, file);
      this.extensions.set(`${extension.extendee.typeName} ${extension.number}`, file);
    }
    for (const service of file.services) {
      this.symbols.set(service.typeName, file);
      for (const method of service.methods) this.symbols.set(`${service.typeName}.${method.name}`, file);
    }
    for (const dependency of file.dependencies) this.add(dependency);
  }

  private addMessage(message: DescMessage): void {
    this.symbols.set(message.typeName, message.file);
    for (const field of message.fields) this.symbols.set(`${message.typeName}.${field.name}`, message.file);
    for (const nested of message.nestedMessages) this.addMessage(nested);
    for (const nested of message.nestedEnums) this.addEnum(nested);
  }

  private addEnum(item: DescEnum): void {
    this.symbols.set(item.typeName, item.file);
  }
}

function closure(file: DescFile | undefined): Uint8Array[] | undefined {
  if (file === undefined) return undefined;
  const found = new Set<DescFile>();
  const visit = (next: DescFile): void => {
    if (found.has(next)) return;
    found.add(next);
    next.dependencies.forEach(visit);
  };
  visit(file);
  return [...found].map((each) => toBinary(FileDescriptorProtoSchema, each.proto));
}
