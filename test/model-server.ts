/** @file A small server that speaks as much of OpenAI's protocol as the tests of providers need, and misbehaves as they ask. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { z } from "zod";

/** A request that came. */
export interface ModelRequest {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: ModelRequestBody;
  /** The last turn: the sentence, or the correction. */
  readonly asked: string;
}

/** What it asks for. */
export interface ModelRequestBody {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly max_tokens: number;
  readonly temperature: number;
  readonly response_format?:
    | { readonly type: "json_schema"; readonly json_schema: { readonly schema?: unknown } }
    | undefined;
}

const bodySchema: z.ZodType<ModelRequestBody> = z.object({
  model: z.string(),
  messages: z.array(z.object({ role: z.string(), content: z.string() })),
  max_tokens: z.number(),
  temperature: z.number(),
  response_format: z
    .object({ type: z.literal("json_schema"), json_schema: z.object({ schema: z.unknown() }) })
    .optional(),
});

/** What is done about a request: a text that the model answers, or the response is written by hand. */
export type Behaviour = (
  request: ModelRequest,
  response: ServerResponse,
  count: number,
) => string | undefined;

/** A server on this machine. */
export interface ModelServer extends AsyncDisposable {
  readonly baseUrl: string;
  readonly port: number;
  /** In the order in which they came; the first question is whether the model is ready. */
  readonly requests: readonly ModelRequest[];
}

/** What the provider asks before it asks anything else. */
export const PROBE_ANSWER = '{"ready":"yes"}';

/** Starts a server. `behave` is not asked about the probe unless `ofProbe` is set. */
export async function startModelServer(
  behave: Behaviour,
  {
    ofProbe = false,
    host = "127.0.0.1",
  }: { readonly ofProbe?: boolean; readonly host?: string } = {},
): Promise<ModelServer> {
  const requests: ModelRequest[] = [];
  let sentences = 0;
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = bodySchema.parse(JSON.parse(Buffer.concat(chunks).toString("utf8")));
    const { url = "", headers } = incoming;
    const request = { url, headers, body, asked: body.messages.at(-1)?.content ?? "" };
    requests.push(request);
    const isProbe = request.asked.includes(PROBE_ANSWER);
    const said = isProbe && !ofProbe ? PROBE_ANSWER : behave(request, response, ++sentences);
    if (said !== undefined) complete(response, { content: said });
  });
  server.listen(0, host);
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    baseUrl: `http://${host.includes(":") ? `[${host}]` : host}:${port}/v1`,
    port,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Answers as a model does. */
export function complete(
  response: ServerResponse,
  message: { readonly content: string | null; readonly refusal?: string },
  finish = "stop",
): void {
  reply(response, 200, {
    choices: [{ index: 0, finish_reason: finish, message: { role: "assistant", ...message } }],
    usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
  });
}

/** Answers with a status and JSON. */
export function reply(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(value));
}
