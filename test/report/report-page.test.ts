import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { reportHtml } from '../../simulator/report/html.ts';
import { launchBrowser } from '../support/browser.ts';
import { describeWith } from '../support/external-tools.ts';
import { madeUpRun } from './made-up-runs.ts';

const runs = [
  madeUpRun('berth', 1, 2, 1),
  madeUpRun('berth', 2, 2, 1),
  madeUpRun('managed-scaling', 1, 15, 4),
  madeUpRun('managed-scaling', 2, 15, 4),
];
const options = { description: 'A day <nobody> lived through & nobody will.', command: 'npx berth simulate x.yml' };

describe('the report as text', () => {
  it('is the same page for the same runs, refers to nothing outside itself, and escapes what it is given', async () => {
    const page = await reportHtml(runs, options);
    expect(await reportHtml(runs, options)).toBe(page);
    expect(page).not.toMatch(/(?:src|href)\s*=/);
    expect(page).not.toMatch(/url\((?!#)/);
    expect(page).toContain('A day &lt;nobody&gt; lived through &amp; nobody will.');
    expect(page).not.toContain('<nobody>');
  });

  it('says that a run was interrupted', async () => {
    const cut = { ...madeUpRun('berth', 3, 2, 1), ranMs: 3_600_000 };
    expect(await reportHtml([cut], options)).toContain('1 of 1 runs were interrupted');
  });
});

describeWith('chromium', 'the report in a browser', () => {
  let folder: string;
  let browser: Browser;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-report-'));
    await writeFile(join(folder, 'report.html'), await reportHtml(runs, options));
    browser = await launchBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  const open = async (width: number): Promise<{ readonly page: Page; readonly complaints: readonly string[] }> => {
    const page = await browser.newPage({ viewport: { width, height: 800 } });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith('file:')) complaints.push(`request: ${request.url()}`);
    });
    await page.goto(pathToFileURL(join(folder, 'report.html')).href);
    await page.waitForSelector('html[data-drawn=true]');
    await page.waitForTimeout(50); // uPlot draws in a microtask after it is made
    return { page, complaints };
  };

  /** How many pixels of each chart are not empty. */
  const inked = async (page: Page): Promise<readonly number[]> =>
    await page.evaluate<number[]>(`[...document.querySelectorAll('canvas')].map((canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((value, n) => n % 4 === 3 && value > 0).length;
    })`);

  it('draws a chart of each contender and one of the waits, without a complaint or a request', async () => {
    const { page, complaints } = await open(1200);
    const ink = await inked(page);
    expect(ink).toHaveLength(3);
    for (const pixels of ink) expect(pixels).toBeGreaterThan(3000);
    expect(await page.locator('svg.lives').count()).toBe(2);
    expect(complaints).toEqual([]);
    const picture = await page.screenshot({ fullPage: true });
    expect(picture.byteLength).toBeGreaterThan(50_000);
  });

  it('draws anew when another measure is chosen', async () => {
    const { page, complaints } = await open(1200);
    await page.selectOption('#measure', 'memoryGib');
    await page.waitForTimeout(50);
    expect(await page.locator('#chart-0').innerText()).not.toContain('paid for'); // instances alone are paid for
    for (const pixels of await inked(page)) expect(pixels).toBeGreaterThan(3000);
    expect(complaints).toEqual([]);
  });

  it("shows a decision's reasons to the pointer and to the keyboard", async () => {
    const { page } = await open(1200);
    const line = page.locator('.log li[tabindex]').first();
    const reasons = line.locator('ul');
    expect(await reasons.isVisible()).toBe(false);
    await line.hover();
    expect(await reasons.isVisible()).toBe(true);
    await page.mouse.move(0, 0);
    expect(await reasons.isVisible()).toBe(false);
    await line.focus();
    expect(await reasons.isVisible()).toBe(true);
    expect(await reasons.innerText()).toContain('<0> tasks of service api have no place');
  });

  it.each([[390], [1200]])('does not scroll sideways at %i pixels, table aside', async (width) => {
    const { page } = await open(width);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
  });

  it('prints on pages of A4', async () => {
    const { page } = await open(1200);
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('#measure').isVisible()).toBe(false);
    expect((await page.pdf({ format: 'A4' })).byteLength).toBeGreaterThan(20_000);
  });
});
