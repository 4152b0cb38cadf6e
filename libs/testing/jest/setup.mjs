// In native ESM Jest does not make `jest` global, and decorators need their metadata before any class is loaded.
import { jest } from '@jest/globals';
import 'reflect-metadata';

globalThis.jest = jest;
