package org.dure.core;

import java.util.regex.Pattern;

/// Words of commands that people are shown, so that what they copy into a shell means what it says.
public final class ShellWord {
  private static final Pattern PLAIN =
      Pattern.compile("[\\w%+,./:=@^-]+", Pattern.UNICODE_CHARACTER_CLASS);

  private ShellWord() {}

  /// The value's text as one word of a POSIX shell: between single quotes where it holds a space or
  /// anything else that a shell would read otherwise, as it is elsewhere.
  public static String of(Object value) {
    String text = String.valueOf(value);
    return PLAIN.matcher(text).matches() ? text : "'" + text.replace("'", "'\\''") + "'";
  }
}
