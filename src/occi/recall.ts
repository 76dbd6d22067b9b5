import { type Cloud, CloudError, type Code } from "../cloud/index.ts";
import type { Context } from "./table.ts";

/** How a cloud refuses what was drafted by what is no longer so; it has made nothing of it then. */
const REFUSALS: readonly Code[] = ["INVALID_ARGUMENT", "NOT_FOUND", "FAILED_PRECONDITION", "PERMISSION_DENIED"];

/**
 * Drafts by what was seen of images, flavours and networks lately, and makes it. The cloud judges: what it refuses may have been
 * drafted by what has changed since, and is drafted once more by what is.
 */
export async function byRecall<Draft, Made>(
  context: Context,
  draft: (context: Context) => Promise<Draft>,
  make: (context: Context, draft: Draft) => Promise<Made>,
): Promise<Made> {
  const { call } = context;
  const { cloud } = call;
  const recall = cloud.recall?.();
  if (recall === undefined) return make(context, await draft(context));
  const recalling: Cloud = {
    ...cloud,
    images: { ...cloud.images, get: recall.image },
    flavours: { ...cloud.flavours, get: recall.flavour },
    networks: { ...cloud.networks, get: recall.network },
  };
  // A server that was taken is a draft that was judged: what fails after that has other reasons.
  let isJudged = false;
  const judging: Cloud = {
    ...cloud,
    servers: {
      ...cloud.servers,
      async create(order) {
        const server = await cloud.servers.create(order);
        isJudged = true;
        return server;
      },
    },
  };
  const warnings: string[] = [];
  const at = (bound: Cloud): Context => ({
    ...context,
    call: { ...call, cloud: bound, warn: (message) => void warnings.push(message) },
  });
  const tell = () => {
    for (const warning of warnings) call.warn(warning);
  };
  try {
    const made = await make(at(judging), await draft(at(recalling)));
    tell();
    return made;
  } catch (thrown) {
    const { code, leftBehind } = CloudError.from(thrown);
    const isRefused = !isJudged && REFUSALS.includes(code) && leftBehind.length === 0;
    if (isRefused && recall.forget()) return make(context, await draft(context));
    tell();
    throw thrown;
  }
}
