package org.dure.federation.protocol;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.dure.core.Printable;
import org.dure.core.Settings;

/// Whose deltas are merged with whose, and in which rounds: a study's circles, as stages that
/// follow one another. Each stage says what the regions of one circle have in common: nothing, so
/// that all are one, or a trait such as the language or the kind of text. Circles only become
/// narrower: what a stage joins, the one before it joined too.
///
/// In a study file: `circles = ["all:4", "language:6", "language+kind"]`, where the number is how
/// many rounds the stage has, and the last has the rest.
///
/// Beside them, and for the whole study, regions belong to *families*: those of one family make
/// their common preparation together, e.g. one tokenizer, and so no circle holds two families.
///
/// @param stages at least one, in their order
/// @param family what the regions of one family share
public record Circles(List<Stage> stages, Stage family) {
  /// The circle of all.
  public static final String ALL = "all";

  /// One circle, for the whole study.
  public static final Circles ONE = new Circles(List.of(Stage.OF_ALL));

  private static final String KEY = "circles";
  /// The key of the family.
  static final String FAMILY = "word-family";

  /// Before the name of a region that is in no circle with any other.
  private static final String ALONE = "alone:";

  /// Fewer are no circle.
  private static final int LEAST = 2;

  private static final int MOST_ROUNDS = 1_000_000;

  /// Some rounds with the same circles.
  ///
  /// @param by traits that the regions of a circle share; empty where all are one circle
  /// @param rounds how many; 0 for all that are left
  public record Stage(List<String> by, int rounds) {
    private static final Stage OF_ALL = new Stage(List.of(), 0);

    public Stage {
      by = List.copyOf(by);
    }

    /// The circle or family of a region; one that lacks a trait is in none with any other.
    public String of(Study.Region region) {
      if (by.isEmpty()) {
        return ALL;
      }
      List<String> values = by.stream().map(region::trait).toList();
      return values.contains("")
          ? ALONE + region.name()
          : String.join("+", by) + ":" + String.join("+", values);
    }
  }

  public Circles {
    stages = List.copyOf(stages);
  }

  /// Circles of regions that are all one family.
  Circles(List<Stage> stages) {
    this(stages, Stage.OF_ALL);
  }

  /// Whether all regions are one circle for the whole study.
  public boolean isOne() {
    return stages.stream().allMatch(stage -> stage.by().isEmpty());
  }

  /// The circle of a region in a round, e.g. `all`, `kind:law`, `language+kind:fr+law`, or
  /// `alone:fr-3` of one that lacks a trait.
  ///
  /// @param place of the round among those that count, from 1
  public String of(Study.Region region, int place) {
    return at(place).of(region);
  }

  private Stage at(int place) {
    long last = 0;
    for (Stage stage : stages) {
      last += stage.rounds();
      if (stage.rounds() == 0 || place <= last) {
        return stage;
      }
    }
    return stages.getLast();
  }

  /// Whether a circle of this name is a region that is in none with any other.
  public static boolean isAlone(String circle) {
    return circle.startsWith(ALONE);
  }

  /// Contributions without which a circle is not merged: of one alone the others would see the
  /// delta.
  int least() {
    return isOne() ? 1 : LEAST;
  }

  /// Every circle that the regions may be in, stage by stage.
  private List<TreeMap<String, SortedSet<String>>> members(List<Study.Region> regions) {
    List<TreeMap<String, SortedSet<String>>> members = new ArrayList<>();
    for (Stage stage : stages) {
      TreeMap<String, SortedSet<String>> circles = new TreeMap<>();
      for (Study.Region region : regions) {
        circles.computeIfAbsent(stage.of(region), name -> new TreeSet<>()).add(region.name());
      }
      members.add(circles);
    }
    return members;
  }

  /// The stages from which a region is in another circle than before, with who is in it.
  ///
  /// @return by the first round of each, if nothing is taken back
  public TreeMap<Integer, SortedSet<String>> around(String region, List<Study.Region> regions) {
    TreeMap<Integer, SortedSet<String>> around = new TreeMap<>();
    long first = 1;
    SortedSet<String> before = new TreeSet<>();
    List<TreeMap<String, SortedSet<String>>> members = members(regions);
    for (int i = 0; i < stages.size(); i++) {
      SortedSet<String> now =
          members.get(i).values().stream()
              .filter(circle -> circle.contains(region))
              .findFirst()
              .orElseGet(() -> new TreeSet<>(List.of(region)));
      if (!now.equals(before)) {
        around.put((int) Math.min(first, Integer.MAX_VALUE), now);
        before = now;
      }
      first += stages.get(i).rounds();
    }
    return around;
  }

  /// @param words whether the regions prepare something in common
  static Circles read(Settings settings, boolean words) {
    Circles circles = settings.has(KEY) ? stages(settings) : ONE;
    if (!words) {
      if (settings.has(FAMILY) && !settings.string(FAMILY, ALL).equals(ALL)) {
        settings.problem(
            "word-family is \"%s\": only with sharing = \"all\" do regions make a tokenizer together"
                .formatted(Printable.line(settings.string(FAMILY, ""), 64)));
      }
      return circles;
    }
    if (!settings.has(FAMILY)) {
      if (circles.isOne()) {
        return circles;
      }
      settings.set(FAMILY + "=\"language\"");
    }
    String word = settings.string(FAMILY, ALL);
    Optional<List<String>> by = traits(word);
    if (by.isEmpty()) {
      settings.problem(
          "word-family is \"%s\": expected all, or %s joined by +"
              .formatted(Printable.line(word, 64), Study.Region.TRAITS));
    }
    return new Circles(circles.stages, new Stage(by.orElse(List.of()), 0));
  }

  /// The traits that a stage or a family names; none for that of all, empty for no such name.
  private static Optional<List<String>> traits(String word) {
    List<String> by = word.equals(ALL) ? List.of() : Arrays.asList(word.split("\\+", -1));
    boolean known = Study.Region.TRAITS.containsAll(by);
    return known && by.stream().distinct().count() == by.size()
        ? Optional.of(by)
        : Optional.empty();
  }

  private static Circles stages(Settings settings) {
    List<Stage> stages = new ArrayList<>();
    List<String> words = settings.strings(KEY, List.of(ALL));
    for (int i = 0; i < words.size(); i++) {
      String[] parts = words.get(i).split(":", -1);
      boolean last = i == words.size() - 1;
      int rounds = parts.length == 2 ? rounds(parts[1]) : 0;
      Optional<List<String>> by = traits(parts[0]);
      if (parts.length > 2
          || (parts.length == 2) == last
          || (!last && rounds == 0)
          || by.isEmpty()) {
        settings.problem(
            "circles: \"%s\": expected all, or %s joined by +, and with every one but the last for"
                    .formatted(Printable.line(words.get(i), 64), Study.Region.TRAITS)
                + " how many rounds, e.g. [\"all:4\", \"kind\"]");
        return ONE;
      }
      stages.add(new Stage(by.get(), rounds));
    }
    if (stages.isEmpty()) {
      settings.problem("circles is empty: expected at least one, e.g. [\"all:4\", \"kind\"]");
      return ONE;
    }
    return new Circles(stages);
  }

  private static int rounds(String word) {
    boolean number = word.matches("[1-9][0-9]{0,6}");
    int rounds = number ? Integer.parseInt(word) : 0;
    return rounds <= MOST_ROUNDS ? rounds : 0;
  }

  /// Adds what is wrong with these circles of these regions to the problems.
  ///
  /// @param rule with its number of hostile regions, by what fewer contributors it protects nobody
  void check(Settings settings, List<Study.Region> regions, Study.Merge rule, boolean secret) {
    if (isOne() && family.by().isEmpty()) {
      return;
    }
    lacking(settings, regions);
    mixed(settings);
    if (isOne()) {
      return;
    }
    if (secret) {
      settings.problem(
          "circles: sums are secret in this study, and a secret sum is of all regions: expected"
              + " circles = [\"all\"], or another aggregation");
    }
    List<TreeMap<String, SortedSet<String>>> members = members(regions);
    int least = Math.max(LEAST, rule.rule().least(rule.judging().hostile()));
    Map<String, String> before = new HashMap<>();
    for (TreeMap<String, SortedSet<String>> stage : members) {
      stage.forEach(
          (name, circle) -> {
            if (!isAlone(name) && circle.size() < least) {
              settings.problem(
                  "circles: %s has only %s: expected at least %d regions%s"
                      .formatted(
                          name,
                          circle,
                          least,
                          least > LEAST ? ", with which merge.rule protects" : ""));
            }
            long wider =
                circle.stream().map(before::get).filter(Objects::nonNull).distinct().count();
            if (wider > 1) {
              settings.problem(
                  "circles: %s joins regions of several circles of the stage before it: expected"
                          .formatted(name)
                      + " circles that only become narrower");
            }
          });
      stage.forEach((name, circle) -> circle.forEach(region -> before.put(region, name)));
    }
  }

  /// Words are rows of a tokenizer: those of two tokenizers must not be added up, whoever is
  /// enrolled later.
  private void mixed(Settings settings) {
    for (Stage stage : stages) {
      if (!stage.by().containsAll(family.by())) {
        String all = stage.by().isEmpty() ? ALL : String.join("+", stage.by());
        String words = String.join("+", family.by());
        settings.problem(
            "circles: \"%s\" may join several word families, each with a tokenizer of its own"
                    .formatted(all)
                + " (word-family = \"%s\"): expected circles formed by %s, perhaps among others, or"
                    .formatted(words, words)
                + " another word-family");
      }
    }
  }

  private void lacking(Settings settings, List<Study.Region> regions) {
    List<String> traits =
        Stream.concat(stages.stream(), Stream.of(family))
            .flatMap(stage -> stage.by().stream())
            .distinct()
            .sorted()
            .toList();
    for (Study.Region region : regions) {
      for (String trait : traits) {
        if (region.trait(trait).isEmpty()) {
          settings.problem(
              "regions.%s.%s is missing: circles or word families are formed by it"
                  .formatted(region.name(), trait));
        }
      }
    }
  }
}
