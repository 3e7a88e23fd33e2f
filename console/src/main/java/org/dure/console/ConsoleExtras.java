package org.dure.console;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// What the console shows beside the study's status.
///
/// The suppliers are asked at each request that needs them, from several threads at once; they
/// should answer at once and not fail.
///
/// @param report the evaluation report's folder, with `index.html` in it; empty until it is there
/// @param releases the study's releases so far, in the order in which they are shown
/// @param chat where the releases answer, e.g. `http://127.0.0.1:8400/`; empty where they do not
public record ConsoleExtras(
    Supplier<Optional<Path>> report, Supplier<List<Release>> releases, Optional<URI> chat) {
  /// Neither report nor releases, e.g. for a hub that only merges.
  public static ConsoleExtras none() {
    return new ConsoleExtras(Optional::empty, List::of, Optional.empty());
  }

  /// @param name of the model, e.g. `ko`
  /// @param folder that holds it
  /// @param verification what the last check of its manifest said
  /// @param files what is handed out of it, as it was checked; empty where nothing may be
  public record Release(String name, Path folder, Verification verification, List<File> files) {
    public Release {
      files = List.copyOf(files);
    }
  }

  /// A file of a release.
  ///
  /// @param path relative to the release, with `/`
  /// @param sha256 64 hexadecimal digits
  public record File(String path, long size, String sha256) {}

  /// What a check of a release's manifest said.
  public enum Verification {
    /// Not checked yet.
    UNCHECKED,
    /// Signature and every file hold, and the operator named the key.
    VERIFIED,
    /// Signature and every file hold, by a key that the operator did not name.
    SELF_SIGNED,
    /// A file or the signature is not what was signed.
    CHANGED,
    /// As it was signed, and made from rounds that the study has taken back since.
    TAKEN_BACK
  }
}
