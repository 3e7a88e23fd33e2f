package org.dure.app.home;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PublicKey;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Printable;
import org.dure.core.Signatures;
import org.dure.core.Signer;
import org.dure.provenance.KeyFiles;
import org.jspecify.annotations.Nullable;

/// What an institution has said yes to, in its region's home: `consent.json`, signed by the
/// region's key.
///
/// ```
/// {"acceptance":{"version":2,"terms":{...},"policy":DIGEST,"time":T,"how":"terminal"},
///  "signature":"base64 of the Ed25519 signature of the compact JSON of acceptance"}
/// ```
///
/// The file appears whole or not at all: a crash or a full disk leaves what was accepted before.
///
/// @param policy digest of the site's policy that held
/// @param time ISO 8601, UTC
/// @param how `terminal` for a person's yes, `digest` for `--accept`
public record Consent(int version, Terms terms, String policy, String time, String how) {
  private static final int VERSION = 2;

  private record Signed(Consent acceptance, String signature) {}

  /// What was accepted in a region's home.
  ///
  /// @throws DureException with [ErrorCode#SIGNATURE_INVALID] or [ErrorCode#ARTIFACT_CORRUPT] if
  ///     the file is not one that this region's key signed
  public static Optional<Consent> of(RegionLayout home) {
    Path file = home.consent();
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    Signed read = read(file);
    byte[] acceptance = Json.bytes(read.acceptance);
    byte[] signature = decode(read.signature);
    for (PublicKey key : keys(home)) {
      if (Signatures.verify(key, acceptance, signature)) {
        return Optional.of(read.acceptance);
      }
    }
    throw new DureException(
        ErrorCode.SIGNATURE_INVALID,
        "%s was not signed by this region's key: delete it and accept the study's terms anew"
            .formatted(file));
  }

  private static Signed read(Path file) {
    try {
      Signed read = Json.read(file, Signed.class);
      if (read.acceptance.version == VERSION && read.acceptance.terms.version() == Terms.VERSION) {
        return read;
      }
    } catch (DureException e) {
      throw new DureException(
          ErrorCode.ARTIFACT_CORRUPT,
          "%s is no consent, or one of another version (%s): delete it and accept the study's terms anew"
              .formatted(file, e.getMessage()),
          e);
    }
    throw new DureException(
        ErrorCode.ARTIFACT_CORRUPT,
        "%s is of another version than %d, or its terms than %d: delete it and accept the study's"
                .formatted(file, VERSION, Terms.VERSION)
            + " terms anew");
  }

  private static byte[] decode(String base64) {
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  /// The present key, and the next while it is being taken up.
  private static List<PublicKey> keys(RegionLayout home) {
    List<PublicKey> keys = new ArrayList<>();
    for (Path file : List.of(home.key(), home.nextKey())) {
      if (Files.exists(file)) {
        keys.add(KeyFiles.read(file).getPublic());
      }
    }
    return keys;
  }

  /// Keeps a yes.
  public static Consent give(
      RegionLayout home, Terms terms, SitePolicy policy, String how, InstantSource clock) {
    Consent consent =
        new Consent(
            VERSION,
            terms,
            policy.digest(),
            clock.instant().truncatedTo(ChronoUnit.SECONDS).toString(),
            how);
    consent.sign(home, KeyFiles.read(home.key()));
    return consent;
  }

  private void sign(RegionLayout home, KeyPair key) {
    Signer signer = Signatures.signer(key.getPrivate(), key.getPublic());
    String signature = Base64.getEncoder().encodeToString(signer.sign(Json.bytes(this)));
    AtomicFiles.write(home.consent(), Json.bytes(new Signed(this, signature)));
  }

  /// What was accepted is the region's next key's from now on.
  static void handOver(RegionLayout home, KeyPair next) {
    of(home).ifPresent(consent -> consent.sign(home, next));
  }

  /// What lets a region take part in a study under these terms.
  ///
  /// @throws DureException with [ErrorCode#CONSENT_MISSING] if they were not accepted, naming what
  ///     they take beyond what was, and what to type
  public static Consent require(RegionLayout home, Terms asked) {
    Consent given = of(home).orElse(null);
    List<String> beyond = beyond(given, asked);
    if (given == null || !beyond.isEmpty()) {
      throw missing(home, asked, beyond);
    }
    return given;
  }

  /// What was accepted does not cover.
  public static List<String> beyond(@Nullable Consent given, Terms asked) {
    return given == null ? List.of() : given.terms.beyond(asked);
  }

  /// @param beyond what the study takes beyond what was accepted; empty if nothing was
  public static DureException missing(RegionLayout home, Terms asked, List<String> beyond) {
    String why =
        beyond.isEmpty()
            ? "nobody has accepted in %s what study %s takes out"
                .formatted(home.path(), Printable.line(asked.study()))
            : "study %s asks for more than was accepted in %s:%n  - %s%n"
                .formatted(
                    Printable.line(asked.study()),
                    home.path(),
                    String.join(
                        "%n  - ".formatted(), beyond.stream().map(Printable::line).toList()));
    return new DureException(
        ErrorCode.CONSENT_MISSING,
        "%s: answer yes on a terminal, or give the same command with --accept %s"
            .formatted(why, asked.digestOfTerms()));
  }
}
