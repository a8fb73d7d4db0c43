export { commands } from './commands/index.js';
export { main } from './main.js';
export { flagName } from './settings.js';
export { version } from './version.js';
