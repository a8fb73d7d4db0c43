import { freemem, totalmem } from 'node:os';
import { toFlcError } from '@flc-native/errors';

/** One thing that was found. */
export interface Fact {
  readonly name: string;
  readonly value: unknown;
  readonly text: string;
}

/** One thing that is wrong. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly remedy: string;
}

export interface Diagnosis {
  readonly facts: readonly Fact[];
  readonly findings: readonly Finding[];
  /** Whether the network runs on the CPU. */
  readonly usable: boolean;
}

export async function diagnose(): Promise<Diagnosis> {
  const facts: Fact[] = [];
  const findings: Finding[] = [];
  return {
    facts,
    findings,
    usable: findings.length === 0 && totalmem() > freemem() - 1 && toFlcError !== undefined,
  };
}
