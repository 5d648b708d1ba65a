import { SingleBar } from 'cli-progress';
import type { InstanceFigures } from '../simulator/score/instances.ts';

export interface Progress {
  readonly show: (done: number, instances: InstanceFigures) => void;
  readonly end: () => void;
}

const silent: Progress = { show: () => undefined, end: () => undefined };

/** A bar on a terminal, a line each tenth of the way elsewhere, nothing where there is no stream. */
export const progressBar = (stream: NodeJS.WriteStream | undefined, startMs: number, durationMs: number): Progress => {
  if (stream === undefined) return silent;
  const describe = (done: number, { atEnd, launches, terminations }: InstanceFigures): string =>
    `${timeOf(startMs + done * durationMs)}  ${atEnd} instances, ${launches} launched, ${terminations} terminated`;
  if (!stream.isTTY) {
    let tenths = 0;
    return {
      show: (done, instances) => {
        if (Math.floor(done * 10) <= tenths) return;
        tenths = Math.floor(done * 10);
        stream.write(`${String(tenths * 10).padStart(3)} %  ${describe(done, instances)}\n`);
      },
      end: () => undefined,
    };
  }
  const bar = new SingleBar({ format: '[{bar}] {percentage} %  {text}', stream, hideCursor: true, barsize: 20 });
  bar.start(100, 0, { text: '' });
  return {
    show: (done, instances) => {
      bar.update(Math.floor(done * 100), { text: describe(done, instances) });
    },
    end: () => {
      bar.stop();
    },
  };
};

const timeOf = (ms: number): string => new Date(ms).toISOString().slice(5, 16).replace('T', ' ');
