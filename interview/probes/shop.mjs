// A candidate's service with our own robots: ports, data and administrator of its own.
//
// Only what the README promises is relied on: commands, variables, paths and fields.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const { PIESHOP_CANDIDATE, PIESHOP_ROBOTS_PROGRAM } = process.env;
/** How long the service may take to start, and an order to come to its end. */
const PATIENCE = 20_000;
/** The candidate's service may have this much address space, where the system can say so. */
const LIMIT = ['prlimit', '--as=4294967296', '--'];
const limited = spawnSync(LIMIT[0], [...LIMIT.slice(1), 'true']).status === 0;
/** Kept of what a program says; one that says more than this is ended. */
const MOST_OUTPUT = 16 * 1024 * 1024;

export const JANE = {
  customer: { name: 'Jane Doe', email: 'jane@example.com', phone: '+1-555-0123' },
  deliveryAddress: { street: '123 Main St', city: 'Springfield', state: 'IL', zip: '62701' },
};

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class Shop {
  token = 'a-token-for-the-probes';
  password = 'a password for the probes';
  kitchen = {};

  /** `settings` are the service's, by the names of their variables; `robots` are flags of our robots. */
  static async open({ robots = [], ...settings } = {}) {
    const shop = new Shop();
    shop.folder = await mkdtemp(join(tmpdir(), 'pieshop-probe-'));
    shop.settings = {
      // A life takes about two seconds.
      PIESHOP_PACE: '2000',
      PIESHOP_DATABASE__URL: `sqlite://${shop.folder}/pieshop.db`,
      PIESHOP_AUTH__ADMIN_TOKEN: shop.token,
      PIESHOP_AUTH__ADMIN_PASSWORD: shop.password,
      // Jobs that a probe holds up do not run out of time.
      PIESHOP_ROBOTS__PICKER__JOB_TIMEOUT: '480h',
      PIESHOP_ROBOTS__BAKER__JOB_TIMEOUT: '480h',
      ...settings,
    };
    await shop.#startRobots(robots);
    await shop.start();
    return shop;
  }

  /** Starts the service, again where it was before. `settings` are further ones. */
  async start(settings = {}) {
    const port = this.url ? new URL(this.url).port : String(await freePort());
    this.settings = { ...this.settings, ...settings };
    const migrate = run(PIESHOP_CANDIDATE, ['migrate'], this.settings);
    const code = await migrate.ended;
    if (code !== 0) throw new Error(`pieshop migrate failed: ${migrate.said.slice(-500)}`);
    this.service = run(PIESHOP_CANDIDATE, ['serve', '--port', port], this.settings, this.service?.said);
    this.url = `http://127.0.0.1:${port}`;
    await until(async () => {
      if (this.service.exitCode !== null || this.service.signalCode !== null) throw new Error(`pieshop serve ended: ${this.service.said.slice(-500)}`);
      return (await fetch(`${this.url}/healthz`).catch(() => null))?.ok;
    }, 'the service does not answer /healthz');
  }

  /** Ends the service at once, as a power cut does. */
  async kill() {
    this.service.kill('SIGKILL');
    await this.service.ended;
  }

  /** All that the service has said so far, on both outputs. */
  log() {
    return this.service.said;
  }

  async close() {
    for (const child of [this.service, this.robots]) {
      child?.kill('SIGKILL');
      await child?.ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Sends a request; answers status, headers, text, and the body where it is JSON. */
  async call(method, path, { body, headers = {}, administrator = false, timeout = 10_000 } = {}) {
    const all = { ...(administrator && { authorization: `Bearer ${this.token}` }), ...headers };
    if (body !== undefined) all['content-type'] ??= 'application/json';
    const answer = await fetch(this.url + path, {
      method, headers: all, body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
      redirect: 'manual', signal: AbortSignal.timeout(timeout),
    });
    const text = await answer.text();
    let json = null;
    try { json = JSON.parse(text); } catch { /* Then it is none. */ }
    return { status: answer.status, headers: answer.headers, text, body: json };
  }

  /** Orders a pie, as a customer; returns the order's id. */
  async order(fields = {}, headers = {}) {
    const answer = await this.call('POST', '/api/orders', { body: { pieType: 'apple', ...JANE, ...fields }, headers });
    if (answer.status !== 201) throw new Error(`an order was answered ${answer.status}: ${answer.text.slice(0, 300)}`);
    return answer.body.orderId;
  }

  /** An order as its customer sees it. */
  async look(id) {
    return (await this.call('GET', `/api/orders/${id}`)).body;
  }

  /** Waits until an order is in one of these states; answers it as it is then, or as it is when patience ends. */
  async until(id, ...states) {
    let order;
    await until(async () => states.includes((order = await this.look(id))?.status), '').catch(() => {});
    return order;
  }

  /** Makes a robot misbehave; an empty fault ends it. */
  async fault(robot, fault) {
    const answer = await fetch(`${this.kitchen[robot]}/faults`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(fault) });
    if (!answer.ok) throw new Error(`the ${robot} takes no fault: ${answer.status}`);
  }

  /** What a robot counted: jobs by state, calls and jobs by key. */
  async stats(robot) {
    return (await fetch(`${this.kitchen[robot]}/stats`)).json();
  }

  async #startRobots(more) {
    const flags = ['all', '--faults', '--port', '0', '--pace', this.settings.PIESHOP_PACE, '--failure-rate', '0', ...more];
    this.robots = run(PIESHOP_ROBOTS_PROGRAM, flags, {});
    await until(() => {
      for (const [, name, url] of this.robots.said.matchAll(/(\w+) robot listening on (\S+)/g)) this.kitchen[name] = url;
      return Object.keys(this.kitchen).length === 3;
    }, 'the robots do not start');
    for (const [name, url] of Object.entries(this.kitchen)) this.settings[`PIESHOP_ROBOTS__${name.toUpperCase()}__URL`] = url;
  }
}

/** Waits until `condition` holds. */
export async function until(condition, complaint, patience = PATIENCE) {
  const deadline = Date.now() + patience;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(complaint);
    await pause(20);
  }
}

async function freePort() {
  const server = createServer();
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

/** Runs a program; `said` collects what it says, `ended` resolves with its exit code. */
function run(program, flags, settings, said = '') {
  const ours = ([name]) => !name.startsWith('PIESHOP_');
  const env = { ...Object.fromEntries(Object.entries(process.env).filter(ours)), NO_COLOR: '1', ...settings };
  const command = [...(limited && program === PIESHOP_CANDIDATE ? LIMIT : []), program, ...flags];
  const child = spawn(command[0], command.slice(1), { env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.said = said;
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding('utf8');
    output.on('data', (text) => {
      child.said += text;
      if (child.said.length > MOST_OUTPUT) child.kill('SIGKILL');
    });
  }
  child.ended = new Promise((ended) => {
    child.on('error', (error) => { child.said += error.message; ended(-1); });
    child.on('exit', (code) => { running.delete(child); ended(code); });
  });
  return child;
}
