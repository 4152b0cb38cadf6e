export { baseSettings } from './base-settings.js';
export { absolutePath, address, count, list, port, secret, url } from './fields.js';
export { ConfigError, loadConfig } from './load-config.js';
