package org.dure.corpus;

import java.text.Normalizer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// Finds which of some paragraphs stand in other text, as they are or nearly: text to measure on
/// that a model may have learnt by heart measures its memory, whoever trained on it.
///
/// Compared are sequences of [#GRAM] code points of letters, marks and digits, in compatibility
/// form (NFKC) and lower case: so spaces, punctuation, width and case hide nothing. A paragraph is
/// a near copy if one paragraph of the other text holds at least [#LEAST_SHARE] of its sequences;
/// what more than a thousand paragraphs hold, such as a language's common phrases, makes none. A
/// paragraph that is shorter is one only if it equals another as a whole.
///
/// Memory is 12 bytes for each code point that is looked for. Not thread-safe.
public final class NearCopies {
  /// Code points of a sequence.
  public static final int GRAM = 13;

  /// A sequence of more paragraphs is not looked for.
  static final int MOST_OWNERS = 1_000;

  /// Of a paragraph's distinct sequences.
  public static final double LEAST_SHARE = 0.5;

  /// Of the polynomial by which a sequence is hashed; odd.
  private static final long BASE = 0x9E3779B97F4A7C15L;

  private static final long OLDEST = power(GRAM - 1);

  /// Hashes of all sequences, sorted; the paragraph of each is at the same place of `owners`.
  private final long[] grams;

  private final int[] owners;

  /// How many distinct sequences each paragraph has.
  private final int[] sizes;

  /// The most of them that one paragraph of the other text held.
  private final int[] most;

  private final int[] hits;

  private NearCopies(long[] grams, int[] owners, int paragraphs) {
    this.grams = grams;
    this.owners = owners;
    this.sizes = new int[paragraphs];
    this.most = new int[paragraphs];
    this.hits = new int[paragraphs];
    for (int owner : owners) {
      sizes[owner]++;
    }
  }

  /// @param paragraphs that are looked for
  public static NearCopies of(List<String> paragraphs) {
    long[][] each = new long[paragraphs.size()][];
    int count = 0;
    for (int i = 0; i < each.length; i++) {
      each[i] = grams(paragraphs.get(i));
      count += each[i].length;
    }
    Owned[] all = new Owned[count];
    int at = 0;
    for (int i = 0; i < each.length; i++) {
      for (long gram : each[i]) {
        all[at++] = new Owned(gram, i);
      }
    }
    Arrays.sort(all, (a, b) -> Long.compare(a.gram, b.gram));
    int rare = moveRareToFront(all);
    return new NearCopies(
        Arrays.stream(all, 0, rare).mapToLong(Owned::gram).toArray(),
        Arrays.stream(all, 0, rare).mapToInt(Owned::owner).toArray(),
        each.length);
  }

  private record Owned(long gram, int owner) {}

  /// What more than [#MOST_OWNERS] paragraphs hold makes no copy, and would be looked at as often.
  ///
  /// @param sorted by sequence, as the rare ones stay
  /// @return how many are rare
  private static int moveRareToFront(Owned[] sorted) {
    int rare = 0;
    int end;
    for (int begin = 0; begin < sorted.length; begin = end) {
      end = begin;
      while (end < sorted.length && sorted[end].gram == sorted[begin].gram) {
        end++;
      }
      if (end - begin <= MOST_OWNERS) {
        System.arraycopy(sorted, begin, sorted, rare, end - begin);
        rare += end - begin;
      }
    }
    return rare;
  }

  /// Looks through a paragraph of the other text.
  public void look(String other) {
    int[] touched = new int[16];
    int count = 0;
    for (long gram : grams(other)) {
      for (int at = first(gram); at < grams.length && grams[at] == gram; at++) {
        int owner = owners[at];
        if (hits[owner]++ == 0) {
          touched = count == touched.length ? Arrays.copyOf(touched, 2 * count) : touched;
          touched[count++] = owner;
        }
      }
    }
    for (int i = 0; i < count; i++) {
      most[touched[i]] = Math.max(most[touched[i]], hits[touched[i]]);
      hits[touched[i]] = 0;
    }
  }

  /// Share of the paragraph's sequences that the paragraph of the other text holds which holds most
  /// of them, 0 to 1.
  ///
  /// @param paragraph its place in the list
  public double share(int paragraph) {
    return sizes[paragraph] == 0 ? 0 : (double) most[paragraph] / sizes[paragraph];
  }

  /// Whether the paragraph stands in the text that was looked through.
  ///
  /// @param paragraph its place in the list
  public boolean isCopy(int paragraph) {
    return sizes[paragraph] > 0 && share(paragraph) >= LEAST_SHARE;
  }

  private int first(long gram) {
    int at = Arrays.binarySearch(grams, gram);
    while (at > 0 && grams[at - 1] == gram) {
      at--;
    }
    return at < 0 ? grams.length : at;
  }

  /// Distinct hashes, sorted; one of the whole where it is shorter than a sequence, none where it
  /// has no letter.
  private static long[] grams(String text) {
    int[] letters = letters(text);
    if (letters.length < GRAM) {
      return letters.length == 0 ? new long[0] : new long[] {mix(hash(letters) + letters.length)};
    }
    long[] all = new long[letters.length - GRAM + 1];
    long hash = hash(Arrays.copyOf(letters, GRAM));
    all[0] = mix(hash);
    for (int i = 1; i < all.length; i++) {
      hash = (hash - letters[i - 1] * OLDEST) * BASE + letters[i - 1 + GRAM];
      all[i] = mix(hash);
    }
    Arrays.sort(all);
    int distinct = 0;
    for (int i = 0; i < all.length; i++) {
      if (distinct == 0 || all[i] != all[distinct - 1]) {
        all[distinct++] = all[i];
      }
    }
    return Arrays.copyOf(all, distinct);
  }

  private static int[] letters(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFKC)
        .toLowerCase(Locale.ROOT)
        .codePoints()
        .filter(NearCopies::isOfAWord)
        .toArray();
  }

  private static boolean isOfAWord(int codePoint) {
    return Character.isLetterOrDigit(codePoint)
        || switch (Character.getType(codePoint)) {
          case Character.NON_SPACING_MARK,
              Character.COMBINING_SPACING_MARK,
              Character.ENCLOSING_MARK ->
              true;
          default -> false;
        };
  }

  private static long hash(int[] letters) {
    long hash = 0;
    for (int letter : letters) {
      hash = hash * BASE + letter;
    }
    return hash;
  }

  private static long power(int exponent) {
    long power = 1;
    for (int i = 0; i < exponent; i++) {
      power *= BASE;
    }
    return power;
  }

  /// Spreads a polynomial's low bits (Steele et al. 2014, SplitMix64's finaliser).
  private static long mix(long value) {
    long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }
}
