import type { FitEvent } from '@flc-native/classifier';
import type { Surroundings } from './command.js';
import { percent } from './format.js';
import type { Progress } from './progress.js';

/** Shows a fit as it goes: one bar for each of its three stages, with what counts there as the note. */
export function showFitEvents({ progress, note }: Surroundings) {
  let current: { readonly title: string; readonly bar: Progress } | undefined;
  let maxSteps = 0;
  let best = '';
  const stop = () => {
    current?.bar.stop();
    current = undefined;
  };
  const bar = (title: string): Progress => {
    if (current?.title !== title) {
      stop();
      current = { title, bar: progress(title) };
    }
    return current.bar;
  };
  return {
    event(event: FitEvent) {
      switch (event.type) {
        case 'start':
          maxSteps = event.config.maxSteps;
          note(
            `${event.device}, ${event.parameters} parameters, ${event.trainingPatches} training patches, ` +
              `${event.validationPatches} validation patches${event.resumed ? `, from step ${event.step} on` : ''}`,
          );
          for (const warning of event.warnings) note(`warning: ${warning}`);
          break;
        case 'step':
          bar('train').update(event.step, maxSteps, stepNote(event) + best);
          break;
        case 'evaluation':
          if (event.best)
            best = `, validation patches ${percent(event.accuracy)} at step ${event.step}`;
          break;
        case 'notice':
          note(`note: ${event.message}`);
          break;
        case 'label-maps':
          bar('label maps').update(event.done, event.total);
          break;
        case 'svm':
          bar('machine').update(event.done, event.total);
          break;
        default:
          break;
      }
    },
    stop,
  };
}

function stepNote(event: Extract<FitEvent, { type: 'step' }>): string {
  return `loss ${event.loss.toFixed(3)}, ${event.samplesPerSecond.toFixed(0)} patches/s`;
}
