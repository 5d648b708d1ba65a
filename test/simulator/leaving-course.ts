import { type Course, courseOf } from '../support/course.ts';
import { largeGroup, packedService } from '../support/scenarios.ts';

/** One group named `web` of m5.large, 2,048 CPU units each. */
export const web = (minSize: number, maxSize: number, desiredCapacity = minSize) => ({
  web: largeGroup(minSize, maxSize, desiredCapacity),
});

/**
 * As many instances as asked for, each with one `api` task of 768 CPU units and one of `fill`, of 1,200: no two of `fill`
 * fit on an instance, and no second `api` beside a `fill`. With fewer of `fill` there is room to consolidate.
 */
export const halves = async (
  count: number,
  {
    api = {},
    settings = {},
    groups = {},
  }: {
    readonly api?: Readonly<Record<string, unknown>>;
    readonly settings?: Readonly<Record<string, unknown>>;
    readonly groups?: Readonly<Record<string, unknown>>;
  } = {},
): Promise<Course> => {
  const course = await courseOf(
    {
      groups: web(1, 20, count),
      services: {
        fill: { ...packedService(1_200, 1_024, { count }), stop: { low: '1s', high: '1s' } },
        api: { ...packedService(768, 1_024, { count: 0 }), ...api },
      },
    },
    { defaults: { peakWindow: '0s', ...settings }, settings: { groups } },
  );
  await course.until(() => course.running('fill') === count, 10);
  course.setCount('api', count);
  await course.until(() => course.running('api') === count, 10);
  await course.pass(3);
  return course;
};
