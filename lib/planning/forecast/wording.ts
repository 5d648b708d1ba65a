import type { ForecastVerdict, Proof, Unforecast } from '../../model/forecast.ts';

const why: Readonly<Record<Unforecast, string>> = {
  tooShort: 'its past is shorter than two days',
  tooManyHoles: 'less than half of its past is known',
  ended: 'its metric has said nothing for half a day',
  notBetter: 'on its own past it is not better than yesterday, a week ago, or one level for all times',
};

const seasonWording = {
  everyDay: 'all days alike',
  weekends: 'weekends apart',
  weekdays: 'each weekday by itself',
} satisfies Record<Proof['season'], string>;

/** The forecast's loss as a share of that of the seasonal-naive rule, in per cent: from 100 on it is of no use. */
export const errorPercent = ({ loss, naiveLoss }: Proof): number => (100 * loss) / naiveLoss;

const worded = (proof: Proof): string =>
  `over ${proof.days} days, ${seasonWording[proof.season]}: pinball loss ${proof.loss.toPrecision(3)}, ` +
  `seasonal-naive ${proof.naiveLoss.toPrecision(3)}, one level ${proof.flatLoss.toPrecision(3)}`;

export const verdictWording = (verdict: ForecastVerdict): string => {
  if (verdict.kind === 'used') return `used; ${worded(verdict.proof)}`;
  return verdict.proof === undefined
    ? `not used: ${why[verdict.why]}`
    : `not used: ${why[verdict.why]}; ${worded(verdict.proof)}`;
};
