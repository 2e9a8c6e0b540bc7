// How many jobs a second BullMQ claims and acknowledges, in one process; prints one line of JSON.
// usage: node bullmq_consumer.cjs SOCKET_OF_THE_STORE JOBS IN_FLIGHT
'use strict';
const { Queue, Worker } = require('bullmq');
const { version } = require('bullmq/package.json');

const [path, jobs, inFlight] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const BATCH = 1000;
const PAYLOAD = 'x'.repeat(200);
const connection = { path, maxRetriesPerRequest: null };

async function enqueue(queue) {
  for (let at = 0; at < jobs; at += BATCH) {
    const length = Math.min(BATCH, jobs - at);
    await queue.addBulk(Array.from({ length }, () => ({ name: 'job', data: { PAYLOAD } })));
  }
}

// Seconds from the start of the worker until the last job is acknowledged.
async function consume(worker) {
  await worker.waitUntilReady();
  const began = process.hrtime.bigint();
  await new Promise((resolve, reject) => {
    let left = jobs;
    worker.on('error', reject);
    worker.on('completed', () => {
      left -= 1;
      if (left === 0) resolve();
    });
    worker.run().catch(reject);
  });
  return Number(process.hrtime.bigint() - began) / 1e9;
}

async function main() {
  const queue = new Queue('peer', { connection });
  await enqueue(queue);
  const options = { connection, concurrency: inFlight, autorun: false };
  const worker = new Worker('peer', async () => {}, options);
  const seconds = await consume(worker);
  const said = { jobs_a_second: jobs / seconds, jobs, version: `BullMQ ${version}` };
  console.log(JSON.stringify(said));
  await worker.close(true);
  await queue.close();
}

main();
