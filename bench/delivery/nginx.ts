import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { childrenOf } from '../memory.ts';
import { freePort, stopped } from './processes.ts';

/** Milliseconds that nginx is given to start its worker. */
const START_MS = 5_000;

/** nginx serving the files of one folder, by one worker process that has the id told here. */
export async function startNginx(
  folder: string,
  root: string,
): Promise<{ url: string; pid: number; stop(): Promise<void> }> {
  const port = await freePort();
  const config = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  await writeFile(
    config,
    `daemon off;
# The folder of the bench is for its owner alone; said to anybody but root, this is nothing.
user root root;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
  types { image/webp webp; image/jpeg jpg; }
  ${temporary.map((name) => `${name}_temp_path ${folder}/nginx-${name};`).join(' ')}
  server { listen 127.0.0.1:${port}; root ${root}; }
}
`,
  );
  const child = spawn('nginx', ['-c', config], { stdio: ['ignore', 'inherit', 'inherit'] });
  child.on('error', () => {});
  const worker = await workerOf(child.pid ?? 0);
  return { url: `http://127.0.0.1:${port}`, pid: worker, stop: () => stopped(child) };
}

async function workerOf(master: number): Promise<number> {
  const until = performance.now() + START_MS;
  while (performance.now() < until) {
    const [worker] = childrenOf(master);
    if (worker !== undefined) return worker;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("nginx did not start; is Debian's package nginx-light installed?");
}
