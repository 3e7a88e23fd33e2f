package org.dure.provenance;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.PrivateFiles;
import org.dure.core.Sha256;
import org.dure.core.Signatures;
import org.dure.core.Signer;
import org.jspecify.annotations.Nullable;

/// Ed25519 keys in files (RFC 8032, RFC 8410).
///
/// A private key is a PEM file that only its owner may read. It appears whole or not at all and is
/// never overwritten: a lost key is a lost identity. One that others may read is refused, as `ssh`
/// refuses it, because by then it may be anybody's. The public key is computed from it, so one file
/// is the whole identity. Stateless and thread-safe.
public final class KeyFiles {
  private static final String ALGORITHM = "Ed25519";

  /// Names in one error.
  private static final int MOST_SHOWN = 8;

  private KeyFiles() {}

  /// Makes a new key and writes it.
  ///
  /// @throws DureException with [ErrorCode#HOME_CONFLICT] if the file is there already
  public static KeyPair create(Path privateKey) {
    KeyPair pair = Signatures.newKeyPair();
    writePrivate(privateKey, pair.getPrivate());
    return pair;
  }

  /// The key of that file; a new one if there is no such file. What a process that was killed while
  /// it made one has left beside it is removed: a private key that nobody guards.
  public static KeyPair obtain(Path privateKey) {
    KeyPair pair =
        Files.exists(privateKey, LinkOption.NOFOLLOW_LINKS) ? read(privateKey) : create(privateKey);
    AtomicFiles.sweepBeside(privateKey);
    return pair;
  }

  /// The private key of a file with its public key.
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if it is no Ed25519 key in PEM, with
  ///     [ErrorCode#KEY_EXPOSED] if group or others have any permission on it
  public static KeyPair read(Path privateKey) {
    refuseExposed(privateKey);
    String place = privateKey.toString();
    byte[] der = Pem.decodeOne(Pem.read(privateKey), Pem.PRIVATE_KEY, place);
    PrivateKey key;
    try {
      key = KeyFactory.getInstance("EdDSA").generatePrivate(new PKCS8EncodedKeySpec(der));
    } catch (InvalidKeySpecException e) {
      throw wrongAlgorithm(place, "private", e);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK since 15 has EdDSA", e);
    } finally {
      Arrays.fill(der, (byte) 0);
    }
    if (!(key instanceof EdECPrivateKey edwards)
        || !edwards.getParams().getName().equals(NamedParameterSpec.ED25519.getName())) {
      throw wrongAlgorithm(place, "private", null);
    }
    return new KeyPair(ofSeed(edwards.getBytes().orElseThrow()).getPublic(), key);
  }

  /// A signer with the private key of a file.
  ///
  /// @throws DureException as [#read]
  public static Signer signer(Path privateKey) {
    KeyPair pair = read(privateKey);
    return Signatures.signer(pair.getPrivate(), pair.getPublic());
  }

  /// Writes a public key; an existing file is replaced.
  public static void writePublic(Path file, PublicKey key) {
    AtomicFiles.write(file, pem(key));
  }

  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if it is no Ed25519 public key in PEM
  public static PublicKey readPublic(Path file) {
    if (Files.isDirectory(file)) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "%s is a folder: expected the signer's public key, a file%s"
              .formatted(file, keysIn(file)));
    }
    return publicKey(Pem.read(file), file.toString());
  }

  /// The public keys that someone who names a folder may have meant.
  private static String keysIn(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      List<String> keys =
          files
              .filter(Files::isRegularFile)
              .filter(file -> file.getFileName().toString().endsWith(".pem"))
              .filter(KeyFiles::isPublic)
              .map(Path::toString)
              .sorted()
              .limit(MOST_SHOWN)
              .toList();
      return keys.isEmpty() ? "" : "; in it there is " + String.join(", ", keys);
    } catch (IOException e) {
      throw DureException.io("read", folder, e);
    }
  }

  private static boolean isPublic(Path file) {
    try {
      return Pem.read(file).startsWith("-----BEGIN PUBLIC KEY-----");
    } catch (DureException e) {
      return false;
    }
  }

  /// The PEM text of a public key: the one form in which Dure writes it.
  public static String pem(PublicKey key) {
    return Pem.encode(Pem.PUBLIC_KEY, key.getEncoded());
  }

  /// The inverse of [#pem].
  ///
  /// @param place of the text, for errors
  public static PublicKey publicKey(String pem, String place) {
    byte[] der = Pem.decodeOne(pem, Pem.PUBLIC_KEY, place);
    PublicKey key = publicKey(der, place);
    if (!Arrays.equals(key.getEncoded(), der)) {
      throw wrongAlgorithm(place, "public", null);
    }
    return key;
  }

  /// SHA-256 of the key's SubjectPublicKeyInfo, 64 hexadecimal digits: what people compare.
  public static String fingerprint(PublicKey key) {
    return Sha256.of(key.getEncoded());
  }

  static PublicKey publicKey(byte[] der, String place) {
    try {
      return KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(der));
    } catch (InvalidKeySpecException e) {
      throw wrongAlgorithm(place, "public", e);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK since 15 has Ed25519", e);
    }
  }

  /// Writes a private key beside its place, readable by its owner alone, then links it there: a
  /// link never replaces a file.
  static void writePrivate(Path file, PrivateKey key) {
    String pem = Pem.encode(Pem.PRIVATE_KEY, key.getEncoded());
    String unique = Long.toString(ThreadLocalRandom.current().nextLong(Long.MAX_VALUE), 36);
    Path part = file.resolveSibling("." + file.getFileName() + "." + unique + AtomicFiles.PART);
    try {
      Path parent = PrivateFiles.createFolders(AtomicFiles.parent(file));
      try (FileChannel channel =
          PrivateFiles.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        ByteBuffer bytes = ByteBuffer.wrap(pem.getBytes(StandardCharsets.US_ASCII));
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      place(part, file);
      AtomicFiles.force(parent);
    } catch (FileAlreadyExistsException e) {
      throw new DureException(
          ErrorCode.HOME_CONFLICT,
          "cannot write a new key to %s: a file is there, and keys are never overwritten"
              .formatted(file),
          e);
    } catch (IOException e) {
      throw DureException.io("write", file, e);
    } finally {
      AtomicFiles.delete(part);
    }
  }

  private static void place(Path part, Path file) throws IOException {
    try {
      Files.createLink(file, part);
    } catch (UnsupportedOperationException e) {
      Files.move(part, file);
    }
  }

  /// Refuses a file with a secret that others may read: by then it may be anybody's.
  ///
  /// @throws DureException with [ErrorCode#KEY_EXPOSED] if group or others have any permission on
  ///     it, or if there is no such file, as for any file
  public static void refuseExposed(Path file) {
    PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
    if (view == null) {
      return;
    }
    try {
      Set<PosixFilePermission> permissions = view.readAttributes().permissions();
      for (PosixFilePermission permission : permissions) {
        if (!permission.name().startsWith("OWNER_")) {
          throw new DureException(
              ErrorCode.KEY_EXPOSED,
              "%s: others than its owner have access to this key (%s; expected rw-------)"
                  .formatted(file, PosixFilePermissions.toString(permissions)));
        }
      }
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
  }

  /// The pair of a private key's 32 bytes, which are wiped.
  ///
  /// The JDK computes a public key only where it makes a pair, and the private key of a new pair is
  /// 32 random bytes as they came (RFC 8032, section 5.1.5): so the pair is made anew from these.
  static KeyPair ofSeed(byte[] seed) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(ALGORITHM);
      generator.initialize(NamedParameterSpec.ED25519, new Repeated(seed));
      KeyPair pair = generator.generateKeyPair();
      if (pair.getPrivate() instanceof EdECPrivateKey made
          && Arrays.equals(made.getBytes().orElseThrow(), seed)) {
        return pair;
      }
      throw new AssertionError("this JDK makes Ed25519 keys in a way of its own");
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK since 15 has Ed25519", e);
    } finally {
      Arrays.fill(seed, (byte) 0);
    }
  }

  /// Randomness that is known.
  private static final class Repeated extends SecureRandom {
    private static final long serialVersionUID = 1;

    private final transient byte[] bytes;

    Repeated(byte[] bytes) {
      super(null, null);
      this.bytes = bytes;
    }

    @Override
    public void nextBytes(byte[] into) {
      System.arraycopy(bytes, 0, into, 0, into.length);
    }
  }

  private static DureException wrongAlgorithm(
      String place, String kind, @Nullable GeneralSecurityException e) {
    return new DureException(
        ErrorCode.INPUT_MALFORMED,
        "%s: not an Ed25519 %s key; make one with dure, or with openssl genpkey -algorithm ed25519"
            .formatted(place, kind),
        e);
  }
}
