package org.dure.core.runtime;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.HexFormat;

/// By which part of its address a sender is known where nothing else tells who it is.
public final class SenderAddress {
  private static final int PREFIX = 8;

  private SenderAddress() {}

  /// An IPv4 address itself; of an IPv6 address the first 64 bits, all of which one sender has.
  ///
  /// @param address as a number; anything else is given back as it is
  public static String network(String address) {
    String bare = address.replaceFirst("^\\[", "").replaceFirst("\\]$", "").replaceFirst("%.*", "");
    try {
      return InetAddress.ofLiteral(bare) instanceof Inet6Address six
          ? HexFormat.of().formatHex(six.getAddress(), 0, PREFIX).replaceAll("(.{4})(?!$)", "$1:")
              + "::/64"
          : InetAddress.ofLiteral(bare).getHostAddress();
    } catch (IllegalArgumentException e) {
      return address;
    }
  }
}
