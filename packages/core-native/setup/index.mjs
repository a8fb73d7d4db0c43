export { cacheDir } from './cache-dir.mjs';
export { downloadWheels, ensureLibtorch } from './ensure-libtorch.mjs';
export { findLibtorch, linkCheckout } from './find-libtorch.mjs';
export { describePlatform, platformProblems, wantsCuda } from './platform.mjs';
export { SetupError } from './setup-error.mjs';
export { torchVersion, wheelSet } from './wheel-set.mjs';
