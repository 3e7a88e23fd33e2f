package org.dure.app.terminal;

import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/// How a verb speaks: options that every verb has.
public final class OutputOptions {
  @Option(
      names = "--json",
      scope = ScopeType.INHERIT,
      description = "The result as one JSON document; what else is said goes to standard error.")
  private boolean json;

  @Option(
      names = "--quiet",
      scope = ScopeType.INHERIT,
      description = "Nothing but the result and errors.")
  private boolean quiet;

  public boolean json() {
    return json;
  }

  public boolean quiet() {
    return quiet;
  }
}
