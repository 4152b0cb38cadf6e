import type { ModelEndpoint } from '@heddle/domain';

/** Programs differ in whether they put the version of the interface into the path of their calls themselves. */
export function withPath(url: string, path: string): string {
  return url.endsWith(path) ? url : `${url}${path}`;
}

export function withoutPath(url: string, path: string): string {
  return url.endsWith(path) ? url.slice(0, -path.length) : url;
}

/** Where its model is, for a program that the platform does not know. */
export function modelVariables(model: ModelEndpoint | undefined): Readonly<Record<string, string>> {
  return model === undefined ? {} : { HEDDLE_MODEL_PROVIDER: model.provider, HEDDLE_MODEL_BASE_URL: model.baseUrl };
}
