import { defaultElsewhere, number } from './option.js';

/** What registering in several threads may take; of register and prepare. */
export const registrationMemory = defaultElsewhere(
  number('memory that workers that register may take together, GiB; one always works', {
    min: 0.1,
  }),
  'four fifths of what is free',
);
