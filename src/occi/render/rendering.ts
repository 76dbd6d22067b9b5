/** The four renderings (GFD.229 §6–8, GFD.226) and what every one of them can be asked for. */
import type { CloudError, Pages } from "../../cloud/index.ts";
import type { Category } from "../category.ts";
import type { Created, Entity } from "../entity.ts";

export type RenderingName = "plain" | "headers" | "json" | "uris";

/** An answer's headers and text, before HTTP. Streams are written as they are read. */
export interface Rendered {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | AsyncIterable<string>;
}

/** What there is to say, in no rendering yet. URLs are absolute. */
export interface Found {
  /** Streams of one collection; a rendering takes the one that it shows. */
  readonly paths: () => Pages<string>;
  readonly entities: () => Pages<Entity>;
  /** Which of GFD.226's two arrays there are. */
  readonly hasResources: boolean;
  readonly hasLinks: boolean;
}

export interface ErrorView {
  readonly error: CloudError;
  readonly status: number;
  readonly code: string;
  readonly requestId: string;
}

export interface Rendering {
  readonly name: RenderingName;
  readonly mediaType: string;
  readonly aliases: readonly string[];
  /** A refusal (406, or 400 for a URI list of one entity) when it cannot carry the thing whole. */
  readonly categories: (categories: readonly Category[], absolute: (path: string) => string) => Rendered;
  readonly entity: (entity: Entity) => Rendered;
  readonly collection: (found: Found, absolute: (path: string) => string) => Promise<Rendered> | Rendered;
  /** The result of a create. */
  readonly created: (made: readonly Created[], absolute: (path: string) => string) => Promise<Rendered> | Rendered;
  readonly done: () => Rendered;
  readonly error: (view: ErrorView) => Rendered;
}
