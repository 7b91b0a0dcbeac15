// The real service and the real robots for a test: ports, data and administrator of their own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const PASSWORD = 'a password for tests';
const TOKEN = 'a-token-for-the-tests';
// `cargo xtask e2e` names the programs' folder.
const PROGRAMS = process.env.PIESHOP_TEST_PROGRAMS ?? fileURLToPath(new URL('../target/debug', import.meta.url));
export const JANE = {
  pieType: 'apple', name: 'Jane Doe', email: 'jane@example.com', phone: '+1-555-0123',
  street: '123 Main St', city: 'Springfield', state: 'IL', zip: '62701',
};

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A shop with its robots. `settings` are the service's, by the names of their variables. */
export class Shop {
  static async open(settings = {}) {
    const shop = new Shop();
    shop.folder = await mkdtemp(join(tmpdir(), 'pieshop-e2e-'));
    shop.settings = {
      // A life takes about five seconds.
      PIESHOP_PACE: '600',
      PIESHOP_DATABASE__URL: `sqlite://${shop.folder}/pieshop.db`,
      PIESHOP_AUTH__ADMIN_TOKEN: TOKEN,
      PIESHOP_AUTH__ADMIN_PASSWORD: PASSWORD,
      PIESHOP_LOG__FORMAT: 'json',
      // A robot that is away is given up within a second.
      PIESHOP_RETRY__BASE: '20ms',
      PIESHOP_BREAKER__OPEN_FOR: '100ms',
      // Jobs that a test holds up do not run out of time.
      PIESHOP_ROBOTS__PICKER__JOB_TIMEOUT: '480h',
      PIESHOP_ROBOTS__BAKER__JOB_TIMEOUT: '480h',
      PIESHOP_KITCHEN__WINDOW: '480h',
      ...settings,
    };
    await shop.#startRobots();
    const migrate = run('pieshop', ['migrate'], shop.settings);
    const [code] = await once(migrate, 'exit');
    assert.equal(code, 0, 'the database cannot be migrated');
    await shop.start();
    return shop;
  }

  /** Starts the service, again where it was before. `settings` are further ones. */
  async start(settings = {}) {
    const port = this.url ? new URL(this.url).port : '0';
    this.service = run('pieshop', ['serve', '--port', port], { ...this.settings, ...settings });
    const serving = await line(this.service, 'stdout', (text) => text.includes('"serving"'));
    this.url = `http://${JSON.parse(serving).address}`;
  }

  /** Ends the service at once, as a power cut does. */
  async stop() {
    await end(this.service);
  }

  async close() {
    await this.stop();
    await end(this.robots);
    await rm(this.folder, { recursive: true });
  }

  /** Makes a robot misbehave; an empty fault ends it. */
  async fault(robot, fault) {
    await json(`${this.kitchen[robot]}/faults`, { method: 'PUT', body: fault });
  }

  /** Orders a pie, without a browser; returns its number. */
  async order(fields = {}) {
    const body = { pieType: fields.pieType ?? JANE.pieType, ...contact(fields) };
    return (await json(`${this.url}/api/orders`, { method: 'POST', body })).orderId;
  }

  /** Changes contact and address of an order that nobody has edited. */
  async edit(id, fields) {
    await json(`${this.url}/api/orders/${id}`, { method: 'PATCH', body: contact(fields), headers: { 'if-match': '"0"' } });
  }

  async cancel(id) {
    await json(`${this.url}/api/orders/${id}/cancel`, { method: 'POST' });
  }

  /** Waits until an order is in a state. */
  async until(id, status) {
    let order;
    const reached = async () => {
      order = await json(`${this.url}/api/orders/${id}`);
      return order.status === status;
    };
    await until(reached, () => `does not become ${status}: ${JSON.stringify(order)}`);
  }

  /** Orders a pie that a robot begins and never ends; returns the order's number. */
  async orderStuckAt(robot, fields) {
    const jobs = async () => Object.values((await json(`${this.kitchen[robot]}/stats`)).jobs).reduce((a, b) => a + b);
    const before = await jobs();
    await this.fault(robot, { mode: 'stuck' });
    const id = await this.order(fields);
    await until(async () => await jobs() > before, () => `${robot} is not asked`);
    return id;
  }

  /** All orders that the service has. */
  async orders() {
    return (await json(`${this.url}/api/orders?limit=100`)).orders;
  }

  async #startRobots() {
    const flags = ['all', '--faults', '--port', '0', '--pace', this.settings.PIESHOP_PACE, '--failure-rate', '0'];
    this.robots = run('pie-robots', flags, {});
    this.kitchen = {};
    await line(this.robots, 'stderr', (text) => {
      const [, name, url] = /(\w+) robot listening on (\S+)/.exec(text) ?? [];
      if (name) this.kitchen[name] = url;
      return Object.keys(this.kitchen).length === 3;
    });
    for (const [name, url] of Object.entries(this.kitchen)) {
      this.settings[`PIESHOP_ROBOTS__${name.toUpperCase()}__URL`] = url;
    }
  }
}

/** Waits until `condition` holds; a test that waits too long fails with `complaint`. */
export async function until(condition, complaint = () => condition.toString()) {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) assert.fail(complaint());
    await pause(20);
  }
}

function run(program, flags, settings) {
  const ours = ([name]) => !name.startsWith('PIESHOP_');
  const env = { ...Object.fromEntries(Object.entries(process.env).filter(ours)), NO_COLOR: '1', ...settings };
  const child = spawn(join(PROGRAMS, program), flags, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.on('exit', () => running.delete(child));
  // What nobody reads must not stop the program.
  child.stdout.resume();
  child.complaints = '';
  child.stderr.on('data', (text) => { child.complaints = (child.complaints + text).slice(-2000); });
  return child;
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** The first line of a program's output that is looked for. */
async function line(child, output, wanted) {
  const lines = createInterface({ input: child[output] });
  for await (const text of lines) {
    if (wanted(text)) {
      lines.close();
      child[output].resume();
      return text;
    }
  }
  assert.fail(`${child.spawnfile} ended at its start: ${child.complaints}`);
}

function contact(fields) {
  const { name, email, phone, street, city, state, zip } = { ...JANE, ...fields };
  return { customer: { name, email, phone }, deliveryAddress: { street, city, state, zip } };
}

async function json(url, { method = 'GET', body, headers } = {}) {
  const all = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...headers };
  const answer = await fetch(url, { method, headers: all, body: body && JSON.stringify(body) });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${url}: ${answer.status} ${text}`);
  return JSON.parse(text);
}
