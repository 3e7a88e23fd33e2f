package org.dure.provenance;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Printable;
import org.dure.core.Signer;
import org.jspecify.annotations.Nullable;

/// What a release holds, signed by who made it: every file by path, size and SHA-256, in
/// `manifest.cose` (format: package documentation). Immutable.
///
/// @param name of the release, e.g. `ko`
/// @param language BCP 47 code of the model's language, or `mul`
/// @param created whole seconds
/// @param information what else the signer vouches for, by name, sorted
/// @param files in the order of their paths' UTF-8 bytes
public record ReleaseManifest(
    String name,
    String language,
    Instant created,
    SequencedMap<String, String> information,
    List<Entry> files) {
  /// The signed manifest within a release.
  public static final String MANIFEST_FILE = "manifest.cose";

  /// The signer's public key within a release.
  public static final String KEY_FILE = "public-key.pem";

  private static final String CONTENT_TYPE = "application/vnd.dure.release+cbor";
  private static final int VERSION = 1;
  private static final int MOST_LINE = 200;
  /// Largest manifest that is read.
  public static final int MOST_MANIFEST_BYTES = 16 << 20;

  public ReleaseManifest {
    created = created.truncatedTo(ChronoUnit.SECONDS);
    information = Collections.unmodifiableSequencedMap(new TreeMap<>(information));
    files = List.copyOf(files);
  }

  /// One file of a release.
  ///
  /// @param path relative to the release, with `/`
  /// @param size in bytes
  /// @param sha256 64 hexadecimal digits
  public record Entry(String path, long size, String sha256) {}

  /// How a file differs from what was signed.
  public enum Change {
    /// Same length or longer, other bytes.
    CHANGED,
    /// Shorter than it was.
    TRUNCATED,
    /// Not signed.
    ADDED,
    /// Signed, but not there.
    REMOVED,
    /// A link to nothing, a folder or a device where a file is signed, or a link or a device beside
    /// the signed ones.
    NOT_A_FILE
  }

  /// One difference between a release and its manifest.
  ///
  /// @param path relative to the release; a folder's ends with `/`
  /// @param found what was found and what was expected
  public record Difference(Change change, String path, String found) {
    @Override
    public String toString() {
      return "%s: %s".formatted(Printable.line(path), found);
    }
  }

  /// A manifest whose signature is good, with every difference between it and the folder.
  ///
  /// @param differences by path; empty if the release is what was signed
  /// @param remarks on how the folder keeps what was signed, and on what lies beside it without
  ///     being read by anything: one sentence each, for people
  public record Verification(
      ReleaseManifest manifest, List<Difference> differences, List<String> remarks) {
    public Verification {
      differences = List.copyOf(differences);
      remarks = List.copyOf(remarks);
    }

    /// The manifest, if the release is what was signed.
    ///
    /// @throws DureException with [ErrorCode#RELEASE_CHANGED] naming every file that is not
    public ReleaseManifest require() {
      if (differences.isEmpty()) {
        return manifest;
      }
      StringBuilder message =
          new StringBuilder(
              "release \"%s\" is not what was signed; %d of its files differ:"
                  .formatted(manifest.name, differences.size()));
      differences.forEach(difference -> message.append("\n  ").append(difference));
      throw new DureException(ErrorCode.RELEASE_CHANGED, message.toString());
    }
  }

  /// Lists and signs everything that lies in a folder, and writes `public-key.pem` and
  /// `manifest.cose` into it. Nothing may be changed in it afterwards. A manifest that is there
  /// already is replaced.
  ///
  /// @param information what else to vouch for, e.g. digests of the text and the settings
  /// @throws DureException if the folder holds anything but files and folders of files with
  ///     portable names, or what an interrupted write left
  public static ReleaseManifest sign(
      Path folder,
      String name,
      String language,
      Instant created,
      Map<String, String> information,
      Signer signer) {
    List<Entry> files = ReleaseFolder.list(folder).entriesToSign();
    ReleaseManifest manifest =
        new ReleaseManifest(name, language, created, new TreeMap<>(information), files);
    byte[] keyIdentifier = identifier(signer.publicKey());
    CoseSign1 message = CoseSign1.sign(manifest.encode(), CONTENT_TYPE, keyIdentifier, signer);
    KeyFiles.writePublic(folder.resolve(KEY_FILE), signer.publicKey());
    AtomicFiles.write(folder.resolve(MANIFEST_FILE), message.bytes());
    return manifest;
  }

  /// Compares a release with what the holder of `key` signed. Works offline.
  ///
  /// The content counts, not how it is kept: symbolic links, as the caches of model hubs are made
  /// of, are followed, and what git and hubs put beside the files is only remarked.
  ///
  /// @throws DureException with [ErrorCode#SIGNATURE_INVALID] if there is no manifest of that key
  ///     to compare with, saying whether it is garbled, changed or of another key
  public static Verification verify(Path folder, PublicKey key) {
    return verify(folder, key, manifest -> file -> OutputStream.nullOutputStream());
  }

  /// As [#verify(Path, PublicKey)], handing on the very bytes that are compared: who uses these
  /// uses what was signed, whatever becomes of the folder meanwhile. Of a file that differs
  /// anything may have been handed on.
  ///
  /// @param copies asked once, when the signature is known to be good, before a file is read
  public static Verification verify(
      Path folder, PublicKey key, Function<ReleaseManifest, Copies> copies) {
    ReleaseFolder found = ReleaseFolder.list(folder);
    ReleaseManifest manifest = readSigned(folder.resolve(MANIFEST_FILE), key);
    Copies gets = copies.apply(manifest);
    return new Verification(manifest, found.differences(manifest, key, gets), found.remarks());
  }

  /// Where the bytes of signed files go while they are compared.
  public interface Copies {
    /// For one file, closed when all of it is there.
    OutputStream of(Entry file) throws IOException;
  }

  private static ReleaseManifest readSigned(Path file, PublicKey key) {
    byte[] bytes = readManifest(file);
    CoseSign1 message;
    try {
      message = CoseSign1.parse(bytes);
    } catch (DureException e) {
      throw invalid(file, "is garbled: " + e.getMessage(), e);
    }
    if (!message.verify(key)) {
      byte[] signedBy = message.keyIdentifier();
      throw invalid(
          file,
          Arrays.equals(signedBy, identifier(key))
              ? "was changed after it had been signed: the signature does not match"
              : "was signed with another key: it names key %s, the given one is %s"
                  .formatted(HexFormat.of().formatHex(signedBy), KeyFiles.fingerprint(key)),
          null);
    }
    if (!message.hasContentType(CONTENT_TYPE) || !message.unprotectedHeader().pairs().isEmpty()) {
      throw invalid(file, "is signed, but is not the manifest of a release", null);
    }
    try {
      return decode(message.payload().value());
    } catch (DureException e) {
      throw invalid(file, "is signed, but is not a manifest: " + e.getMessage(), e);
    }
  }

  private static byte[] readManifest(Path file) {
    if (!Files.isRegularFile(file)) {
      throw invalid(
          file,
          "is missing or no file: the release is not signed" + ReleaseFolder.elsewhere(file),
          null);
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MOST_MANIFEST_BYTES + 1);
      if (bytes.length > MOST_MANIFEST_BYTES) {
        throw invalid(file, "is larger than 16 MiB: no manifest", null);
      }
      return bytes;
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
  }

  private byte[] encode() {
    Map<CborValue, CborValue> texts = new HashMap<>();
    information.forEach((name, value) -> texts.put(CborValue.of(name), CborValue.of(value)));
    List<CborValue> entries = new ArrayList<>();
    for (Entry file : files) {
      entries.add(
          map(
              Map.of(
                  "path", CborValue.of(file.path),
                  "size", CborValue.of(file.size),
                  "sha256", CborValue.of(HexFormat.of().parseHex(file.sha256)))));
    }
    return Cbor.encode(
        map(
            Map.of(
                "version", CborValue.of(VERSION),
                "name", CborValue.of(name),
                "language", CborValue.of(language),
                "created", CborValue.of(created.toString()),
                "information", CborValue.Map.of(texts),
                "files", new CborValue.Array(entries))));
  }

  private static ReleaseManifest decode(byte[] payload) {
    Fields fields = new Fields(Cbor.decode(payload), "the manifest");
    long version = fields.integer("version");
    if (version != VERSION) {
      throw Cbor.malformed("version %d of the manifest; this program reads 1".formatted(version));
    }
    SequencedMap<String, String> information = new LinkedHashMap<>();
    for (Map.Entry<CborValue, CborValue> pair : fields.map("information").entrySet()) {
      if (!(pair.getKey() instanceof CborValue.Text(String name))
          || !(pair.getValue() instanceof CborValue.Text(String value))) {
        throw Cbor.malformed("information is not text by text");
      }
      if (!Printable.isLine(name) || !Printable.isLine(value)) {
        throw Cbor.malformed("information holds characters that are not seen");
      }
      information.put(name, value);
    }
    List<Entry> files = new ArrayList<>();
    for (CborValue value : fields.array("files")) {
      Fields file = new Fields(value, "file %d".formatted(files.size()));
      files.add(
          new Entry(
              file.text("path"),
              file.integer("size"),
              HexFormat.of().formatHex(file.bytes("sha256"))));
      file.finish(3);
    }
    fields.finish(6);
    ReleaseFolder.checkSigned(files);
    try {
      Instant created = Instant.parse(fields.text("created"));
      return new ReleaseManifest(
          fields.line("name"), fields.line("language"), created, information, files);
    } catch (DateTimeException e) {
      throw Cbor.malformed("created is not a time: " + e.getMessage());
    }
  }

  private static CborValue.Map map(Map<String, CborValue> fields) {
    Map<CborValue, CborValue> pairs = new HashMap<>();
    fields.forEach((name, value) -> pairs.put(CborValue.of(name), value));
    return CborValue.Map.of(pairs);
  }

  private static byte[] identifier(PublicKey key) {
    return HexFormat.of().parseHex(KeyFiles.fingerprint(key));
  }

  private static DureException invalid(Path file, String why, @Nullable Throwable cause) {
    return new DureException(ErrorCode.SIGNATURE_INVALID, file + " " + why, cause);
  }

  /// A map with text keys, taken apart.
  private record Fields(SequencedMap<CborValue, CborValue> pairs, String place) {
    Fields(CborValue value, String place) {
      if (!(value instanceof CborValue.Map(SequencedMap<CborValue, CborValue> pairs))) {
        throw Cbor.malformed(place + " is not a map");
      }
      this(pairs, place);
    }

    long integer(String name) {
      if (field(name) instanceof CborValue.Int(long value) && value >= 0) {
        return value;
      }
      throw wrong(name, "a number of 0 or more");
    }

    String text(String name) {
      if (field(name) instanceof CborValue.Text(String value)) {
        return value;
      }
      throw wrong(name, "text");
    }

    /// Text that is shown to people as it is.
    String line(String name) {
      String line = text(name);
      if (line.length() > MOST_LINE || !Printable.isLine(line)) {
        throw wrong(name, "a name of at most %d characters that are seen".formatted(MOST_LINE));
      }
      return line;
    }

    byte[] bytes(String name) {
      if (field(name) instanceof CborValue.Bytes bytes) {
        return bytes.value();
      }
      throw wrong(name, "bytes");
    }

    SequencedMap<CborValue, CborValue> map(String name) {
      if (field(name) instanceof CborValue.Map(SequencedMap<CborValue, CborValue> value)) {
        return value;
      }
      throw wrong(name, "a map");
    }

    List<CborValue> array(String name) {
      if (field(name) instanceof CborValue.Array(List<CborValue> values)) {
        return values;
      }
      throw wrong(name, "an array");
    }

    void finish(int expected) {
      if (pairs.size() != expected) {
        throw Cbor.malformed(
            "%s has %d fields where %d are known".formatted(place, pairs.size(), expected));
      }
    }

    private @Nullable CborValue field(String name) {
      return pairs.get(CborValue.of(name));
    }

    private DureException wrong(String name, String expected) {
      return Cbor.malformed("%s: \"%s\" is not %s".formatted(place, name, expected));
    }
  }
}
