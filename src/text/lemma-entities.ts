/** @file Entities among tokens by the forms of a lexicon: inflections, several words, words in several pieces. */
import type { EntityMatcher } from "./entities.ts";
import { entityTrie } from "./entity-trie.ts";
import type { Lexicon } from "./lexicon.ts";
import { alignText, normalizeText } from "./normalize-text.ts";
import type { Tokenizer } from "./tokenizer.ts";

/**
 * Matches the forms of a lexicon over words, put together from their pieces and compared without letter case and accents,
 * the longest first. An unknown word (`[UNK]`) is none of an entity.
 */
export function lemmaEntityMatcher(
  { vocabulary, continuationPrefix }: Pick<Tokenizer, "vocabulary" | "continuationPrefix">,
  lexicon: Lexicon,
): EntityMatcher {
  const trie = entityTrie(lexicon);
  const pieces = vocabulary.map((token) => {
    const continues = token.startsWith(continuationPrefix);
    return { continues, text: fold(continues ? token.slice(continuationPrefix.length) : token) };
  });

  function mark(ids: Int32Array): Uint8Array {
    const words: string[] = [];
    const starts: number[] = [];
    for (const [i, id] of ids.entries()) {
      const { continues, text } = pieces[id] ?? { continues: false, text: "" };
      const last = words.length - 1;
      if (continues && last >= 0) words[last] += text;
      else {
        words.push(text);
        starts.push(i);
      }
    }
    const marks = new Uint8Array(ids.length);
    for (let word = 0; word < words.length; ) {
      const end = trie.longestAt(words, word)?.end;
      if (end !== undefined) {
        const start = starts[word] ?? 0;
        marks.fill(2, start, starts[end] ?? ids.length);
        marks[start] = 1;
      }
      word = end ?? word + 1;
    }
    return marks;
  }

  return { name: `lemma (${lexicon.name})`, mark };
}

function fold(token: string): string {
  return normalizeText(alignText(token), ["Lowercase", "NFKD", "StripAccents"]).text;
}
