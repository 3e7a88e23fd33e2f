package org.dure.federation.hub;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.InvalidParameterException;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.security.SignatureSpi;
import java.util.Arrays;
import java.util.Map;

/// Keys for simulations, in which Ed25519 would take nine tenths of the time: whoever has the
/// public key can sign, but no other key's signature passes, and none of other bytes. Real keys
/// in the same process are not touched.
final class QuickKeys {
  private QuickKeys() {}

  /// Both halves.
  record Key(String name) implements PublicKey, PrivateKey {
    @Override
    public String getAlgorithm() {
      return "Ed25519";
    }

    @Override
    public String getFormat() {
      return "X.509";
    }

    @Override
    public byte[] getEncoded() {
      return name.getBytes(StandardCharsets.UTF_8);
    }
  }

  static {
    Security.insertProviderAt(new Quick(), 1);
  }

  static KeyPair of(String name) {
    Key key = new Key(name);
    return new KeyPair(key, key);
  }

  private static final class Quick extends Provider {
    private static final long serialVersionUID = 1;

    Quick() {
      super("QuickKeys", "1", "signatures for simulations");
      putService(
          new Service(
              this,
              "Signature",
              "Ed25519",
              Spi.class.getName(),
              null,
              Map.of("SupportedKeyClasses", Key.class.getName())));
    }
  }

  /// SHA-256 of key and message, and as many zeros.
  public static final class Spi extends SignatureSpi {
    private final MessageDigest digest;

    public Spi() throws NoSuchAlgorithmException {
      digest = MessageDigest.getInstance("SHA-256");
    }

    @Override
    protected void engineInitVerify(PublicKey key) throws InvalidKeyException {
      begin(key);
    }

    @Override
    protected void engineInitSign(PrivateKey key) throws InvalidKeyException {
      begin(key);
    }

    private void begin(java.security.Key key) throws InvalidKeyException {
      if (!(key instanceof Key)) {
        throw new InvalidKeyException("not a key for simulations");
      }
      digest.reset();
      digest.update(key.getEncoded());
    }

    @Override
    protected void engineUpdate(byte one) {
      digest.update(one);
    }

    @Override
    protected void engineUpdate(byte[] bytes, int from, int length) {
      digest.update(bytes, from, length);
    }

    @Override
    protected byte[] engineSign() {
      return Arrays.copyOf(digest.digest(), 64);
    }

    @Override
    protected boolean engineVerify(byte[] signature) {
      return Arrays.equals(signature, engineSign());
    }

    @Override
    @Deprecated
    protected void engineSetParameter(String name, Object value) {
      throw new InvalidParameterException(name);
    }

    @Override
    @Deprecated
    protected Object engineGetParameter(String name) {
      throw new InvalidParameterException(name);
    }
  }
}
