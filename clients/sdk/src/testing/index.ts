export { FakeServer, json, refusal, sse, type Answer, type Routes, type SeenRequest } from './fake-server.js';
