package org.dure.provenance;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.dure.core.Signatures;
import org.dure.core.Signer;

/// What a hub's operator gives to one institution, as one line of text, so that it can join: where
/// the hub is, by which authority it is known, and a secret that proves the invitation once.
///
/// The text is Crockford's base32 in groups of eight characters, whose last one checks the group,
/// so that a typo is found in its group; the package's page has the bytes. Immutable.
public final class InvitationCode {
  private static final String PREFIX = "DURE";
  private static final int VERSION = 1;
  private static final String ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  private static final int GROUP = 8;
  private static final int SECRET_BYTES = 16;
  private static final int CHECK_BYTES = 3;
  private static final int MOST_CHARACTERS = 1_000;
  private static final Pattern REGION = Pattern.compile("[a-z][a-z0-9-]{0,31}");
  private static final Pattern LANGUAGE = Pattern.compile("[A-Za-z0-9-]{1,35}");

  private final URI hub;
  private final String authority;
  private final String region;
  private final String language;
  private final Instant expires;
  private final byte[] secret;

  private InvitationCode(
      URI hub, String authority, String region, String language, Instant expires, byte[] secret) {
    this.hub = hub;
    this.authority = authority;
    this.region = region;
    this.language = language;
    this.expires = expires;
    this.secret = secret;
  }

  /// A new code with a new secret of 128 random bits.
  ///
  /// @param hub `https://HOST:PORT`
  /// @param authority fingerprint of the key of the study's authority, 64 hexadecimal digits
  /// @param region lower-case letters, digits and hyphens, at most 32
  /// @param language BCP 47
  /// @throws DureException with [ErrorCode#CONFIGURATION_INVALID]
  public static InvitationCode create(
      URI hub, String authority, String region, String language, Instant expires) {
    byte[] secret = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(secret);
    check(hub, authority, region, language, ErrorCode.CONFIGURATION_INVALID);
    return new InvitationCode(hub, authority, region, language, expires, secret);
  }

  private static void check(
      URI hub, String authority, String region, String language, ErrorCode code) {
    boolean isHub =
        "https".equals(hub.getScheme())
            && hub.getHost() != null
            && hub.toString().length() <= 255
            && hub.getUserInfo() == null;
    if (!isHub) {
      throw new DureException(
          code, "\"%s\" is no hub's address: expected https://HOST:PORT".formatted(hub));
    }
    if (!Sha256.isDigest(authority)) {
      throw new DureException(code, "an authority is named by 64 hexadecimal digits");
    }
    if (!REGION.matcher(region).matches()) {
      throw new DureException(
          code,
          "region \"%s\": expected lower-case letters, digits and hyphens, at most 32"
              .formatted(region));
    }
    if (!LANGUAGE.matcher(language).matches()) {
      throw new DureException(
          code, "language \"%s\": expected a BCP 47 code such as ko".formatted(language));
    }
  }

  public URI hub() {
    return hub;
  }

  /// Fingerprint of the key of the study's authority: whoever cannot show that key is not the hub.
  public String authority() {
    return authority;
  }

  public String region() {
    return region;
  }

  public String language() {
    return language;
  }

  public Instant expires() {
    return expires;
  }

  /// What proves the invitation.
  byte[] secret() {
    return secret.clone();
  }

  /// By what name the hub keeps the invitation; tells nothing about the secret.
  String id() {
    return derived("dure invitation name 1").substring(0, 16);
  }

  /// The key that signs what the invited region asks: whoever has the secret has it.
  Signer prover() {
    KeyPair pair = KeyFiles.ofSeed(HexFormat.of().parseHex(derived("dure invitation proof 2")));
    return Signatures.signer(pair.getPrivate(), pair.getPublic());
  }

  /// What the hub keeps to check proofs with: the fingerprint of the key that signs them, from
  /// which neither the code nor a proof can be made. It needs no slow hash, since the secret is not
  /// a word that somebody thought of but 128 random bits.
  String verifier() {
    return KeyFiles.fingerprint(prover().publicKey());
  }

  private String derived(String label) {
    byte[] name = label.getBytes(StandardCharsets.UTF_8);
    byte[] both = Arrays.copyOf(name, name.length + secret.length);
    System.arraycopy(secret, 0, both, name.length, secret.length);
    return Sha256.of(both);
  }

  /// The line that people send.
  public String text() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(VERSION);
    out.writeBytes(ByteBuffer.allocate(4).putInt((int) expires.getEpochSecond()).array());
    out.writeBytes(HexFormat.of().parseHex(authority));
    out.writeBytes(secret);
    for (String part : new String[] {hub.toString(), region, language}) {
      byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
      out.write(bytes.length);
      out.writeBytes(bytes);
    }
    out.writeBytes(sum(out.toByteArray()));
    return PREFIX + VERSION + grouped(base32(out.toByteArray()));
  }

  private static byte[] sum(byte[] bytes) {
    return Arrays.copyOf(HexFormat.of().parseHex(Sha256.of(bytes)), CHECK_BYTES);
  }

  private static String base32(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    int buffer = 0;
    int bits = 0;
    for (byte one : bytes) {
      buffer = (buffer << 8 | (one & 0xff)) & 0xfff;
      bits += 8;
      while (bits >= 5) {
        bits -= 5;
        text.append(ALPHABET.charAt(buffer >> bits & 31));
      }
    }
    if (bits > 0) {
      text.append(ALPHABET.charAt(buffer << 5 - bits & 31));
    }
    return text.toString();
  }

  private static String grouped(String data) {
    StringBuilder text = new StringBuilder();
    for (int from = 0, group = 0; from < data.length(); from += GROUP - 1, group++) {
      String part = data.substring(from, Math.min(data.length(), from + GROUP - 1));
      text.append('-').append(part).append(checkCharacter(part, group));
    }
    return text.toString();
  }

  /// Weights 1 to 7 modulo a prime find any one wrong character and any two exchanged ones; the
  /// group's place is in it, so that no group can be moved.
  private static char checkCharacter(String part, int group) {
    int sum = group;
    for (int i = 0; i < part.length(); i++) {
      sum += (i + 1) * ALPHABET.indexOf(part.charAt(i));
    }
    return ALPHABET.charAt(sum % 31);
  }

  /// The code of a text; case, spaces and hyphens do not matter, O is 0, I and L are 1.
  ///
  /// @throws DureException with [ErrorCode#INVITATION_INVALID] naming the group with the typo
  public static InvitationCode parse(String text) {
    String plain =
        text.replaceAll("[\\s-]", "")
            .toUpperCase(Locale.ROOT)
            .replace('O', '0')
            .replace('I', '1')
            .replace('L', '1');
    if (plain.length() > MOST_CHARACTERS) {
      throw invalid("is longer than any invitation code");
    }
    if (!plain.startsWith(PREFIX)) {
      throw invalid("does not begin with %s%d-".formatted(PREFIX, VERSION));
    }
    if (!plain.startsWith(PREFIX + VERSION)) {
      throw invalid(
          "is of another version than %d: hub and region need the same version of dure"
              .formatted(VERSION));
    }
    String data = plain.substring(PREFIX.length() + 1);
    StringBuilder base32 = new StringBuilder();
    int groups = (data.length() + GROUP - 1) / GROUP;
    for (int group = 0; group < groups; group++) {
      String part = data.substring(group * GROUP, Math.min(data.length(), (group + 1) * GROUP));
      String kept = part.substring(0, part.length() - 1);
      if (!isAlphabet(part) || part.charAt(kept.length()) != checkCharacter(kept, group)) {
        throw invalid("has a typo in group %d of %d, \"%s\"".formatted(group + 1, groups, part));
      }
      base32.append(kept);
    }
    return decoded(bytes(base32.toString()));
  }

  private static boolean isAlphabet(String part) {
    return part.chars().allMatch(character -> ALPHABET.indexOf(character) >= 0);
  }

  private static byte[] bytes(String base32) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int buffer = 0;
    int bits = 0;
    for (int i = 0; i < base32.length(); i++) {
      buffer = (buffer << 5 | ALPHABET.indexOf(base32.charAt(i))) & 0xfff;
      bits += 5;
      if (bits >= 8) {
        bits -= 8;
        out.write(buffer >> bits);
      }
    }
    return out.toByteArray();
  }

  private static InvitationCode decoded(byte[] bytes) {
    int fixed = 1 + 4 + 32 + SECRET_BYTES;
    if (bytes.length < fixed + 3 + CHECK_BYTES) {
      throw invalid("is not whole: its end is missing");
    }
    byte[] content = Arrays.copyOf(bytes, bytes.length - CHECK_BYTES);
    byte[] check = Arrays.copyOfRange(bytes, content.length, bytes.length);
    if (!Arrays.equals(check, sum(content))) {
      throw invalid("is not whole: groups are missing or from different codes");
    }
    ByteBuffer in = ByteBuffer.wrap(content);
    if (in.get() != VERSION) {
      throw invalid("is of another version than " + VERSION);
    }
    Instant expires = Instant.ofEpochSecond(Integer.toUnsignedLong(in.getInt()));
    byte[] authority = new byte[32];
    in.get(authority);
    byte[] secret = new byte[SECRET_BYTES];
    in.get(secret);
    URI hub;
    try {
      hub = new URI(string(in));
    } catch (URISyntaxException e) {
      throw invalid("names no hub: " + e.getMessage());
    }
    String region = string(in);
    String language = string(in);
    String fingerprint = HexFormat.of().formatHex(authority);
    check(hub, fingerprint, region, language, ErrorCode.INVITATION_INVALID);
    return new InvitationCode(hub, fingerprint, region, language, expires, secret);
  }

  private static String string(ByteBuffer in) {
    int length = in.hasRemaining() ? in.get() & 0xff : Integer.MAX_VALUE;
    if (in.remaining() < length) {
      throw invalid("is not whole: its end is missing");
    }
    ByteBuffer part = in.slice(in.position(), length);
    in.position(in.position() + length);
    try {
      CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(part);
      return text.toString();
    } catch (CharacterCodingException e) {
      throw invalid("holds bytes that are no text");
    }
  }

  private static DureException invalid(String why) {
    return new DureException(
        ErrorCode.INVITATION_INVALID,
        "the invitation code %s: compare it with what the hub's operator sent".formatted(why));
  }
}
