export * from './storage/index.js';
export * from './volume/index.js';
