package org.dure.app;

/// The ports that Dure uses unless told otherwise.
final class Ports {
  static final int SERVE = 8400;
  static final int CONSOLE = 8401;
  static final int HUB = 8402;

  private Ports() {}
}
