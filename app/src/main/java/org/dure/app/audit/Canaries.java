package org.dure.app.audit;

import java.lang.Character.UnicodeScript;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.ToLongFunction;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.privacy.CountingFloor;

/// Sentences that no text has, drawn from the letters of a region's own text, and where they are
/// planted (Carlini et al. 2019, "The Secret Sharer").
///
/// Each is of one person, so to say: however often it is planted, it stands in fewer documents than
/// the standard policy asks for, so that nothing of it may leave.
final class Canaries {
  /// How often the canaries of a group are planted.
  static final List<Integer> TIMES = List.of(1, 10, 100);

  /// Canaries of each group.
  static final int OF_EACH = 3;

  /// Others that a secret is compared with.
  static final int ALTERNATIVES = 255;

  private static final int WORDS = 2;
  private static final int WORD_LETTERS = 9;
  private static final int UNSPACED_LETTERS = 12;
  private static final int LEAST_LETTERS = 12;

  /// One canary.
  ///
  /// @param prefix by which a model is asked for the rest
  /// @param times that it is planted
  /// @param documents in which it is planted
  record Canary(String prefix, String secret, int times, int documents) {
    String sentence() {
      return prefix + secret;
    }
  }

  private final List<Integer> letters;
  private final boolean spaces;
  private final SplittableRandom random;
  private final List<Canary> all = new ArrayList<>();

  private Canaries(List<Integer> letters, boolean spaces, SplittableRandom random) {
    this.letters = letters;
    this.spaces = spaces;
    this.random = random;
  }

  /// @param texts of the region
  /// @param spaces whether its language writes spaces between words
  /// @throws DureException with [ErrorCode#INPUT_EMPTY] if they have too few letters to draw from
  static Canaries draw(List<String> texts, boolean spaces, long seed) {
    Map<UnicodeScript, Map<Integer, Long>> scripts = new HashMap<>();
    for (String text : texts) {
      text.codePoints()
          .filter(Character::isLetter)
          .filter(letter -> !Character.isUpperCase(letter))
          .forEach(
              letter ->
                  scripts
                      .computeIfAbsent(UnicodeScript.of(letter), script -> new HashMap<>())
                      .merge(letter, 1L, Long::sum));
    }
    // Where words are not spaced, the script with the most letters: for Japanese the kanji.
    ToLongFunction<Map<Integer, Long>> size =
        script ->
            spaces ? script.values().stream().mapToLong(Long::longValue).sum() : script.size();
    Set<Integer> letters =
        scripts.values().stream()
            .max(Comparator.comparingLong(size))
            .map(Map::keySet)
            .orElse(Set.of());
    if (letters.size() < LEAST_LETTERS) {
      throw new DureException(
          ErrorCode.INPUT_EMPTY,
          "the text has %d letters of one script: canaries need %d"
              .formatted(letters.size(), LEAST_LETTERS));
    }
    Canaries canaries =
        new Canaries(List.copyOf(new TreeSet<>(letters)), spaces, new SplittableRandom(seed));
    for (int times : TIMES) {
      for (int i = 0; i < OF_EACH; i++) {
        int documents = Math.min(times, CountingFloor.standard().documents() - 1);
        canaries.all.add(new Canary(canaries.part(), canaries.part(), times, documents));
      }
    }
    return canaries;
  }

  List<Canary> all() {
    return List.copyOf(all);
  }

  /// Half a sentence.
  private String part() {
    StringBuilder part = new StringBuilder();
    for (int word = 0; word < (spaces ? WORDS : 1); word++) {
      if (spaces) {
        part.append(' ');
      }
      for (int i = 0; i < (spaces ? WORD_LETTERS : UNSPACED_LETTERS); i++) {
        part.appendCodePoint(letters.get(random.nextInt(letters.size())));
      }
    }
    return part.toString();
  }

  /// Secrets that are not planted.
  List<String> alternatives() {
    List<String> alternatives = new ArrayList<>();
    for (int i = 0; i < ALTERNATIVES; i++) {
      alternatives.add(part());
    }
    return alternatives;
  }

  /// The texts with the canaries in them, each on a line of its own at the end of its documents.
  List<String> plantedIn(List<String> texts) {
    List<StringBuilder> planted = new ArrayList<>();
    texts.forEach(text -> planted.add(new StringBuilder(text)));
    for (Canary canary : all) {
      int first = random.nextInt(texts.size());
      for (int time = 0; time < canary.times(); time++) {
        int document = (first + time % canary.documents()) % texts.size();
        planted.get(document).append('\n').append(canary.sentence()).append('\n');
      }
    }
    return planted.stream().map(StringBuilder::toString).toList();
  }

  /// What of a canary would give it away: each of its words; where words are not spaced, whatever
  /// stands side by side in it, as many letters as a chunk may have.
  List<String> marks(Canary canary, CountingFloor floor) {
    if (spaces) {
      return List.of(canary.sentence().strip().split(" "));
    }
    int[] sentence = canary.sentence().codePoints().toArray();
    int length = Math.min(floor.characters(), CountingFloor.standard().characters());
    List<String> marks = new ArrayList<>();
    for (int at = 0; at + length <= sentence.length; at++) {
      marks.add(new String(sentence, at, length));
    }
    return marks;
  }
}
