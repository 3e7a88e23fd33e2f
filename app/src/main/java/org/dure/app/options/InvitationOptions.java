package org.dure.app.options;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.dure.core.DureException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/// The invitation code, by one of two ways.
@SuppressWarnings("NullAway.Init")
public final class InvitationOptions {
  private static final int MOST_BYTES = 4 << 10;

  @Option(
      names = "--invitation",
      paramLabel = "CODE",
      description = {
        "What the hub's operator sent. Others on this machine see what a command is given:",
        "where there are any, take --invitation-file."
      })
  private @Nullable String code;

  @Option(
      names = "--invitation-file",
      paramLabel = "FILE",
      description = "A file with the code; - for standard input.")
  private @Nullable String file;

  /// The code as it was sent.
  ///
  /// @param spec of the verb, for errors
  public String text(CommandSpec spec) {
    if (code != null) {
      return code;
    }
    Path path = Path.of(String.valueOf(file));
    boolean isStandardInput = "-".equals(file);
    try (InputStream in = isStandardInput ? System.in : Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES) {
        throw new ParameterException(
            spec.commandLine(), "--invitation-file %s holds no code: too long".formatted(file));
      }
      return new String(bytes, StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw DureException.io("read", path, e);
    }
  }
}
