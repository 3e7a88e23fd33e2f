package org.dure.core.privacy;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Settings;

/// What of a text is never counted: personal identifiers, and what a site's own expressions find.
///
/// A site's expression that takes too long on a text, or too much of the stack, is refused by name
/// instead of being left out. Thread-safe.
///
/// @param own expressions of the site, besides [Identifiers]
public record SensitiveText(List<Pattern> own) {
  private static final int MOST_PATTERNS = 1_000;
  private static final int MOST_PATTERN_LENGTH = 1_000;

  public SensitiveText {
    own = List.copyOf(own);
  }

  /// Identifiers alone.
  public static SensitiveText standard() {
    return new SensitiveText(List.of());
  }

  /// Reads a list of regular expressions, in Java's notation.
  public static SensitiveText of(Settings settings, String key) {
    List<String> given = settings.strings(key, List.of());
    if (given.size() > MOST_PATTERNS) {
      settings.problem(
          "%s has %d expressions: expected at most %d".formatted(key, given.size(), MOST_PATTERNS));
      return standard();
    }
    List<Pattern> patterns = new ArrayList<>();
    for (int i = 0; i < given.size(); i++) {
      String name = "%s, expression %d".formatted(key, i + 1);
      String expression = given.get(i);
      if (expression.length() > MOST_PATTERN_LENGTH) {
        settings.problem("%s: expected at most %d characters".formatted(name, MOST_PATTERN_LENGTH));
        continue;
      }
      try {
        Pattern pattern = Pattern.compile(expression, Pattern.UNICODE_CHARACTER_CLASS);
        if (pattern.matcher("").find()) {
          settings.problem("%s: it finds nothing at all, in any text".formatted(name));
        } else {
          patterns.add(pattern);
        }
      } catch (PatternSyntaxException e) {
        settings.problem(
            "%s: %s at character %d".formatted(name, e.getDescription(), e.getIndex()));
      } catch (StackOverflowError e) {
        settings.problem("%s: it is nested too deeply".formatted(name));
      }
    }
    return new SensitiveText(patterns);
  }

  /// What remains of a text, piece by piece, without what is sensitive.
  ///
  /// @throws DureException with [ErrorCode#CONFIGURATION_INVALID] naming an expression of the site
  ///     that could not be applied
  public List<String> without(String text) {
    BitSet sensitive = new BitSet(text.length());
    for (Identifiers.Found found : Identifiers.find(text)) {
      sensitive.set(found.from(), found.to());
    }
    for (Pattern pattern : own) {
      mark(text, pattern, sensitive);
    }
    if (sensitive.isEmpty()) {
      return List.of(text);
    }
    List<String> rest = new ArrayList<>();
    for (int from = sensitive.nextClearBit(0); from < text.length(); ) {
      int next = sensitive.nextSetBit(from);
      int to = next < 0 ? text.length() : next;
      rest.add(text.substring(from, to));
      from = sensitive.nextClearBit(to);
    }
    return rest;
  }

  private static void mark(String text, Pattern pattern, BitSet sensitive) {
    try {
      Matcher matcher = pattern.matcher(new Metered(text));
      while (matcher.find()) {
        sensitive.set(matcher.start(), matcher.end());
      }
    } catch (StackOverflowError | TooLong e) {
      throw new DureException(
          ErrorCode.CONFIGURATION_INVALID,
          "the sensitive expression \"%s\" cannot be applied to a text of %d characters: %s"
              .formatted(
                  pattern.pattern(),
                  text.length(),
                  e instanceof TooLong
                      ? "it looks at each more than %d times".formatted(Metered.MOST_LOOKS)
                      : "it nests too deeply; use repetitions of single characters"));
    }
  }

  private static final class TooLong extends RuntimeException {
    private static final long serialVersionUID = 1;

    TooLong() {
      super("", null, false, false);
    }
  }

  /// A text that may be looked at only so often: what backtracks without end is noticed by steps,
  /// not by a clock.
  private static final class Metered implements CharSequence {
    static final long MOST_LOOKS = 2_000;

    private final String text;
    private long left;

    Metered(String text) {
      this.text = text;
      this.left = MOST_LOOKS * (text.length() + 1_000L);
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public char charAt(int index) {
      if (--left < 0) {
        throw new TooLong();
      }
      return text.charAt(index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.substring(start, end);
    }

    @Override
    public String toString() {
      return text;
    }
  }
}
