package org.dure.core;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// A real PostgreSQL server from the distribution's package, on a free port with its data in a
/// temporary folder. As root it runs as the user `postgres`, since it refuses to run as root.
public final class PostgresServer implements AutoCloseable {
  public static final String PASSWORD = "secret of the test";

  private final Path programs;
  private final Path folder;
  private final int port;

  private PostgresServer(Path programs, Path folder, int port) {
    this.programs = programs;
    this.folder = folder;
    this.port = port;
  }

  /// Starts one; the test is skipped where the package is not installed.
  public static PostgresServer start() {
    Optional<Path> programs = programs();
    assumeTrue(
        programs.isPresent(),
        "skipped: no PostgreSQL server (apt-get install postgresql) under /usr/lib/postgresql");
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Path folder = Files.createTempDirectory("dure-postgres-");
      PostgresServer server = new PostgresServer(programs.get(), folder, free.getLocalPort());
      free.close();
      server.initialise();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<Path> programs() {
    Path root = Path.of("/usr/lib/postgresql");
    if (!Files.isDirectory(root)) {
      return Optional.empty();
    }
    try (Stream<Path> versions = Files.list(root)) {
      return versions
          .map(version -> version.resolve("bin"))
          .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
          .max(Comparator.naturalOrder());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  private void initialise() throws IOException {
    Path password = folder.resolve("password");
    Files.writeString(password, PASSWORD);
    if (isRoot()) {
      run(List.of("chown", "-R", "postgres", folder.toString()));
    }
    command(
        "initdb",
        "-D",
        data(),
        "-U",
        "dure",
        "-A",
        "scram-sha-256",
        "-E",
        "UTF8",
        "--no-locale",
        "--pwfile",
        password.toString());
    startAgain();
  }

  private String data() {
    return folder.resolve("data").toString();
  }

  public void startAgain() {
    command(
        "pg_ctl",
        "-D",
        data(),
        "-w",
        "-l",
        folder.resolve("log").toString(),
        "-o",
        "-p %d -h 127.0.0.1 -k %s".formatted(port, folder),
        "start");
  }

  /// As a crash does: nothing is written out, every connection breaks.
  public void kill() {
    command("pg_ctl", "-D", data(), "-m", "immediate", "-w", "stop");
  }

  public String url() {
    return "jdbc:postgresql://127.0.0.1:%d/postgres?user=dure".formatted(port);
  }

  /// An address with a schema of its own.
  public String url(String schema) {
    try (var connection = DriverManager.getConnection(url(), "dure", PASSWORD);
        var statement = connection.createStatement()) {
      statement.execute("create schema " + schema);
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
    return url() + "&currentSchema=" + schema;
  }

  private void command(String program, String... arguments) {
    List<String> command = new ArrayList<>();
    if (isRoot()) {
      command.addAll(List.of("runuser", "-u", "postgres", "--"));
    }
    command.add(programs.resolve(program).toString());
    command.addAll(List.of(arguments));
    run(command);
  }

  private void run(List<String> command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(Path.of("/dev/null").toFile())
              .start();
      int status = process.waitFor();
      if (status != 0) {
        throw new AssertionError("%s ended with %d".formatted(command, status));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    try {
      kill();
    } catch (AssertionError e) {
      // It was stopped already.
    }
    run(List.of("rm", "-rf", folder.toString()));
  }
}
