// The least that any client does: fetches the pages one after the other and parses them. Prints what it took as JSON.
const [endpoint = ''] = process.argv.slice(2);
const before = performance.now();
const cpuBefore = process.cpuUsage();
let users = 0;
let token: string | undefined;
do {
  const query = token === undefined ? '' : `&nextToken=${encodeURIComponent(token)}`;
  const response = await fetch(`${endpoint}/user?maxResults=100${query}`);
  const page = (await response.json()) as { readonly users: readonly unknown[]; readonly nextToken?: string };
  users += page.users.length;
  token = page.nextToken;
} while (token !== undefined);
const { user, system } = process.cpuUsage(cpuBefore);
process.stdout.write(
  JSON.stringify({
    users,
    wallSeconds: (performance.now() - before) / 1000,
    cpuSeconds: (user + system) / 1e6,
  }),
);
