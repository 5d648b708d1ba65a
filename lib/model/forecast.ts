import type { EpochMs } from './time.ts';

/** How many tasks a service will at least have use for, by its own past; made once a day. It raises a count, and never lowers one. */
export interface ServiceForecast {
  readonly service: string;
  readonly madeAt: EpochMs;
  /** From then on it says nothing: whoever makes forecasts has stopped. */
  readonly expiresAt: EpochMs;
  /** When the first of the floors begins. */
  readonly from: EpochMs;
  readonly periodMs: number;
  /** Tasks, one number a period; none where no signal's forecast has proved itself. */
  readonly floors: readonly number[];
}

/** Which days are like which: all of them, working days apart from weekends, or each weekday by itself. */
export type Season = 'everyDay' | 'weekends' | 'weekdays';

/** How a forecast did on days of the past that it was not shown. Losses are pinball losses of the quantile, in the metric's own unit. */
export interface Proof {
  readonly season: Season;
  /** How many periods of five minutes before and after the same time of another day are like it. */
  readonly reach: number;
  readonly days: number;
  readonly loss: number;
  /** Of the better seasonal-naive rule, as yesterday or as a week ago, with the margin that suits it best in hindsight. */
  readonly naiveLoss: number;
  /** Of the one level that suits best in hindsight. */
  readonly flatLoss: number;
}

/** Why a signal's past gives no floors. */
export type Unforecast = 'tooShort' | 'tooManyHoles' | 'ended' | 'notBetter';

/** What became of one signal's forecast. */
export type ForecastVerdict =
  | { readonly kind: 'used'; readonly proof: Proof }
  | { readonly kind: 'unused'; readonly why: Unforecast; readonly proof: Proof | undefined };
