package org.dure.app.release;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.dure.core.DureException;
import org.dure.core.Settings;
import org.dure.core.Sha256;
import org.dure.provenance.KeyFiles;

/// The keys whose releases an operator believes, each by the name that the operator gave it: a
/// `trust.toml`, or a folder of public keys. The key that lies in a release vouches for nobody.
///
/// ```toml
/// keys.ko = "ko.pem"                 # a public key, beside this file
/// keys.fr = "be4057dbf3e8f2bf..."    # or its fingerprint, 64 hexadecimal digits
/// ```
public final class Trust {
  private static final String KEYS = "keys";
  private static final String PEM = ".pem";

  /// Fingerprint to name.
  private final SequencedMap<String, String> names;

  private Trust(SequencedMap<String, String> names) {
    this.names = names;
  }

  /// Nobody's.
  public static Trust none() {
    return new Trust(new LinkedHashMap<>());
  }

  /// @param place a `trust.toml`, or a folder of `NAME.pem`
  /// @throws DureException naming the file and key that cannot be read
  public static Trust of(Path place) {
    return new Trust(Files.isDirectory(place) ? inFolder(place) : inFile(place));
  }

  private static SequencedMap<String, String> inFile(Path file) {
    SequencedMap<String, String> names = new LinkedHashMap<>();
    Settings settings = Settings.of(file);
    for (String name : settings.names(KEYS)) {
      String value = settings.required(KEYS + "." + name);
      if (Sha256.isDigest(value)) {
        names.put(value, name);
      } else if (!value.isEmpty()) {
        try {
          names.put(KeyFiles.fingerprint(KeyFiles.readPublic(file.resolveSibling(value))), name);
        } catch (DureException e) {
          settings.problem("%s.%s: %s".formatted(KEYS, name, e.getMessage()));
        }
      }
    }
    if (names.isEmpty()) {
      settings.problem("no key: expected at least one keys.NAME, a file or a fingerprint");
    }
    settings.finish();
    return names;
  }

  private static SequencedMap<String, String> inFolder(Path folder) {
    SequencedMap<String, String> names = new LinkedHashMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString();
        if (name.endsWith(PEM) && !name.startsWith(".")) {
          names.put(
              KeyFiles.fingerprint(KeyFiles.readPublic(file)),
              name.substring(0, name.length() - PEM.length()));
        }
      }
    } catch (IOException e) {
      throw DureException.io("read", folder, e);
    }
    return names;
  }

  /// The name that the operator gave to a key; empty for one that was not named.
  public Optional<String> name(PublicKey key) {
    return Optional.ofNullable(names.get(KeyFiles.fingerprint(key)));
  }

  /// Fingerprint to name, for people.
  public Map<String, String> names() {
    return Map.copyOf(names);
  }
}
