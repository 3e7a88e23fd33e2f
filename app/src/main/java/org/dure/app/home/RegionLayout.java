package org.dure.app.home;

import java.nio.file.Files;
import java.nio.file.Path;

/// Where a region keeps what is its own. Nothing in here leaves but through the node's export log.
///
/// ```
/// region/
///   key.pem certificate.pem authority.pem   who it is on the belt
///   region.toml study.toml                   which hub, which study (dure region init)
///   policy.toml consent.json                 what may leave, and what was said yes to
///   profile.toml                             by which language profile its text is read
///   text/ corpus/ tokenizer/ tokens/         from text to token shards
///   node/                                    rounds, chunks, exports.jsonl
///   privacy/                                 what studies have told of the documents
///   model/ twin/                             what it ends with, and what it would have had alone
///   belt/                                    the last merge's, where it ends with another
///   evaluation.json                          bits per byte of start, belt and twin
/// ```
public record RegionLayout(Path path) {
  /// The folder that a verb of a region's was given.
  ///
  /// @param verb as the user gave it, e.g. `run`
  /// @throws org.dure.core.DureException with [org.dure.core.ErrorCode#HOME_CONFLICT] if it is a
  ///     hub's
  public static RegionLayout of(Path path, String verb) {
    HomeKind.REGION.require(path, verb);
    return new RegionLayout(path);
  }

  /// The folder in which a region's home is made, or was before.
  ///
  /// @throws org.dure.core.DureException with [org.dure.core.ErrorCode#HOME_CONFLICT] if it is a
  ///     hub's, or holds what is of no home
  public static RegionLayout toMake(Path path) {
    HomeKind.REGION.requireRoom(path, "init");
    return new RegionLayout(path);
  }

  /// What the site lets leave, see [SitePolicy]; without one, the standard policy holds.
  public Path policy() {
    return path.resolve("policy.toml");
  }

  /// What was told of the documents in all studies, see
  /// [org.dure.federation.region.PrivacyBudget].
  public Path privacy() {
    return path.resolve("privacy");
  }

  /// What the institution has said yes to, see [Consent].
  public Path consent() {
    return path.resolve("consent.json");
  }

  public Path key() {
    return path.resolve("key.pem");
  }

  Path nextKey() {
    return path.resolve("key-next.pem");
  }

  public Path certificate() {
    return path.resolve("certificate.pem");
  }

  /// The language profile by which the text is read, see [RegionProfile].
  public Path profile() {
    return path.resolve("profile.toml");
  }

  Path authority() {
    return path.resolve("authority.pem");
  }

  Path text() {
    return path.resolve("text");
  }

  public Path corpus() {
    return path.resolve("corpus");
  }

  public Path tokenizer() {
    return path.resolve("tokenizer");
  }

  public Path tokens() {
    return path.resolve("tokens");
  }

  public Path node() {
    return path.resolve("node");
  }

  public Path model() {
    return path.resolve("model");
  }

  /// The model of the last merge, whose weights the ledger proves.
  public Path belt() {
    Path belt = otherBelt();
    return Files.exists(belt) ? belt : model();
  }

  /// Where that is, if the region goes on with another.
  public Path otherBelt() {
    return path.resolve("belt");
  }

  /// The twin's best so far, while it trains.
  public Path earlyStop() {
    return path.resolve("twin-best");
  }

  public Path twin() {
    return path.resolve("twin");
  }

  public Path evaluation() {
    return path.resolve("evaluation.json");
  }
}
