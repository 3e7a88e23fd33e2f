package org.dure.console;

import java.time.Instant;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.dure.core.LanguageProfile;
import org.dure.core.Named;
import org.dure.core.page.HtmlWriter;
import org.dure.federation.protocol.Phase;
import org.dure.federation.status.StudyStatus;
import org.dure.federation.status.StudyStatus.Region;
import org.dure.federation.status.StudyStatus.RegionState;
import org.dure.federation.status.StudyStatus.Round;

/// One picture of the study, the words in which it is told, and what pages derive from both.
///
/// @param path of the page, e.g. `/rounds/3`
public record View(StudyStatus status, Messages words, ZoneId zone, String path) {
  /// Colours that the style sheet knows; regions beyond take them again from the first.
  private static final int HUES = 8;

  private static final int LONGEST_NAME = 60;

  String text(String key, String... namesAndValues) {
    return words.text(key, namesAndValues);
  }

  /// The region's colour class; its place in the study decides, so it is the same on every page.
  String hue(String region) {
    for (int i = 0; i < status.regions().size(); i++) {
      if (status.regions().get(i).name().equals(region)) {
        return "hue-" + i % HUES;
      }
    }
    return "hue-none";
  }

  /// What a region's language calls itself, e.g. `한국어`; the region's name where that says nothing
  /// more.
  static String ownName(Region region) {
    return ownName(region.language(), brief(region.name()));
  }

  /// What a language calls itself; `otherwise` where that says nothing more than its code.
  static String ownName(String code, String otherwise) {
    String own = LanguageProfile.ownName(code);
    return own.equals(code) ? otherwise : own;
  }

  /// How pages call a region: its language in its own words, and its name where that differs from
  /// the language's code.
  String label(Region region) {
    String own = ownName(region);
    return region.name().equals(region.language()) || own.equals(region.name())
        ? own
        : own + " (" + brief(region.name()) + ")";
  }

  /// How a sentence calls a region: its language in the reader's words, and its name where that
  /// differs from the language's code.
  String readerLabel(Region region) {
    String language = words.languageName(region.language());
    if (language.isEmpty() || language.equals(region.language())) {
      return label(region);
    }
    return region.name().equals(region.language())
        ? brief(language)
        : brief(language) + " (" + brief(region.name()) + ")";
  }

  /// As [#label]; a region that is not of the study is called as it calls itself.
  String label(String region) {
    return status.regions().stream()
        .filter(r -> r.name().equals(region))
        .findFirst()
        .map(this::label)
        .orElseGet(() -> brief(region));
  }

  /// The `lang` attribute for a region's own name; empty (unknown) where the code is none.
  static String languageTag(Region region) {
    return languageTag(region.language());
  }

  static String languageTag(String code) {
    String tag = Locale.forLanguageTag(code).toLanguageTag();
    return "und".equals(tag) ? "" : tag;
  }

  /// Text that a peer chose, no longer than a line.
  static String brief(String text) {
    return text.codePointCount(0, text.length()) <= LONGEST_NAME
        ? text
        : text.substring(0, text.offsetByCodePoints(0, LONGEST_NAME - 1)) + "…";
  }

  /// The class by which the style sheet knows a phase.
  static String style(Phase phase) {
    return phase.name().toLowerCase(Locale.ROOT);
  }

  /// The regions that may take part: all but those whose key was revoked, for whom nobody waits.
  List<Region> members() {
    return status.regions().stream().filter(region -> !isRevoked(region)).toList();
  }

  static boolean isRevoked(Region region) {
    return !region.standing().revoked().isEmpty();
  }

  long count(RegionState state) {
    return regions(state).size();
  }

  /// The [#members] in that state.
  List<Region> regions(RegionState state) {
    return members().stream().filter(r -> r.presence().state() == state).toList();
  }

  /// How a region stands, as the last part of a message's key.
  static String standing(Region region) {
    return isRevoked(region) ? "REVOKED" : region.presence().state().name();
  }

  /// Whether the belt waits although it has work: no region's lease holds.
  boolean stalled() {
    return status.progress().phase() == Phase.TRAINING
        && !status.regions().isEmpty()
        && count(RegionState.PRESENT) == 0;
  }

  /// Share of the planned work that is done, 0 to 1: the mean of the regions'.
  double share() {
    return status.regions().stream().mapToDouble(status::shareDone).average().orElse(0);
  }

  /// Milliseconds until the last merge, from the median of the last rounds' lengths; empty where
  /// nothing has been merged, nothing is left, or nothing moves.
  OptionalLong timeLeft() {
    if (status.progress().phase() != Phase.TRAINING || stalled()) {
      return OptionalLong.empty();
    }
    long[] lengths =
        status.history().stream()
            .filter(round -> round.merged() != null)
            .mapToLong(View::length)
            .toArray();
    if (lengths.length == 0) {
      return OptionalLong.empty();
    }
    int from = Math.max(0, lengths.length - 9);
    long[] last = Arrays.copyOfRange(lengths, from, lengths.length);
    Arrays.sort(last);
    long typical = last[last.length / 2];
    long here =
        status.history().stream()
            .filter(round -> round.number() == status.progress().round())
            .mapToLong(round -> status.progress().now() - round.opened())
            .findFirst()
            .orElse(0);
    long rounds = Math.max(0, status.progress().rounds() - status.progress().round() + 1);
    return OptionalLong.of(Math.max(0, rounds * typical - Math.min(here, typical)));
  }

  /// How long a round lasted, or has lasted if it is open, milliseconds.
  static long length(Round round) {
    Long merged = round.merged();
    return merged == null ? 0 : Math.max(0, merged - round.opened());
  }

  long sent() {
    return status.regions().stream().mapToLong(region -> region.work().sent()).sum();
  }

  long received() {
    return status.regions().stream().mapToLong(region -> region.work().received()).sum();
  }

  long weight() {
    return status.regions().stream().mapToLong(region -> region.work().weight()).sum();
  }

  /// A word that a peer or the hub chose, in the reader's language where it is known.
  String word(String prefix, String word) {
    return words.known(prefix, word).orElseGet(() -> brief(word));
  }

  String word(String prefix, Named constant) {
    return word(prefix, constant.word());
  }

  /// Writes an instant so that both people and programs read it.
  void time(HtmlWriter html, long millis) {
    html.element(
        "time", words.time(millis, zone), "datetime", Instant.ofEpochMilli(millis).toString());
  }
}
