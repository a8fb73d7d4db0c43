import { FlcError } from '@flc-native/errors';

/** One line of `events.jsonl`; only the fields that the curves read. Losses that were not finite are null. */
export interface TrainingRecord {
  readonly type: string;
  readonly step?: number | null;
  readonly loss?: number | null;
  readonly lossLast?: number | null;
  readonly lossLocal?: number | null;
  readonly lossGlobal?: number | null;
  readonly lossIntra?: number | null;
  readonly accuracy?: number | null;
  readonly best?: boolean;
  readonly reason?: string;
  readonly bestStep?: number | null;
}

/** The events of one training run. */
export interface TrainingHistory {
  readonly name: string;
  readonly events: readonly TrainingRecord[];
}

/**
 * Parses `events.jsonl`. A last line without its line end is dropped: a killed run may leave half a record.
 * @throws FlcError `DATA_ERROR` with the line's number for any other line that is no JSON object with a `type`.
 */
export function parseEvents(text: string): TrainingRecord[] {
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  const records = lines.flatMap((line, i) => (line.trim() === '' ? [] : [parseLine(line, i + 1)]));
  if (last.trim() !== '') {
    try {
      records.push(parseLine(last, lines.length + 1));
    } catch {
      // Half a record: the writer was stopped in the middle of it.
    }
  }
  return records;
}

function parseLine(line: string, number: number): TrainingRecord {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new FlcError('DATA_ERROR', `Line ${number} of the training events is no JSON.`, {
      cause,
    });
  }
  if (typeof value !== 'object' || value === null || !('type' in value)) {
    throw new FlcError('DATA_ERROR', `Line ${number} of the training events has no type.`);
  }
  return value as TrainingRecord;
}
