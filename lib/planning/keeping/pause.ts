import { stillAsked } from '../../model/asked-for.ts';
import { oncePer } from '../once.ts';
import type { View } from '../view.ts';

/** What a person has paused, as long as that lasts. */
export const pauseOf = oncePer(({ asked, now }: View) => stillAsked(asked, now).pause);
