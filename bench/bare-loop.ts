// The least that any client does: fetches the pages one after the other and parses them. Prints what it took as JSON.
const [endpoint = ''] = process.argv.slice(2);
const before = performance.now();
let token: string | undefined;
do {
  const query = token === undefined ? '' : `&nextToken=${encodeURIComponent(token)}`;
  const response = await fetch(`${endpoint}/user?maxResults=100${query}`);
  const page = (await response.json()) as { readonly nextToken?: string };
  token = page.nextToken;
} while (token !== undefined);
process.stdout.write(JSON.stringify({ wallSeconds: (performance.now() - before) / 1000 }));
