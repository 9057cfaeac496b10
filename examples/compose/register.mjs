// Puts connectors in place, as `curl -X PUT …/connectors/<name>/config` would, and waits until all their tasks run.
//
//   node register.mjs URL=FOLDER…      URL: root of a worker's REST API; FOLDER: files {"name": …, "config": {…}}
//
// May run again: what is registered already is registered as it is. Ends with 1 when a worker refuses a connector, when a
// task fails, or when it has waited for three minutes. CONNECT_REST_AUTH_TOKEN: the workers' rest.auth.token, if they have one.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { argv, env, exit } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = Number(env.PAUSE_MS ?? 1000);
const GIVE_UP_MS = 180_000;
const token = env.CONNECT_REST_AUTH_TOKEN ?? '';

const begunMs = Date.now();
for (const argument of argv.slice(2)) {
  const [url, folder] = argument.split('=');
  if (!URL.canParse(url) || !folder)
    fail(`${argument}: give URL=FOLDER, such as http://127.0.0.1:8083=connectors`);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  const connectors = await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8'))),
  );
  for (const { name, config } of connectors) await register(url, name, config);
  for (const { name } of connectors) await awaitTasks(url, name);
}

async function register(url, name, config) {
  const path = `/connectors/${encodeURIComponent(name)}/config`;
  for (;;) {
    const { status, body } = await ask(url, path, { method: 'PUT', body: JSON.stringify(config) });
    if (status === 200 || status === 201)
      return console.log(`${name}: ${status === 201 ? 'created' : 'in place'}`);
    // 409: the workers are sharing tasks out; 5xx: one is starting.
    if (status !== 409 && status < 500) fail(`${name}: ${url} answers ${status}: ${body?.message ?? ''}`);
    await pause(`${name} is not registered: ${url} answers ${status}: ${body?.message ?? ''}`);
  }
}

async function awaitTasks(url, name) {
  for (;;) {
    const { status, body } = await ask(url, `/connectors/${encodeURIComponent(name)}/status`);
    const parts = status === 200 ? [body.connector, ...body.tasks] : [];
    const failed = parts.find(({ state }) => state === 'FAILED');
    if (failed) fail(`${name} failed: ${failed.trace?.split('\n')[0] ?? 'its log says why'}`);
    if (parts.length > 1 && parts.every(({ state }) => state === 'RUNNING'))
      return console.log(`${name}: running`);
    await pause(`${name} does not run: ${url} answers ${status}: ${JSON.stringify(body)}`);
  }
}

/** A request; a worker that cannot be reached is as one that answers 503. */
async function ask(url, path, request = {}) {
  const headers = {
    'content-type': 'application/json',
    ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
  };
  try {
    const answer = await fetch(new URL(path, url), {
      ...request,
      headers,
      signal: AbortSignal.timeout(30_000),
    });
    return { status: answer.status, body: await answer.json() };
  } catch (error) {
    return { status: 503, body: { message: String(error.cause ?? error) } };
  }
}

async function pause(reason) {
  if (Date.now() - begunMs > GIVE_UP_MS) fail(`gave up after ${GIVE_UP_MS / 1000} s: ${reason}`);
  await sleep(PAUSE_MS);
}

function fail(message) {
  console.error(message);
  exit(1);
}
