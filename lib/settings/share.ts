/** How a share is written in `berth.yml`: `20%`. */
export const sharePattern = /^([1-9]?[0-9]{1,3}(\.[0-9]{1,3})?)%$/;

/** The fraction that `20%` stands for, 0.2; undefined for anything else. */
export const shareOf = (text: string): number | undefined => {
  const [, percent] = sharePattern.exec(text) ?? [];
  return percent === undefined ? undefined : Number(percent) / 100;
};
