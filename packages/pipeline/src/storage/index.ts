export { ioError, writeFileAtomic } from './atomic-file.js';
export { checkOutputFile, keepInputs } from './output-file.js';
export {
  formatSafetensors,
  parseSafetensors,
  parseSafetensorsHeader,
  type Safetensors,
  type SafetensorsHeader,
  type Tensor,
  type TensorData,
  type TensorDtype,
  type TensorEntry,
} from './safetensors.js';
export {
  readSafetensors,
  readSafetensorsHeader,
  readTensors,
  writeSafetensors,
} from './safetensors-file.js';
