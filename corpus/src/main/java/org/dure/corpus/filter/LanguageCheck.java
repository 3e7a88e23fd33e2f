package org.dure.corpus.filter;

import java.lang.Character.UnicodeScript;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.dure.core.Document;
import org.dure.core.LanguageProfile;
import org.dure.core.Stage;
import org.dure.core.Verdict;
import org.dure.tokenizer.NormalForm;

/// Drops documents that are not in the profile's language, by what can be counted: the scripts of
/// the letters, and the words that only this language uses often.
///
/// Shares of scripts are shares of all letters. A word is a run of letters and marks, in lower
/// case. A marker is a word, or, written between stars (`*ơ*`), letters that a word holds; in a
/// language without spaces between words every marker is looked for inside the runs. Texts with
/// fewer words than the profile's `marker-words` are judged by script alone.
public final class LanguageCheck implements Stage {
  static final String LETTERS = "language.letters";
  static final String SCRIPT = "language.script";
  static final String REQUIRED_SCRIPT = "language.required-script";
  static final String MARKERS = "language.markers";

  private final LanguageProfile profile;
  private final Set<UnicodeScript> scripts;
  private final Set<UnicodeScript> requiredScripts;
  private final Set<String> words = new HashSet<>();
  private final Set<String> parts = new HashSet<>();
  private final Set<Integer> letters = new HashSet<>();

  /// Checks by the thresholds of this profile.
  public LanguageCheck(LanguageProfile profile) {
    this.profile = profile;
    this.scripts = scripts(profile.writing().scripts());
    this.requiredScripts = scripts(profile.writing().requiredScripts());
    for (String marker : profile.vocabulary().markers()) {
      String normal = NormalForm.of(marker).toLowerCase(Locale.ROOT);
      boolean starred = normal.length() > 2 && normal.startsWith("*") && normal.endsWith("*");
      String part = starred ? normal.substring(1, normal.length() - 1) : normal;
      if (!starred && profile.spaces()) {
        words.add(part);
      } else if (part.codePointCount(0, part.length()) == 1) {
        letters.add(part.codePointAt(0));
      } else {
        parts.add(part);
      }
    }
  }

  private static Set<UnicodeScript> scripts(List<String> names) {
    Set<UnicodeScript> scripts = EnumSet.noneOf(UnicodeScript.class);
    names.forEach(name -> scripts.add(UnicodeScript.forName(name)));
    return scripts;
  }

  /// The letters of a text.
  ///
  /// @param total of all scripts; without any, both shares are 0
  /// @param script share in the profile's scripts, 0 to 1
  /// @param required share in its required scripts, 0 to 1
  public record Letters(int total, double script, double required) {}

  /// The words of a text.
  ///
  /// @param total number of words
  /// @param marked share of them that are or hold a marker, 0 to 1; 0 where there is none
  public record Words(int total, double marked) {}

  @Override
  public Verdict apply(Document document) {
    LanguageProfile.Writing writing = profile.writing();
    Letters letters = letters(document.text());
    if (letters.total() == 0) {
      return Verdict.drop(LETTERS, "0", "at least 1");
    }
    if (letters.script() < writing.leastScriptShare()) {
      return drop(SCRIPT, letters.script(), writing.leastScriptShare());
    }
    if (!requiredScripts.isEmpty() && letters.required() < writing.leastRequiredScriptShare()) {
      return drop(REQUIRED_SCRIPT, letters.required(), writing.leastRequiredScriptShare());
    }
    LanguageProfile.Vocabulary vocabulary = profile.vocabulary();
    if (vocabulary.markers().isEmpty()) {
      return Verdict.keep(document);
    }
    Words words = words(document.text());
    return words.total() >= vocabulary.markerWords()
            && words.marked() < vocabulary.leastMarkerShare()
        ? drop(MARKERS, words.marked(), vocabulary.leastMarkerShare())
        : Verdict.keep(document);
  }

  /// Counts the letters of a text.
  public Letters letters(String text) {
    Map<UnicodeScript, Integer> found = new EnumMap<>(UnicodeScript.class);
    int total = 0;
    for (int i = 0; i < text.length(); ) {
      int codePoint = text.codePointAt(i);
      i += Character.charCount(codePoint);
      if (Character.isLetter(codePoint)) {
        found.merge(UnicodeScript.of(codePoint), 1, Integer::sum);
        total++;
      }
    }
    return total == 0
        ? new Letters(0, 0, 0)
        : new Letters(total, share(found, scripts, total), share(found, requiredScripts, total));
  }

  /// Counts the words of a text.
  ///
  /// @param normal in the form that the markers are in
  public Words words(String normal) {
    String text = normal.toLowerCase(Locale.ROOT);
    int count = 0;
    int marked = 0;
    int start = -1;
    for (int i = 0; i <= text.length(); ) {
      int codePoint = i < text.length() ? text.codePointAt(i) : -1;
      boolean inWord = codePoint >= 0 && LanguageProfile.isOfWord(codePoint);
      if (inWord && start < 0) {
        start = i;
      } else if (!inWord && start >= 0) {
        count++;
        marked += isMarked(text.substring(start, i)) ? 1 : 0;
        start = -1;
      }
      i += codePoint < 0 ? 1 : Character.charCount(codePoint);
    }
    return new Words(count, count == 0 ? 0 : (double) marked / count);
  }

  private boolean isMarked(String word) {
    if (words.contains(word) || word.codePoints().anyMatch(letters::contains)) {
      return true;
    }
    for (String part : parts) {
      if (word.contains(part)) {
        return true;
      }
    }
    return false;
  }

  private static double share(
      Map<UnicodeScript, Integer> letters, Set<UnicodeScript> of, int total) {
    int sum = of.stream().mapToInt(script -> letters.getOrDefault(script, 0)).sum();
    return (double) sum / total;
  }

  private static Verdict drop(String rule, double found, double least) {
    return Verdict.drop(
        rule,
        String.format(Locale.ROOT, "%.3f", found),
        String.format(Locale.ROOT, "at least %s", least));
  }
}
