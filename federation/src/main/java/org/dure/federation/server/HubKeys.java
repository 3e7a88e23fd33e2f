package org.dure.federation.server;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.dure.federation.wire.TlsIdentity;
import org.jspecify.annotations.Nullable;

/// What a hub shows: its certificate of this moment, and the authority's behind it, by which a
/// region that is being enrolled knows the hub. A renewed certificate holds the same key, so a
/// handshake during which it changes succeeds. Thread-safe.
final class HubKeys extends X509ExtendedKeyManager {
  private volatile TlsIdentity identity;

  HubKeys(TlsIdentity identity) {
    this.identity = identity;
  }

  /// Every handshake from now on shows this one.
  void identity(TlsIdentity renewed) {
    identity = renewed;
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String type, Principal[] issuers, SSLEngine engine) {
    return chooseServerAlias(type, issuers, null);
  }

  @Override
  public @Nullable String chooseServerAlias(
      String type, Principal[] issuers, @Nullable Socket socket) {
    return identity.publicKey().getAlgorithm().equals(type) ? "hub" : null;
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    TlsIdentity now = identity;
    List<X509Certificate> chain = new ArrayList<>(now.chain());
    if (!chain.contains(now.authority())) {
      chain.add(now.authority());
    }
    return chain.toArray(X509Certificate[]::new);
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return identity.privateKey();
  }

  @Override
  public String[] getServerAliases(String type, Principal[] issuers) {
    return new String[] {"hub"};
  }

  @Override
  public String @Nullable [] getClientAliases(String type, Principal[] issuers) {
    return null;
  }

  @Override
  public @Nullable String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
    return null;
  }
}
