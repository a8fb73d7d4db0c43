export * from './dataset/index.js';
export * from './label-map/index.js';
export * from './patch/index.js';
export * from './random/index.js';
export * from './split/index.js';
export * from './storage/index.js';
export * from './volume/index.js';
