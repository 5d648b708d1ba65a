import { afterAll, beforeAll, expect, it } from '@jest/globals';
import axe from 'axe-core';
import type { Browser, Locator, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { describeWith } from '../support/external-tools.ts';
import { type LiveWorld, liveWorld, smallDay } from './live-world.ts';

const minutes = 60_000;

interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** What the console said, and what was asked of anybody else. */
  readonly complaints: readonly string[];
}

describeWith('chromium', 'the live page in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
  });

  const open = async (
    live: LiveWorld,
    { width = 1280, colorScheme = 'light' }: { width?: number; colorScheme?: 'light' | 'dark' } = {},
  ): Promise<Opened> => {
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme,
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(live.page.url)) complaints.push(`request: ${request.url()}`);
    });
    await page.goto(live.page.url);
    await page.waitForSelector('html[data-drawn=true]');
    await page.waitForSelector('.berth');
    return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
  };

  /** A world that has settled, and stands still until the page lets it go on. */
  const settled = async (): Promise<LiveWorld> => {
    const live = await liveWorld(smallDay());
    await live.play(20 * minutes);
    live.goOn();
    return live;
  };

  const idsAt = (live: LiveWorld, zone?: string): readonly string[] =>
    [...(live.world.view.groups.get('large')?.instances.values() ?? [])]
      .filter(({ ec2 }) => ec2.state === 'pending' || ec2.state === 'running')
      .filter(({ ec2 }) => zone === undefined || ec2.machine.availabilityZone === zone)
      .map(({ ec2 }) => ec2.id)
      .sort();

  const berth = (page: Page, id: string): Locator => page.locator(`.berth[data-id="${id}"]`);
  const speed = (page: Page, name: string): Locator => page.getByRole('radio', { name, exact: true });
  const said = (page: Page, text: string | RegExp): Promise<void> => page.locator('#said', { hasText: text }).waitFor();

  /** Pixels of a chart that have one of the page's colours, light anti-aliasing allowed. */
  const pixelsOf = (page: Page, chart: string, colour: string): Promise<number> =>
    page.evaluate<number>(`(() => {
      const probe = document.createElement('canvas').getContext('2d');
      probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('${colour}').trim();
      probe.fillRect(0, 0, 1, 1);
      const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
      const canvas = document.querySelector('#${chart} canvas');
      const copy = Object.assign(document.createElement('canvas'), { width: canvas.width, height: canvas.height });
      copy.getContext('2d', { willReadFrequently: true }).drawImage(canvas, 0, 0);
      const { data } = copy.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let n = 0; n < data.length; n += 4)
        if (data[n + 3] > 200 && Math.abs(data[n] - r) + Math.abs(data[n + 1] - g) + Math.abs(data[n + 2] - b) < 60) count++;
      return count;
    })()`);

  it('shows what is there: quays, berths, figures, charts, reasons; without a complaint or a request elsewhere', async () => {
    await using live = await settled();
    await using opened = await open(live);
    const { page, complaints } = opened;

    expect(await page.locator('.quay').count()).toBe(3);
    const shown = await page.evaluate(`[...document.querySelectorAll('.berth')].map((it) => it.dataset.id).sort()`);
    expect(shown).toEqual(idsAt(live));
    const figures = await page.locator('#figures').innerText();
    expect(figures).toMatch(/^tasks running\s+10$/m);
    expect(figures).toMatch(/^tasks without a place\s+0$/m);
    expect(await page.locator('#subtitle').innerText()).toBe('a small <day> & its night, seed 1');
    expect(await page.locator('#feed .entry').count()).toBeGreaterThan(1);
    expect(await page.locator('#feed').innerText()).toContain('tasks without a place');
    expect(await pixelsOf(page, 'chart', '--use')).toBeGreaterThan(300);
    expect(await pixelsOf(page, 'chart', '--ink')).toBeGreaterThan(300);
    expect(await pixelsOf(page, 'waiting', '--alarm')).toBeGreaterThan(150);
    expect(complaints).toEqual([]);
  });

  it('tells each berth in words too: its load, its verdict and why', async () => {
    await using live = await settled();
    await using opened = await open(live);
    const { page } = opened;
    const first = page.locator('.berth').first();
    expect(await first.ariaSnapshot()).toMatch(/option "\w{5} CPU \d+ % mem \d+ % .+, \d+ tasks?"/);
    expect((await first.locator('.label').innerText()).length).toBeGreaterThan(3);

    await first.click();

    const chosen = await page.locator('#chosen').innerText();
    expect(chosen).toContain((await first.getAttribute('data-id')) ?? '?');
    expect(chosen).toContain('m5.large');
    expect(await page.locator('#chosen .verdict').innerText()).toMatch(/^[^\w\s] .+: .+/);
  });

  it('draws the charts anew for memory', async () => {
    await using live = await settled();
    await using opened = await open(live);
    const { page, complaints } = opened;
    await page.selectOption('#measure', 'Gib');
    await page.locator('#chart-text', { hasText: 'GiB' }).waitFor();
    await page.waitForTimeout(50); // uPlot draws in a microtask after it is made
    expect(await pixelsOf(page, 'chart', '--ink')).toBeGreaterThan(300);
    expect(complaints).toEqual([]);
  });

  it('stands still, and goes at the speed chosen', async () => {
    await using live = await settled();
    await using opened = await open(live);
    const { page } = opened;
    expect(await speed(page, 'Pause').isChecked()).toBe(true);
    const stood = live.clock.now();

    await speed(page, '×600').check({ force: true });
    await page.locator('#time', { hasNotText: '04:20' }).waitFor();
    expect(live.page.hooks.speed()).toBe(600);
    expect(live.clock.now()).toBeGreaterThan(stood);

    await speed(page, 'Fastest').check({ force: true });
    await page.locator('#pace', { hasText: /now ×\d+/ }).waitFor();
    expect(live.page.hooks.speed()).toBe(Number.POSITIVE_INFINITY);

    await speed(page, 'Pause').check({ force: true });
    await page.locator('#pace', { hasText: 'time stands still' }).waitFor();
    const then = live.clock.now();
    await page.waitForTimeout(300);
    expect(live.clock.now()).toBe(then);
  });

  it('kills the instance chosen, and another one comes in its place', async () => {
    await using live = await settled();
    await using opened = await open(live);
    const { page } = opened;
    const [victim = ''] = idsAt(live);
    await berth(page, victim).click();
    await page.click('#kill-it');
    await said(page, `Killed ${victim}`);
    expect(idsAt(live)).not.toContain(victim);
    await page.locator(`.berth[data-id="${victim}"][data-stage="dead"]`).waitFor();
    expect(await berth(page, victim).locator('.label').innerText()).toBe('dead');
    expect(await page.locator('#feed .from-you').innerText()).toContain(`Killed ${victim}`);

    await speed(page, '×600').check({ force: true });
    await berth(page, victim).waitFor({ state: 'detached' });
    await page.locator('#chosen-none', { hasText: `${victim} is gone` }).waitFor();
    await page.locator('.berth[data-stage="active"]').nth(2).waitFor();
    expect(idsAt(live)).toHaveLength(3);
  });

  it('kills the fullest where none is chosen', async () => {
    await using live = await settled();
    await using opened = await open(live);
    const { page } = opened;
    const tasks = [...(live.world.view.ecs.clusters.get('local')?.instances.values() ?? [])];
    const fullest = tasks.toSorted((a, b) => b.tasks.size - a.tasks.size)[0]?.ec2InstanceId ?? '';
    await page.getByRole('button', { name: 'Kill', exact: true }).click();
    await said(page, `Killed ${fullest}`);
  });

  it('interrupts a zone: its instances are in trouble, then gone, and their tasks run elsewhere', async () => {
    await using live = await settled();
    await using opened = await open(live);
    const { page } = opened;
    const victims = idsAt(live, 'eu-west-1b');
    await page.selectOption('#interrupt-zone', 'eu-west-1b');
    await page.getByRole('button', { name: 'Interrupt', exact: true }).click();
    await said(page, 'EC2 takes back all of eu-west-1b in two minutes: 1 instance.');
    for (const id of victims) {
      await page.locator(`.berth[data-id="${id}"][data-tone="trouble"]`).waitFor();
      expect(await berth(page, id).locator('.label').innerText()).toBe('EC2 takes it');
    }

    await speed(page, '×600').check({ force: true });
    for (const id of victims) await berth(page, id).waitFor({ state: 'detached' });
    await page.locator('#figures', { hasText: /tasks running\s*10/ }).waitFor();
    for (const id of victims) expect(idsAt(live)).not.toContain(id);
  });

  it('interrupts one instance', async () => {
    await using live = await settled();
    await using opened = await open(live);
    const { page } = opened;
    const [victim = ''] = idsAt(live);
    await berth(page, victim).click();
    await page.click('#interrupt-it');
    await said(page, `EC2 takes ${victim} back in two minutes.`);
    await page.locator(`.berth[data-id="${victim}"][data-tone="trouble"]`).waitFor();
  });

  it('deploys a service', async () => {
    await using live = await settled();
    await using opened = await open(live);
    const { page } = opened;
    const deployments = () => live.world.view.ecs.clusters.get('local')?.services.get('api')?.deployments.length;
    expect(deployments()).toBe(1);
    await page.selectOption('#deploy-service', 'api');
    await page.getByRole('button', { name: 'Deploy', exact: true }).click();
    await said(page, 'Deployed api: ECS replaces its 4 tasks.');
    expect(deployments()).toBe(2);
  });

  it('surges, and Berth launches what it takes', async () => {
    await using live = await settled();
    await using opened = await open(live);
    const { page, complaints } = opened;
    const before = idsAt(live).length;
    await page.selectOption('#surge-service', 'web');
    await page.fill('#surge-tasks', '30');
    await page.getByRole('button', { name: 'Surge', exact: true }).click();
    await said(page, 'web: 6 → 36 tasks');
    expect(live.world.view.ecs.clusters.get('local')?.services.get('web')?.desiredCount).toBe(36);

    await speed(page, '×60').check({ force: true });
    await page.locator('#figures dd[data-alarm]').waitFor(); // tasks wait
    await page.locator('.berth[data-stage="launching"]').first().waitFor();
    await page.locator('#feed .from-berth', { hasText: 'set the desired capacity of large' }).first().waitFor();
    await speed(page, '×600').check({ force: true });
    await page.locator('#services', { hasText: '36 of 36' }).waitFor();
    await page
      .locator('.berth[data-stage="active"]')
      .nth(before + 4)
      .waitFor();
    expect(idsAt(live).length).toBeGreaterThan(before + 4);
    expect(await pixelsOf(page, 'waiting', '--alarm')).toBeGreaterThan(150);
    expect(complaints).toEqual([]);
  });

  it('lets a zone run dry for a while: what is launched meanwhile comes elsewhere', async () => {
    await using live = await settled();
    await using opened = await open(live);
    const { page } = opened;
    await page.selectOption('#no-capacity-zone', 'eu-west-1c');
    await page.fill('#no-capacity-minutes', '30');
    await page.getByRole('button', { name: 'No capacity', exact: true }).click();
    await said(page, 'EC2 has no capacity in eu-west-1c for 30 minutes, until 04:50.');
    await page.locator('#faults', { hasText: 'EC2 has no capacity in eu-west-1c until 04:50.' }).waitFor();
    const there = idsAt(live, 'eu-west-1c');

    await page.fill('#surge-tasks', '20');
    await page.getByRole('button', { name: 'Surge', exact: true }).click();
    await live.play(15 * minutes);
    expect(idsAt(live, 'eu-west-1c')).toEqual(there);
    expect(idsAt(live).length).toBeGreaterThan(6);

    await live.play(20 * minutes);
    await page.locator('#faults', { hasNotText: 'capacity' }).waitFor({ state: 'hidden' });
  });

  it('says what cannot be done', async () => {
    await using live = await settled();
    await using opened = await open(live);
    const { page } = opened;
    await page.selectOption('#interrupt-zone', 'eu-west-1a');
    for (const id of idsAt(live, 'eu-west-1a')) live.world.killInstance(id);
    await page.getByRole('button', { name: 'Interrupt', exact: true }).click();
    await said(page, 'There is no instance in eu-west-1a: choose another zone.');
    expect(await page.locator('#said').getAttribute('data-ok')).toBe('false');
  });

  it('is worked with the keyboard alone', async () => {
    await using live = await settled();
    await using opened = await open(live);
    const { page } = opened;
    const focused = (): Promise<string> =>
      page.evaluate(
        "document.activeElement.id || document.activeElement.dataset.id || document.activeElement.value || ''",
      );
    const outlined = (): Promise<boolean> =>
      page.evaluate(
        "(() => { const it = document.activeElement; const of = it.matches('.speed input') ? it.nextElementSibling : it; return parseFloat(getComputedStyle(of).outlineWidth) >= 2; })()",
      );

    await page.keyboard.press('Tab'); // to the instances
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('quays-title');
    await page.keyboard.press('Tab');
    const first = await focused();
    expect(idsAt(live)).toContain(first);
    expect(await outlined()).toBe(true);
    await page.keyboard.press('Enter');
    expect(await page.locator('#chosen h3').innerText()).toBe(first);
    expect(await berth(page, first).getAttribute('aria-selected')).toBe('true');

    await page.locator('#speed input').first().focus();
    expect(await outlined()).toBe(true);
    await page.keyboard.press('ArrowRight');
    await page.waitForTimeout(200);
    expect(live.page.hooks.speed()).toBe(60);

    await page.locator('#deploy-service').focus();
    await page.keyboard.press('Tab');
    expect(await outlined()).toBe(true);
    await page.keyboard.press('Enter');
    await said(page, 'Deployed web');
  });

  it('leads from berth to berth of a quay with the arrow keys, and keeps the focus when one goes', async () => {
    await using live = await liveWorld(
      smallDay({
        groups: { large: { types: [{ instanceType: 'm5.large', pricePerHour: 0.096 }], minSize: 9, maxSize: 40 } },
      }),
    );
    await live.play(20 * minutes);
    live.goOn();
    await using opened = await open(live);
    const { page } = opened;
    const quay = page.locator('.quay').first();
    const ids = await page.evaluate<string[]>(
      `[...document.querySelector('.quay').querySelectorAll('.berth')].map((it) => it.dataset.id)`,
    );
    expect(ids).toHaveLength(3);
    const focused = (): Promise<string> => page.evaluate('document.activeElement.dataset.id');
    await quay.locator('.berth').first().click();
    await page.keyboard.press('ArrowRight');
    expect(await focused()).toBe(ids[1]);
    await page.keyboard.press('End');
    expect(await focused()).toBe(ids[2]);
    await page.keyboard.press('Home');
    expect(await focused()).toBe(ids[0]);
    expect(await quay.locator('[tabindex="0"]').count()).toBe(1);

    live.world.killInstance(ids[0] ?? '');
    await page.evaluate(`document.querySelector('#speed input[value="600"]').click()`); // the focus stays where it is
    await berth(page, ids[0] ?? '').waitFor({ state: 'detached' });
    expect(ids.slice(1)).toContain(await focused());
  });

  it('marks the tasks of the service chosen', async () => {
    await using live = await settled();
    await using opened = await open(live);
    const { page } = opened;
    const marked = (): Promise<number> =>
      page.evaluate(
        `[...document.querySelectorAll('.berth .cpu')].filter((it) => it.style.backgroundImage.includes('--mark')).length`,
      );
    expect(await marked()).toBe(0);
    await page.locator('#services button', { hasText: 'api' }).click();
    expect(await marked()).toBeGreaterThan(0);
    expect(await page.locator('#services button[aria-pressed=true]').innerText()).toContain('api');
    await page.locator('#services button', { hasText: 'api' }).click();
    expect(await marked()).toBe(0);
  });

  it.each([
    [1280, 'light'],
    [1280, 'dark'],
    [390, 'light'],
    [390, 'dark'],
  ] as const)(
    'has no serious finding of axe, and nothing to scroll sideways, at %i pixels in %s',
    async (width, colorScheme) => {
      await using live = await settled();
      const victims = idsAt(live);
      live.world.interruptSpot(victims[0] ?? '');
      live.world.killInstance(victims[1] ?? '');
      await using opened = await open(live, { width, colorScheme });
      const { page } = opened;
      await page.fill('#surge-tasks', '10');
      await page.getByRole('button', { name: 'Surge', exact: true }).click();
      await page.getByRole('button', { name: 'No capacity', exact: true }).click();
      await said(page, 'no capacity');
      await live.play(50_000); // some launch by now
      await page.locator('.berth[data-stage="launching"]').first().waitFor();
      await page.locator('.berth').first().click();
      await page.evaluate(axe.source);
      const found = await page.evaluate<readonly string[]>(
        `axe.run().then(({ violations }) => violations.filter((it) => ['serious', 'critical'].includes(it.impact)).map((it) => it.id + ': ' + it.nodes.map((node) => node.html + ' ' + node.failureSummary).join('; ')))`,
      );
      expect(found).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    },
  );

  it('waits for another run at its address, and shows that one', async () => {
    const live = await settled();
    const port = Number(new URL(live.page.url).port);
    await using opened = await open(live);
    const { page } = opened;
    await live[Symbol.asyncDispose]();
    await page.locator('#link', { hasText: 'The run is over' }).waitFor();

    await using again = await liveWorld(smallDay({ description: 'another day' }), port);
    await again.play(5 * minutes);
    await page.locator('#subtitle', { hasText: 'another day' }).waitFor();
    await page.locator('#link', { hasText: 'live' }).waitFor();
    expect(await page.locator('.berth').count()).toBe(3);
  });

  it('shows hundreds of instances, each in a few pixels, and goes on', async () => {
    await using live = await liveWorld(
      smallDay({
        groups: { large: { types: [{ instanceType: 'm5.large', pricePerHour: 0.096 }], minSize: 300, maxSize: 400 } },
      }),
    );
    await live.play(10 * minutes);
    await using opened = await open(live);
    const { page, complaints } = opened;
    await page.locator('.berth[data-stage="active"]').nth(299).waitFor();
    expect(await page.locator('#quays').getAttribute('data-size')).toBe('dense');
    live.goOn();
    await speed(page, 'Fastest').check({ force: true });
    await page.locator('#time', { hasText: '05:' }).waitFor();
    expect(complaints).toEqual([]);
  });
});
