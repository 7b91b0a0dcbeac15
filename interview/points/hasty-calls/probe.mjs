// A robot that hangs is given up on, and one that is down is given time.
import { createServer } from 'node:http';
import { until } from '../../probes/shop.mjs';

const ORDERS = 12;
/** Three calls in less than this, in milliseconds, gave the robot no time; in more than that, they did. */
const [NO_TIME, TIME] = [100, 250];

/** Whether something comes true in so many milliseconds. */
const within = (patience, condition) => until(condition, '', patience).then(() => true, () => false);

/** A picker that is down; `calls` holds when each job was asked for. */
const downPicker = async () => {
  const calls = new Map();
  const server = createServer((request, response) => {
    const key = request.headers['idempotency-key'];
    if (key) calls.set(key, [...(calls.get(key) ?? []), performance.now()]);
    request.resume();
    response.writeHead(503, { 'content-type': 'application/json' }).end('{"error":"UNAVAILABLE","message":"Down"}');
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return { calls, url: `http://127.0.0.1:${server.address().port}`, close: () => { server.closeAllConnections(); server.close(); } };
};

const hanging = async (t) => {
  const shop = await t.shop({ PIESHOP_ROBOTS__PICKER__CALL_TIMEOUT: '1s' });
  const early = await shop.order();
  await shop.until(early, 'PREPPING', 'BAKING', 'DELIVERING', 'COMPLETED');
  await shop.fault('picker', { mode: 'slow', latencyMs: 60_000 });
  const late = await shop.order();
  const calls = async () => Math.max(0, ...Object.values((await shop.stats('picker')).keys).map((it) => it.calls));
  const repeated = await within(5_000, async () => (await calls()) > 1);
  t.check('a call that is not answered in its time is given up and made again', repeated, `${await calls()} calls in 5 s, with a time-out of 1 s`);
  t.require('an order that another robot works on goes on', (await shop.until(early, 'COMPLETED', 'ERROR'))?.status === 'COMPLETED');
  const accepted = await shop.order();
  t.require('orders are still accepted', Boolean(accepted));
  await shop.fault('picker', {});
  const picked = await within(5_000, async () => !['ORDERED', 'PICKING'].includes((await shop.look(late)).status));
  t.check('the order goes on when the robot is well again', picked, `5 s later it is ${(await shop.look(late)).status}`);
  const { keys } = await shop.stats('picker');
  t.require('no fruit is picked twice', Object.values(keys).every((it) => it.jobs === 1), JSON.stringify(keys).slice(0, 300));
};

const down = async (t) => {
  const picker = await downPicker();
  try {
    const shop = await t.shop();
    await shop.kill();
    await shop.start({ PIESHOP_ROBOTS__PICKER__URL: picker.url });
    await Promise.all(Array.from({ length: ORDERS }, () => shop.order()));
    await within(4_000, () => picker.calls.size === ORDERS && [...picker.calls.values()].every((times) => times.length >= 3));
    // Of each job, from its first call to its third; a job that was not called so often was given time.
    const spans = [...picker.calls.values()].map(([first, , third]) => (third ?? Infinity) - first).sort((a, b) => a - b);
    const usual = spans[Math.floor(spans.length / 2)];
    const again = await within(15_000, () => [...picker.calls.values()].some((times) => times.length > 1));
    t.require('a call that failed is made again', again, `${spans.length} jobs, all asked for once`);
    if (usual > NO_TIME && usual < TIME) t.undecided(`three calls of one job take ${Math.round(usual)} ms, usually`);
    t.check('a robot that is down is given time between the calls', usual >= TIME, `three calls of one job take ${Math.round(usual)} ms, usually`);
  } finally {
    picker.close();
  }
};

export default async (t) => {
  await Promise.all([hanging(t), down(t)]);
};
