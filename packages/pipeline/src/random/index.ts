export { type Random, randomStream } from './random.js';
