package org.dure.corpus.read;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// Files of one kind that lie in the input folder and are not read.
///
/// @param kind the ending of their names, e.g. `.pdf`, or one of the words here
/// @param files how many there are
/// @param bytes their sizes on the disk together
/// @param names the first few, as [org.dure.core.FileNames] writes them
public record Unread(String kind, long files, long bytes, List<String> names) {
  /// Names without an ending.
  public static final String NO_ENDING = "(no ending)";

  /// Names that begin with a dot, and what lies in folders of such names.
  public static final String HIDDEN = "(hidden)";

  /// Links to folders, which are not followed.
  public static final String FOLDER_LINK = "(link to a folder)";

  /// Links to files out of the folder, which are followed only if the user says so.
  public static final String OUTER_LINK = "(link out of the folder)";

  /// All further kinds.
  public static final String OTHER = "(other)";

  private static final int MOST_KINDS = 50;
  private static final int MOST_NAMES = 3;
  private static final int LONGEST_ENDING = 12;

  /// What is not read, in one line for people, e.g. `.pdf 2 (a.pdf, b.pdf), (hidden) 1 (.git)`.
  public static String text(List<Unread> unread) {
    return unread.stream()
        .map(
            kind ->
                String.format(
                    Locale.ROOT,
                    "%s %,d (%s%s)",
                    kind.kind,
                    kind.files,
                    String.join(", ", kind.names),
                    kind.files > kind.names.size() ? ", ..." : ""))
        .collect(Collectors.joining(", "));
  }

  /// The kind of a file by its name.
  static String kind(String name) {
    String last = name.substring(name.lastIndexOf('/') + 1);
    int dot = last.lastIndexOf('.');
    return dot <= 0 || dot == last.length() - 1 || last.length() - dot > LONGEST_ENDING
        ? NO_ENDING
        : last.substring(dot).toLowerCase(Locale.ROOT);
  }

  /// Adds files up; what it gives does not depend on their order.
  static final class Count {
    private final SequencedMap<String, Kind> kinds = new TreeMap<>();

    private static final class Kind {
      private final TreeSet<String> names = new TreeSet<>();
      private long files;
      private long bytes;

      void add(Kind other) {
        files += other.files;
        bytes += other.bytes;
        other.names.forEach(this::name);
      }

      void name(String name) {
        names.add(name);
        if (names.size() > MOST_NAMES) {
          names.removeLast();
        }
      }

      Unread of(String kind) {
        return new Unread(kind, files, bytes, List.copyOf(names));
      }
    }

    void add(String kind, String name, long size) {
      Kind of = kinds.computeIfAbsent(kind, unused -> new Kind());
      of.files++;
      of.bytes += size;
      of.name(name);
    }

    /// Ordered by kind.
    List<Unread> all() {
      List<Unread> all = new ArrayList<>();
      Kind others = new Kind();
      kinds.forEach(
          (name, kind) -> {
            if (all.size() < MOST_KINDS) {
              all.add(kind.of(name));
            } else {
              others.add(kind);
            }
          });
      if (others.files > 0) {
        all.add(others.of(OTHER));
      }
      return all;
    }
  }
}
