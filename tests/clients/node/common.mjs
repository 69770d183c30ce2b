// What every program here has in common: what it is asked, its way through the proxy, its answer.

export const lab = JSON.parse(process.argv[2]);
export const proxy = process.env.HTTPS_PROXY;
const wanted = JSON.parse(process.argv[3]);

/** Every item of a list that the client pages through by itself. */
export async function all(pages) {
  const items = [];
  for await (const item of pages) items.push(item);
  return items;
}

/** Asks what is wanted, in turn, and prints the answers by the names of the calls. */
export async function report(calls) {
  const answers = {};
  for (const name of wanted) {
    try {
      answers[name] = { value: (await calls[name]()) ?? null };
    } catch (error) {
      const { statusCode, status, code, message, stack } = error;
      answers[name] = { status: statusCode ?? status ?? null, code, message: String(message), stack };
    }
  }
  process.stdout.write(JSON.stringify(answers));
}
