package org.dure.app.home;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Printable;

/// Whose home a folder is, told by what only such a home holds. A hub that started in a region's
/// home would write its own certificate over the region's, and a region in a hub's would ask with
/// the hub's key: every verb looks here before it writes.
enum HomeKind {
  HUB(
      "hub",
      List.of("hub.toml", "authority", "register"),
      Set.of("study.toml"),
      "dure hub",
      Map.of("renew", "dure hub renew", "status", "dure status")),
  REGION(
      "region",
      List.of("region.toml", "authority.pem", "consent.json", "key-next.pem", "policy.toml"),
      Set.of(
          "key.pem",
          "certificate.pem",
          "study.toml",
          "profile.toml",
          "text",
          "corpus",
          "tokenizer",
          "tokens",
          "node",
          "privacy",
          "model",
          "twin",
          "evaluation.json"),
      "dure region run",
      Map.of(
          "renew",
          "dure region renew",
          "status",
          "dure region status",
          "requests",
          "dure region status"));

  private final String owner;
  private final List<String> marks;
  private final Set<String> besides;
  private final String usual;
  private final Map<String, String> counterparts;

  /// @param marks files and folders that the other kind does not have
  /// @param besides that may lie in such a home before it has a mark
  /// @param usual verb on such a home
  /// @param counterparts of the other kind's verbs, where they are not the usual one
  HomeKind(
      String owner,
      List<String> marks,
      Set<String> besides,
      String usual,
      Map<String, String> counterparts) {
    this.owner = owner;
    this.marks = marks;
    this.besides = besides;
    this.usual = usual;
    this.counterparts = counterparts;
  }

  private HomeKind other() {
    return switch (this) {
      case HUB -> REGION;
      case REGION -> HUB;
    };
  }

  /// What shows that a folder is such a home.
  private Optional<String> mark(Path folder) {
    Optional<String> found =
        marks.stream().filter(mark -> Files.exists(folder.resolve(mark))).findFirst();
    // Who was admitted by hand has a key before anything else; a hub makes its authority first.
    boolean isKeyOnly =
        this == REGION
            && Files.exists(folder.resolve("key.pem"))
            && HUB.marks.stream().noneMatch(mark -> Files.exists(folder.resolve(mark)));
    return found.or(() -> isKeyOnly ? Optional.of("key.pem") : Optional.empty());
  }

  /// Goes on unless the folder is a home of the other kind.
  ///
  /// @param verb that the user gave, e.g. `init`
  /// @throws DureException with [ErrorCode#HOME_CONFLICT] saying which verb was probably meant
  void require(Path folder, String verb) {
    HomeKind other = other();
    other
        .mark(folder)
        .ifPresent(
            mark -> {
              throw new DureException(
                  ErrorCode.HOME_CONFLICT,
                  ("%s is a %s's home (it holds %s), and a %s needs a folder of its own: did you"
                          + " mean %s --home %s?")
                      .formatted(
                          folder,
                          other.owner,
                          mark,
                          owner,
                          other.counterparts.getOrDefault(verb, other.usual),
                          Printable.shellWord(folder)));
            });
  }

  /// As [#require], where a home is to be made: nor may the folder hold what is of no home.
  ///
  /// @throws DureException with [ErrorCode#HOME_CONFLICT] naming what it holds
  void requireRoom(Path folder, String verb) {
    require(folder, verb);
    if (mark(folder).isPresent() || !Files.exists(folder)) {
      return;
    }
    HomeRoom.require(folder, owner, besides);
  }
}
